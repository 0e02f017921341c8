-- name: aged_totals
-- What each party has open, by band, as of a day and known at a version: today's open items, less what takes effect
-- later, less what was recorded later; the arms share no entry, and the last is left out at the latest version.
-- `sums` holds (unapplied or not, band, amount); band 0 is not yet late. In base minor units the currency is null.
-- Names are those of the version asked.
SELECT open.party_id, party.external_id, fact.name, open.currency, open.sums
  FROM (SELECT party_id, currency, array_agg(ARRAY[unapplied::int, band, open_minor]) AS sums
          FROM (SELECT party_id, CASE WHEN %(in_base)s THEN NULL ELSE currency END AS currency, unapplied,
                       width_bucket(%(as_of)s::date - due_on, %(edges)s::int[]) AS band,
                       sum(CASE WHEN %(in_base)s THEN base_minor ELSE amount_minor END)::bigint AS open_minor
                  FROM (SELECT party_id, due_on, unapplied, currency, amount_minor, base_minor
                          FROM open_item
                         WHERE business_id = %(business_id)s AND side = %(side)s
                        UNION ALL
                        SELECT party_id, due_on, unapplied, currency, -amount_minor, -base_minor
                          FROM entry
                         WHERE business_id = %(business_id)s AND side = %(side)s AND effective_on > %(as_of)s::date
                        UNION ALL
                        SELECT party_id, due_on, unapplied, currency, -amount_minor, -base_minor
                          FROM entry
                         WHERE business_id = %(business_id)s AND side = %(side)s AND effective_on <= %(as_of)s::date
                           AND version > %(known_at)s
                           AND %(known_at)s::bigint < %(latest)s::bigint) AS as_it_was
                 WHERE %(party_id)s::uuid IS NULL OR party_id = %(party_id)s::uuid
                 GROUP BY 1, 2, 3, 4
                HAVING sum(CASE WHEN %(in_base)s THEN base_minor ELSE amount_minor END) <> 0) AS by_band
         GROUP BY party_id, currency) AS open
  JOIN party ON party.business_id = %(business_id)s AND party.id = open.party_id
 CROSS JOIN LATERAL (
       SELECT name FROM party_fact
        WHERE business_id = party.business_id AND party_id = party.id AND version <= %(known_at)s
        ORDER BY version DESC LIMIT 1) AS fact

-- name: aged_totals_from_checkpoint
-- The same from the sums of a checkpoint: more what took effect between its day and the day asked, and either more
-- what was recorded after it by the version asked, or less what it holds that was recorded after that version.
SELECT open.party_id, party.external_id, fact.name, open.currency, open.sums
  FROM (SELECT party_id, currency, array_agg(ARRAY[unapplied::int, band, open_minor]) AS sums
          FROM (SELECT party_id, CASE WHEN %(in_base)s THEN NULL ELSE currency END AS currency, unapplied,
                       width_bucket(%(as_of)s::date - due_on, %(edges)s::int[]) AS band,
                       sum(CASE WHEN %(in_base)s THEN base_minor ELSE amount_minor END)::bigint AS open_minor
                  FROM (SELECT party_id, due_on, unapplied, currency, amount_minor, base_minor
                          FROM checkpoint_sum
                         WHERE business_id = %(business_id)s AND side = %(side)s AND through_on = %(through_on)s::date
                        UNION ALL
                        SELECT party_id, due_on, unapplied, currency, amount_minor, base_minor
                          FROM entry
                         WHERE business_id = %(business_id)s AND side = %(side)s
                           AND effective_on > %(through_on)s::date AND effective_on <= %(as_of)s::date
                           AND version <= %(known_at)s
                        UNION ALL
                        SELECT party_id, due_on, unapplied, currency, amount_minor, base_minor
                          FROM entry
                         WHERE business_id = %(business_id)s AND side = %(side)s
                           AND effective_on <= %(through_on)s::date
                           AND version > %(held_at)s AND version <= %(known_at)s
                           AND %(held_at)s::bigint < %(known_at)s::bigint
                        UNION ALL
                        SELECT party_id, due_on, unapplied, currency, -amount_minor, -base_minor
                          FROM entry
                         WHERE business_id = %(business_id)s AND side = %(side)s
                           AND effective_on <= %(through_on)s::date
                           AND version > %(known_at)s AND version <= %(held_at)s
                           AND %(known_at)s::bigint < %(held_at)s::bigint) AS as_it_was
                 WHERE %(party_id)s::uuid IS NULL OR party_id = %(party_id)s::uuid
                 GROUP BY 1, 2, 3, 4
                HAVING sum(CASE WHEN %(in_base)s THEN base_minor ELSE amount_minor END) <> 0) AS by_band
         GROUP BY party_id, currency) AS open
  JOIN party ON party.business_id = %(business_id)s AND party.id = open.party_id
 CROSS JOIN LATERAL (
       SELECT name FROM party_fact
        WHERE business_id = party.business_id AND party_id = party.id AND version <= %(known_at)s
        ORDER BY version DESC LIMIT 1) AS fact

-- name: checkpoint_before
-- The last checkpoint at or before a day.
SELECT through_on, version
  FROM checkpoint
 WHERE business_id = %(business_id)s AND side = %(side)s AND through_on <= %(as_of)s::date
 ORDER BY through_on DESC LIMIT 1

-- name: books_at
-- Where the books begin and how far they are closed, as known at a version; no row if that was never said.
SELECT starts_on, closed_through
  FROM book_fact
 WHERE business_id = %(business_id)s AND version <= %(known_at)s
 ORDER BY version DESC LIMIT 1

-- name: version_at
-- The last version recorded at or before an instant; 0 before the first.
SELECT coalesce(max(version), 0) AS version
  FROM ledger_version
 WHERE business_id = %(business_id)s AND recorded_at <= %(instant)s

-- name: closing_version
-- The first version from which the books have been closed through a day without a break up to now, null if they are not,
-- and how far they are closed now.
SELECT min(version) FILTER (WHERE version > last_open) AS version,
       (array_agg(closed_through ORDER BY version DESC))[1] AS closed_through
  FROM (SELECT version, closed_through,
               coalesce(max(version) FILTER (WHERE closed_through IS NULL OR closed_through < %(day)s::date) OVER (), 0)
               AS last_open
          FROM book_fact
         WHERE business_id = %(business_id)s) AS fact

-- name: open_items
-- Each item of which something is open, as of a day and known at a version: today's open items, less what takes effect
-- later, less what was recorded later, all of documents dated by that day: none is open before its own date.
-- `unapplied` null asks for charges and unapplied money alike, `band` null for all.
-- `tags` is null, or a list of filters that must all match, each a list of tags of which the document carries one.
SELECT party_id, document_id, instalment, unapplied, due_on, currency,
       sum(amount_minor)::bigint AS amount_minor, sum(base_minor)::bigint AS base_minor
  FROM (SELECT party_id, document_id, instalment, unapplied, due_on, currency, amount_minor, base_minor
          FROM open_item
         WHERE business_id = %(business_id)s AND side = %(side)s AND document_on <= %(as_of)s::date
        UNION ALL
        SELECT party_id, document_id, instalment, unapplied, due_on, currency, -amount_minor, -base_minor
          FROM entry
         WHERE business_id = %(business_id)s AND side = %(side)s AND effective_on > %(as_of)s::date
           AND document_on <= %(as_of)s::date
        UNION ALL
        SELECT party_id, document_id, instalment, unapplied, due_on, currency, -amount_minor, -base_minor
          FROM entry
         WHERE business_id = %(business_id)s AND side = %(side)s AND effective_on <= %(as_of)s::date
           AND version > %(known_at)s AND %(known_at)s::bigint < %(latest)s::bigint
           AND document_on <= %(as_of)s::date) AS as_it_was
 WHERE (%(party_id)s::uuid IS NULL OR party_id = %(party_id)s::uuid)
   AND (%(unapplied)s::boolean IS NULL OR unapplied = %(unapplied)s::boolean)
   AND (%(band)s::int IS NULL OR width_bucket(%(as_of)s::date - due_on, %(edges)s::int[]) = %(band)s::int)
 GROUP BY 1, 2, 3, 4, 5, 6
HAVING (sum(amount_minor) <> 0 OR sum(base_minor) <> 0)
   AND (%(tags)s::jsonb IS NULL OR EXISTS (
        SELECT FROM (SELECT tags FROM document_fact
                      WHERE business_id = %(business_id)s AND document_fact.document_id = as_it_was.document_id
                        AND version <= %(tags_at)s
                      ORDER BY version DESC LIMIT 1) AS fact
         WHERE NOT EXISTS (
               SELECT FROM jsonb_array_elements(%(tags)s::jsonb) AS filter (tags)
                WHERE NOT EXISTS (
                      SELECT FROM jsonb_array_elements(filter.tags) AS tag (one)
                       WHERE fact.tags::jsonb @> jsonb_build_array(tag.one)))))

-- name: party_names
-- What these parties were called at a version.
SELECT party.id, party.external_id, fact.name
  FROM party
 CROSS JOIN LATERAL (
       SELECT name FROM party_fact
        WHERE business_id = party.business_id AND party_id = party.id AND version <= %(known_at)s
        ORDER BY version DESC LIMIT 1) AS fact
 WHERE party.business_id = %(business_id)s AND party.id = ANY (%(ids)s::uuid[])

-- name: document_totals
-- What these documents were for at a version, in base currency.
SELECT DISTINCT ON (document_id) document_id, base_minor
  FROM document_fact
 WHERE business_id = %(business_id)s AND document_id = ANY (%(ids)s::uuid[]) AND version <= %(known_at)s
 ORDER BY document_id, version DESC

-- name: tags_in_use
-- Those of the values that are defined under the key, or that a document has carried before there were definitions.
SELECT asked.value
  FROM unnest(%(values)s::text[]) AS asked (value)
 WHERE EXISTS (
       SELECT FROM tag_fact WHERE business_id = %(business_id)s AND key = %(key)s::text AND value = asked.value)
    OR EXISTS (
       SELECT FROM document_fact
        WHERE business_id = %(business_id)s
          AND tags::jsonb @> jsonb_build_array(jsonb_build_object('key', %(key)s::text, 'value', asked.value)))

-- name: rates_in_force
-- The rates of these currencies that are in force on a day, as known at a version: the latest quoted by then, the latest
-- recorded of two for one day.
SELECT asked.currency, quote.quoted_on, quote.rate
  FROM unnest(%(currencies)s::text[]) AS asked (currency)
 CROSS JOIN LATERAL (
       SELECT quoted_on, rate FROM rate
        WHERE business_id = %(business_id)s AND rate.currency = asked.currency
          AND quoted_on <= %(revalued_on)s::date AND version <= %(known_at)s
        ORDER BY quoted_on DESC, version DESC, sequence DESC LIMIT 1) AS quote
 ORDER BY asked.currency
