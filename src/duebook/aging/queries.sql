-- name: aged_totals
-- What each party has open, by band, as of a day: today's open items, less what took effect later.
-- `sums` holds (unapplied or not, band, amount); band 0 is not yet late. In base minor units the currency is null.
-- Names are those of the version asked.
SELECT open.party_id, party.external_id, fact.name, open.currency, open.sums
  FROM (SELECT party_id, currency, array_agg(ARRAY[unapplied::int, band, open_minor]) AS sums
          FROM (SELECT party_id, currency, unapplied,
                       width_bucket(%(as_of)s::date - due_on, %(edges)s::int[]) AS band,
                       sum(amount_minor)::bigint AS open_minor
                  FROM (SELECT party_id, due_on, unapplied, CASE WHEN %(in_base)s THEN NULL ELSE currency END AS currency,
                               CASE WHEN %(in_base)s THEN base_minor ELSE amount_minor END AS amount_minor
                          FROM open_item
                         WHERE business_id = %(business_id)s AND side = %(side)s
                           AND (%(party_id)s::uuid IS NULL OR party_id = %(party_id)s::uuid)
                        UNION ALL
                        SELECT party_id, due_on, unapplied, CASE WHEN %(in_base)s THEN NULL ELSE currency END,
                               CASE WHEN %(in_base)s THEN -base_minor ELSE -amount_minor END
                          FROM entry
                         WHERE business_id = %(business_id)s AND side = %(side)s AND effective_on > %(as_of)s::date
                           AND (%(party_id)s::uuid IS NULL OR party_id = %(party_id)s::uuid)) AS as_it_was
                 GROUP BY party_id, currency, unapplied, band
                HAVING sum(amount_minor) <> 0) AS by_band
         GROUP BY party_id, currency) AS open
  JOIN party ON party.business_id = %(business_id)s AND party.id = open.party_id
 CROSS JOIN LATERAL (
       SELECT name FROM party_fact
        WHERE business_id = party.business_id AND party_id = party.id AND version <= %(known_at)s
        ORDER BY version DESC LIMIT 1) AS fact

-- name: aged_totals_known_at
-- The same as known at an earlier version: also less what was recorded later, in arms that share no entry.
SELECT open.party_id, party.external_id, fact.name, open.currency, open.sums
  FROM (SELECT party_id, currency, array_agg(ARRAY[unapplied::int, band, open_minor]) AS sums
          FROM (SELECT party_id, currency, unapplied,
                       width_bucket(%(as_of)s::date - due_on, %(edges)s::int[]) AS band,
                       sum(amount_minor)::bigint AS open_minor
                  FROM (SELECT party_id, due_on, unapplied, CASE WHEN %(in_base)s THEN NULL ELSE currency END AS currency,
                               CASE WHEN %(in_base)s THEN base_minor ELSE amount_minor END AS amount_minor
                          FROM open_item
                         WHERE business_id = %(business_id)s AND side = %(side)s
                           AND (%(party_id)s::uuid IS NULL OR party_id = %(party_id)s::uuid)
                        UNION ALL
                        SELECT party_id, due_on, unapplied, CASE WHEN %(in_base)s THEN NULL ELSE currency END,
                               CASE WHEN %(in_base)s THEN -base_minor ELSE -amount_minor END
                          FROM entry
                         WHERE business_id = %(business_id)s AND side = %(side)s AND effective_on > %(as_of)s::date
                           AND (%(party_id)s::uuid IS NULL OR party_id = %(party_id)s::uuid)
                        UNION ALL
                        SELECT party_id, due_on, unapplied, CASE WHEN %(in_base)s THEN NULL ELSE currency END,
                               CASE WHEN %(in_base)s THEN -base_minor ELSE -amount_minor END
                          FROM entry
                         WHERE business_id = %(business_id)s AND version > %(known_at)s
                           AND side = %(side)s AND effective_on <= %(as_of)s::date
                           AND (%(party_id)s::uuid IS NULL OR party_id = %(party_id)s::uuid)) AS as_it_was
                 GROUP BY party_id, currency, unapplied, band
                HAVING sum(amount_minor) <> 0) AS by_band
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

-- name: aged_totals_from_checkpoint
-- The same from the sums of a checkpoint: more what took effect between its day and the day asked, more what was
-- recorded after it, less what it holds that was recorded after the version asked. The arms share no entry.
SELECT open.party_id, party.external_id, fact.name, open.currency, open.sums
  FROM (SELECT party_id, currency, array_agg(ARRAY[unapplied::int, band, open_minor]) AS sums
          FROM (SELECT party_id, currency, unapplied,
                       width_bucket(%(as_of)s::date - due_on, %(edges)s::int[]) AS band,
                       sum(amount_minor)::bigint AS open_minor
                  FROM (SELECT party_id, due_on, unapplied, CASE WHEN %(in_base)s THEN NULL ELSE currency END AS currency,
                               CASE WHEN %(in_base)s THEN base_minor ELSE amount_minor END AS amount_minor
                          FROM checkpoint_sum
                         WHERE business_id = %(business_id)s AND side = %(side)s AND through_on = %(through_on)s::date
                           AND (%(party_id)s::uuid IS NULL OR party_id = %(party_id)s::uuid)
                        UNION ALL
                        SELECT party_id, due_on, unapplied, CASE WHEN %(in_base)s THEN NULL ELSE currency END,
                               CASE WHEN %(in_base)s THEN base_minor ELSE amount_minor END
                          FROM entry
                         WHERE business_id = %(business_id)s AND side = %(side)s
                           AND effective_on > %(through_on)s::date AND effective_on <= %(as_of)s::date
                           AND version <= %(known_at)s
                           AND (%(party_id)s::uuid IS NULL OR party_id = %(party_id)s::uuid)
                        UNION ALL
                        SELECT party_id, due_on, unapplied, CASE WHEN %(in_base)s THEN NULL ELSE currency END,
                               CASE WHEN %(in_base)s THEN base_minor ELSE amount_minor END
                          FROM entry
                         WHERE business_id = %(business_id)s AND version > %(held_at)s AND version <= %(known_at)s
                           AND side = %(side)s AND effective_on <= %(through_on)s::date
                           AND (%(party_id)s::uuid IS NULL OR party_id = %(party_id)s::uuid)
                        UNION ALL
                        SELECT party_id, due_on, unapplied, CASE WHEN %(in_base)s THEN NULL ELSE currency END,
                               CASE WHEN %(in_base)s THEN -base_minor ELSE -amount_minor END
                          FROM entry
                         WHERE business_id = %(business_id)s AND version > %(known_at)s AND version <= %(held_at)s
                           AND side = %(side)s AND effective_on <= %(through_on)s::date
                           AND (%(party_id)s::uuid IS NULL OR party_id = %(party_id)s::uuid)) AS as_it_was
                 GROUP BY party_id, currency, unapplied, band
                HAVING sum(amount_minor) <> 0) AS by_band
         GROUP BY party_id, currency) AS open
  JOIN party ON party.business_id = %(business_id)s AND party.id = open.party_id
 CROSS JOIN LATERAL (
       SELECT name FROM party_fact
        WHERE business_id = party.business_id AND party_id = party.id AND version <= %(known_at)s
        ORDER BY version DESC LIMIT 1) AS fact

-- name: version_at
-- The last version recorded at or before an instant; 0 before the first.
SELECT coalesce(max(version), 0) AS version
  FROM ledger_version
 WHERE business_id = %(business_id)s AND recorded_at <= %(instant)s
