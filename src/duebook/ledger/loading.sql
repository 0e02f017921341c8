-- name: books
-- Where the books begin and how far they are closed, as last said.
SELECT starts_on, closed_through, late FROM book_fact
 WHERE business_id = %(business_id)s ORDER BY version DESC LIMIT 1

-- name: named_documents
-- The ids of the documents that a write names: by id, by external id on their side and of their kind, by an allocation,
-- or as documents of a merged party; and what those are aimed at. Where a closing is undone, also those of which
-- anything was recorded since: what it did may have been shifted, though not a single entry may be of then.
WITH closing AS (
     SELECT min(version) AS version FROM book_fact
      WHERE %(closes)s AND business_id = %(business_id)s AND closed_through > %(through_on)s::date
        AND version > (SELECT coalesce(max(version), 0) FROM book_fact
                        WHERE business_id = %(business_id)s
                          AND (closed_through IS NULL OR closed_through <= %(through_on)s::date))),
     since AS (
     SELECT document_id AS id FROM document_fact
      WHERE business_id = %(business_id)s AND version > (SELECT version FROM closing)
     UNION
     SELECT unnest(ARRAY[source_id, charge_id]) FROM allocation
      WHERE business_id = %(business_id)s AND version > (SELECT version FROM closing)),
     named AS (
     SELECT id FROM document WHERE business_id = %(business_id)s AND id = ANY (%(ids)s::uuid[])
     UNION
     SELECT id FROM document
      WHERE business_id = %(business_id)s
        AND (side, kind, external_id) IN (
            SELECT * FROM unnest(%(sides)s::side[], %(kinds)s::document_kind[], %(external_ids)s::text[]))
     UNION
     SELECT unnest(ARRAY[source_id, charge_id]) FROM allocation
      WHERE business_id = %(business_id)s AND id = ANY (%(allocations)s::uuid[])
     UNION
     SELECT document_id FROM document_fact
      WHERE business_id = %(business_id)s AND party_id = ANY (%(merged)s::uuid[])
     UNION
     SELECT id FROM since),
     aimed_at AS (
     SELECT target_id AS id FROM document JOIN named USING (id)
      WHERE business_id = %(business_id)s AND target_id IS NOT NULL),
     wanted AS (
     SELECT id FROM named
      UNION
     SELECT id FROM aimed_at
      UNION
     SELECT target_id FROM document JOIN aimed_at USING (id)
      WHERE business_id = %(business_id)s AND target_id IS NOT NULL)
SELECT wanted.id, since.id IS NOT NULL AS since FROM wanted LEFT JOIN since USING (id)

-- name: documents
-- The latest facts of these documents.
SELECT document.id, document.side, document.kind, document.external_id, document.target_id, document.version,
       document.sequence, fact.state, fact.party_id, fact.number, fact.issued_on, fact.received_on, fact.due_on,
       fact.due_from, fact.currency, fact.amount_minor, fact.base_minor, fact.tags, fact.body, fact.opening_on,
       fact.net_days, fact.end_of_month, fact.instalments, fact.due_changes, fact.status, fact.returned_on, fact.reason
  FROM document
 CROSS JOIN LATERAL (
       SELECT * FROM document_fact
        WHERE business_id = document.business_id AND document_id = document.id
        ORDER BY version DESC LIMIT 1) AS fact
 WHERE document.business_id = %(business_id)s AND document.id = ANY (%(documents)s::uuid[])

-- name: allocations
-- The latest facts of the allocations that touch these documents, in order of first recording.
SELECT id, source_id, charge_id, effective_on, stated, amount_minor, coalesce(source_minor, amount_minor) AS source_minor,
       instalment, ended_on, first_version, first_sequence
  FROM (SELECT *, row_number() OVER latest_first AS place,
               last_value(version) OVER latest_first_to_last AS first_version,
               last_value(sequence) OVER latest_first_to_last AS first_sequence
          FROM allocation
         WHERE business_id = %(business_id)s
           AND (source_id = ANY (%(documents)s::uuid[]) OR charge_id = ANY (%(documents)s::uuid[]))
        WINDOW latest_first AS (PARTITION BY id ORDER BY version DESC),
               latest_first_to_last AS (latest_first ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)) AS kept
 WHERE place = 1
 ORDER BY first_version, first_sequence

-- name: aimed_documents
-- The ids of what is aimed at these documents, and of what is aimed at that.
WITH aimed AS (
     SELECT id FROM document WHERE business_id = %(business_id)s AND target_id = ANY (%(documents)s::uuid[]))
SELECT id FROM aimed
 UNION
SELECT document.id FROM document JOIN aimed ON document.target_id = aimed.id
 WHERE document.business_id = %(business_id)s

-- name: parties
-- The latest facts of the parties named by id, or by external id on their side.
SELECT party.id, party.side, party.external_id, fact.name, fact.archived, fact.net_days, fact.end_of_month,
       fact.tags, fact.profile
  FROM party
 CROSS JOIN LATERAL (
       SELECT * FROM party_fact
        WHERE business_id = party.business_id AND party_id = party.id
        ORDER BY version DESC LIMIT 1) AS fact
 WHERE party.business_id = %(business_id)s
   AND party.id IN (
       SELECT unnest(%(ids)s::uuid[])
       UNION ALL
       SELECT id FROM party
        WHERE business_id = %(business_id)s
          AND (side, external_id) IN (SELECT * FROM unnest(%(sides)s::side[], %(external_ids)s::text[])))

-- name: entries
-- The entries of these documents' items.
SELECT side, kind, party_id, document_id, instalment, unapplied, cause_id, document_on, received_on, due_on,
       effective_on, currency, amount_minor, base_minor
  FROM entry
 WHERE business_id = %(business_id)s AND document_id = ANY (%(documents)s::uuid[])
 ORDER BY version, sequence

-- name: rates
-- All quotes of these currencies, each day's as last said.
SELECT DISTINCT ON (currency, quoted_on) currency, quoted_on, rate
  FROM rate
 WHERE business_id = %(business_id)s AND currency = ANY (%(currencies)s::text[])
 ORDER BY currency, quoted_on, version DESC, sequence DESC

-- name: first_day
-- The first day from which any document has ever counted; its entries may have been shifted to a later one.
SELECT min(coalesce(fact.opening_on, fact.issued_on)) AS first_on
  FROM document_fact AS fact
  JOIN document ON document.business_id = fact.business_id AND document.id = fact.document_id
 WHERE fact.business_id = %(business_id)s
   AND document.kind IN ('charge', 'payment', 'credit')
   AND fact.state = 'issued' AND fact.amount_minor > 0
   AND (fact.status IS NULL OR fact.status NOT IN ('failed', 'cancelled'))
