-- name: entries_between
-- The entries that a report as of a day counts and that were recorded after one version and by another, with what the
-- documents were called at the later one. Amounts are of the basis; those that are zero in it are left out.
-- `tags` is null, or filters as open items take them, known at the later version.
SELECT entry.version, made.recorded_at, made.operation, entry.party_id, entry.kind, entry.effective_on, entry.due_on,
       entry.unapplied, entry.currency, CASE WHEN %(in_base)s THEN base_minor ELSE amount_minor END AS amount_minor,
       entry.document_id, document.kind AS document_kind, said.number AS document_number,
       entry.cause_id, cause.kind AS cause_kind, caused.number AS cause_number
  FROM entry
  JOIN ledger_version AS made ON made.business_id = entry.business_id AND made.version = entry.version
  JOIN document ON document.business_id = entry.business_id AND document.id = entry.document_id
  JOIN document AS cause ON cause.business_id = entry.business_id AND cause.id = entry.cause_id
 CROSS JOIN LATERAL (
       SELECT number, tags FROM document_fact
        WHERE business_id = entry.business_id AND document_id = entry.document_id AND version <= %(known_at)s
        ORDER BY version DESC LIMIT 1) AS said
 CROSS JOIN LATERAL (
       SELECT number FROM document_fact
        WHERE business_id = entry.business_id AND document_id = entry.cause_id AND version <= %(known_at)s
        ORDER BY version DESC LIMIT 1) AS caused
 WHERE entry.business_id = %(business_id)s AND entry.side = %(side)s
   AND entry.version > %(since)s AND entry.version <= %(known_at)s
   AND entry.effective_on <= %(as_of)s::date
   AND (%(party_id)s::uuid IS NULL OR entry.party_id = %(party_id)s::uuid)
   AND (%(unapplied_too)s OR NOT entry.unapplied)
   AND CASE WHEN %(in_base)s THEN base_minor ELSE amount_minor END <> 0
   AND (%(tags)s::jsonb IS NULL OR NOT EXISTS (
        SELECT FROM jsonb_array_elements(%(tags)s::jsonb) AS filter (tags)
         WHERE NOT EXISTS (
               SELECT FROM jsonb_array_elements(filter.tags) AS tag (one)
                WHERE said.tags::jsonb @> jsonb_build_array(tag.one))))
 ORDER BY entry.version, entry.sequence
