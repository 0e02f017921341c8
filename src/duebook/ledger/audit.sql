-- name: recorded
-- Where facts were recorded after a place and by a version, in order: by version, then kind of thing, then id or
-- sequence. Each kind has a place of its own to go on from. `parties` and `documents` are null, or those asked about;
-- then nothing is said of rates, of the books as a whole, and of tags.
SELECT version, kind, id, sequence
  FROM ((SELECT version, 0 AS kind, party_id AS id, 0 AS sequence
           FROM party_fact
          WHERE business_id = %(business_id)s AND version <= %(known_at)s
            AND (version, party_id) > (%(version)s, %(party)s::uuid)
            AND (%(parties)s::uuid[] IS NULL OR party_id = ANY (%(parties)s::uuid[]))
          ORDER BY version, party_id LIMIT %(limit)s)
        UNION ALL
        (SELECT version, 1, document_id, 0
           FROM document_fact
          WHERE business_id = %(business_id)s AND version <= %(known_at)s
            AND (version, document_id) > (%(version)s, %(document)s::uuid)
            AND (%(documents)s::uuid[] IS NULL OR document_id = ANY (%(documents)s::uuid[]))
          ORDER BY version, document_id LIMIT %(limit)s)
        UNION ALL
        (SELECT version, 2, id, 0
           FROM allocation
          WHERE business_id = %(business_id)s AND version <= %(known_at)s
            AND (version, id) > (%(version)s, %(allocation)s::uuid)
            AND (%(documents)s::uuid[] IS NULL
                 OR source_id = ANY (%(documents)s::uuid[]) OR charge_id = ANY (%(documents)s::uuid[]))
          ORDER BY version, id LIMIT %(limit)s)
        UNION ALL
        (SELECT version, 3, NULL, sequence
           FROM rate
          WHERE business_id = %(business_id)s AND version <= %(known_at)s AND %(documents)s::uuid[] IS NULL
            AND (version, sequence) > (%(version)s, %(rate)s)
          ORDER BY version, sequence LIMIT %(limit)s)
        UNION ALL
        (SELECT version, 4, NULL, 0
           FROM book_fact
          WHERE business_id = %(business_id)s AND version <= %(known_at)s AND %(documents)s::uuid[] IS NULL
            AND (version, 0) > (%(version)s, %(books)s)
          ORDER BY version LIMIT %(limit)s)
        UNION ALL
        (SELECT version, 5, NULL, sequence
           FROM tag_fact
          WHERE business_id = %(business_id)s AND version <= %(known_at)s AND %(documents)s::uuid[] IS NULL
            AND (version, sequence) > (%(version)s, %(tag)s)
          ORDER BY version, sequence LIMIT %(limit)s)) AS found
 ORDER BY version, kind, id, sequence
 LIMIT %(limit)s

-- name: versions
SELECT version, recorded_at, operation, actor, hash
  FROM ledger_version
 WHERE business_id = %(business_id)s AND version = ANY (%(versions)s::bigint[])
 ORDER BY version

-- name: parties
-- What was recorded of these parties in these versions, each after what was known before.
SELECT told.version AS told_in, told.id AS told, party.id, party.side, party.external_id, fact.*
  FROM unnest(%(versions)s::bigint[], %(keys)s::uuid[]) AS told (version, id)
  JOIN party ON party.business_id = %(business_id)s AND party.id = told.id
  CROSS JOIN LATERAL (
       SELECT * FROM party_fact
        WHERE business_id = %(business_id)s AND party_id = told.id AND version <= told.version
        ORDER BY version DESC LIMIT 2) AS fact
 ORDER BY fact.version

-- name: documents
-- The same of documents.
SELECT told.version AS told_in, told.id AS told, document.id, document.side, document.kind, document.external_id,
       document.target_id, fact.*
  FROM unnest(%(versions)s::bigint[], %(keys)s::uuid[]) AS told (version, id)
  JOIN document ON document.business_id = %(business_id)s AND document.id = told.id
  CROSS JOIN LATERAL (
       SELECT * FROM document_fact
        WHERE business_id = %(business_id)s AND document_id = told.id AND version <= told.version
        ORDER BY version DESC LIMIT 2) AS fact
 ORDER BY fact.version

-- name: allocations
-- The same of allocations.
SELECT told.version AS told_in, told.id AS told, fact.id, source_id, charge_id, effective_on, stated, amount_minor,
       coalesce(source_minor, amount_minor) AS source_minor, instalment, ended_on
  FROM unnest(%(versions)s::bigint[], %(keys)s::uuid[]) AS told (version, id)
  CROSS JOIN LATERAL (
       SELECT * FROM allocation
        WHERE business_id = %(business_id)s AND id = told.id AND version <= told.version
        ORDER BY version DESC LIMIT 2) AS fact
 ORDER BY fact.version

-- name: rates
-- The same of rates, each by its sequence in its version.
SELECT told.version AS told_in, told.sequence AS told, fact.currency, fact.quoted_on, fact.rate
  FROM unnest(%(versions)s::bigint[], %(keys)s::integer[]) AS told (version, sequence)
  JOIN rate ON rate.business_id = %(business_id)s AND rate.version = told.version AND rate.sequence = told.sequence
  CROSS JOIN LATERAL (
       SELECT * FROM rate AS quoted
        WHERE quoted.business_id = %(business_id)s
          AND quoted.currency = rate.currency AND quoted.quoted_on = rate.quoted_on
          AND (quoted.version, quoted.sequence) <= (told.version, told.sequence)
        ORDER BY quoted.version DESC, quoted.sequence DESC LIMIT 2) AS fact
 ORDER BY fact.version, fact.sequence

-- name: books
-- The same of the books as a whole.
SELECT told.version AS told_in, told.sequence AS told, fact.starts_on, fact.closed_through, fact.late
  FROM unnest(%(versions)s::bigint[], %(keys)s::integer[]) AS told (version, sequence)
  CROSS JOIN LATERAL (
       SELECT * FROM book_fact
        WHERE business_id = %(business_id)s AND version <= told.version
        ORDER BY version DESC LIMIT 2) AS fact
 ORDER BY fact.version

-- name: tags
-- The same of what is said of tags, each by its sequence in its version.
SELECT told.version AS told_in, told.sequence AS told, fact.key, fact.value, fact.display_name, fact.archived_version
  FROM unnest(%(versions)s::bigint[], %(keys)s::integer[]) AS told (version, sequence)
  JOIN tag_fact AS tag ON tag.business_id = %(business_id)s AND tag.version = told.version
                      AND tag.sequence = told.sequence
  CROSS JOIN LATERAL (
       SELECT * FROM tag_fact AS said
        WHERE said.business_id = %(business_id)s
          AND said.key = tag.key AND said.value IS NOT DISTINCT FROM tag.value
          AND (said.version, said.sequence) <= (told.version, told.sequence)
        ORDER BY said.version DESC, said.sequence DESC LIMIT 2) AS fact
 ORDER BY fact.version, fact.sequence

-- name: of_party
-- The documents that are or were one of these parties'.
SELECT DISTINCT document_id
  FROM document_fact
 WHERE business_id = %(business_id)s AND party_id = ANY (%(parties)s::uuid[]) AND version <= %(known_at)s

-- name: of_document
-- These documents and what is aimed at them, such as a write-off and its recovery.
SELECT id AS document_id
  FROM document
 WHERE business_id = %(business_id)s AND (id = ANY (%(documents)s::uuid[]) OR target_id = ANY (%(documents)s::uuid[]))
UNION
SELECT recovery.id
  FROM document AS write_off
  JOIN document AS recovery ON recovery.business_id = %(business_id)s AND recovery.target_id = write_off.id
 WHERE write_off.business_id = %(business_id)s AND write_off.target_id = ANY (%(documents)s::uuid[])

-- name: parties_called
-- The parties with an id or an external id.
SELECT id FROM party WHERE business_id = %(business_id)s AND (id::text = %(given)s OR external_id = %(given)s)

-- name: documents_called
-- The documents with an id, an external id, or a number that they have or had.
SELECT id
  FROM document
 WHERE business_id = %(business_id)s
   AND (id::text = %(given)s OR external_id = %(given)s
        OR id IN (SELECT document_id FROM document_fact WHERE business_id = %(business_id)s AND number = %(given)s))
