-- name: suspects
-- The documents whose doings in a stretch of days were recorded after its end or are in foreign currency, with what they
-- add to the side in base currency. Allocations add nothing but their exchange difference. Of each sort the first few:
-- those that equal the difference, then the largest.
WITH done AS (
     SELECT cause_id, sum(base_minor) FILTER (WHERE version > %(in_time)s) AS late_minor,
            max(version) FILTER (WHERE version > %(in_time)s) AS late_version,
            sum(base_minor) FILTER (WHERE currency <> %(base_currency)s AND kind <> 'exchange') AS foreign_minor,
            sum(base_minor) FILTER (WHERE kind = 'exchange') AS exchange_minor, max(version) AS last_version
       FROM entry
      WHERE business_id = %(business_id)s AND side = %(side)s AND version <= %(known_at)s
        AND effective_on > coalesce(%(after_on)s::date, '-infinity') AND effective_on <= %(until_on)s::date
        AND kind <> 'allocation'
      GROUP BY cause_id),
     suspect AS (
     SELECT cause_id, 'late' AS why, late_minor AS base_minor, 0 AS exchange_minor, late_version AS version
       FROM done
      WHERE late_minor <> 0
     UNION ALL
     SELECT cause_id, 'foreign', coalesce(foreign_minor, 0), coalesce(exchange_minor, 0), last_version
       FROM done
      WHERE foreign_minor <> 0 OR exchange_minor <> 0),
     ranked AS (
     SELECT *, row_number() OVER (
                PARTITION BY why
                ORDER BY abs(%(difference)s::numeric) IN (abs(base_minor), abs(exchange_minor)) DESC,
                         abs(base_minor) DESC, cause_id) AS place
       FROM suspect)
SELECT ranked.why, ranked.base_minor::bigint AS base_minor, ranked.exchange_minor::bigint AS exchange_minor,
       made.recorded_at, document.id, document.kind, fact.state, fact.number, fact.party_id, fact.issued_on, fact.currency,
       fact.amount_minor
  FROM ranked
  JOIN document ON document.business_id = %(business_id)s AND document.id = ranked.cause_id
  JOIN ledger_version AS made ON made.business_id = %(business_id)s AND made.version = ranked.version
 CROSS JOIN LATERAL (
       SELECT state, number, party_id, issued_on, currency, amount_minor FROM document_fact
        WHERE business_id = %(business_id)s AND document_id = document.id AND version <= %(known_at)s
        ORDER BY version DESC LIMIT 1) AS fact
 WHERE ranked.place <= %(most)s
 ORDER BY ranked.why DESC, ranked.place

-- name: waiting
-- Of payments and credits that have unapplied money on a day: what is applied, later, to charges that count only later.
SELECT document.id, document.kind, fact.number, fact.party_id, fact.issued_on, fact.currency, fact.amount_minor,
       fact.base_minor, made.recorded_at, sum(coalesce(part.source_minor, part.amount_minor))::bigint AS waiting_minor
  FROM document
  JOIN ledger_version AS made ON made.business_id = document.business_id AND made.version = document.version
 CROSS JOIN LATERAL (
       SELECT * FROM document_fact
        WHERE business_id = document.business_id AND document_id = document.id AND version <= %(known_at)s
        ORDER BY version DESC LIMIT 1) AS fact
 CROSS JOIN LATERAL (
       SELECT DISTINCT ON (id) charge_id, effective_on, ended_on, amount_minor, source_minor FROM allocation
        WHERE business_id = document.business_id AND source_id = document.id AND version <= %(known_at)s
        ORDER BY id, version DESC, sequence DESC) AS part
 CROSS JOIN LATERAL (
       SELECT coalesce(opening_on, issued_on) AS counts_on FROM document_fact
        WHERE business_id = document.business_id AND document_id = part.charge_id AND version <= %(known_at)s
        ORDER BY version DESC LIMIT 1) AS charge
 WHERE document.business_id = %(business_id)s AND document.id = ANY (%(documents)s::uuid[])
   AND part.effective_on > %(until_on)s::date AND charge.counts_on > %(until_on)s::date
   AND (part.ended_on IS NULL OR part.ended_on > part.effective_on)
   AND coalesce(fact.opening_on, fact.issued_on) > coalesce(%(after_on)s::date, '-infinity')
 GROUP BY document.id, document.kind, fact.number, fact.party_id, fact.issued_on, fact.currency, fact.amount_minor,
       fact.base_minor, made.recorded_at

-- name: beside
-- What payments up to a day have sent straight to other accounts, as their bodies say, in base currency; what came back
-- by then, or never came, has not.
SELECT coalesce(sum((fact.body ->> 'beside_minor')::numeric), 0) AS beside_minor
  FROM document
 CROSS JOIN LATERAL (
       SELECT state, status, issued_on, opening_on, returned_on, currency, body FROM document_fact
        WHERE business_id = document.business_id AND document_id = document.id AND version <= %(known_at)s
        ORDER BY version DESC LIMIT 1) AS fact
 WHERE document.business_id = %(business_id)s AND document.side = %(side)s::side AND document.kind = 'payment'
   AND document.version <= %(known_at)s AND fact.state = 'issued' AND fact.status NOT IN ('failed', 'cancelled')
   AND coalesce(fact.opening_on, fact.issued_on) <= %(on)s::date
   AND (fact.returned_on IS NULL OR fact.returned_on > %(on)s::date) AND fact.currency = %(base_currency)s
   AND json_typeof(fact.body -> 'beside_minor') = 'number' AND fact.body ->> 'beside_minor' ~ '^[0-9]{1,18}$'
