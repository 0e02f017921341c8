-- name: versions
-- The versions after one, in order, so many.
SELECT version, recorded_at, operation, actor::text AS actor, hash, form
  FROM ledger_version
 WHERE business_id = %(business_id)s AND version > %(after)s
 ORDER BY version
 LIMIT %(limit)s

-- name: head
SELECT version, recorded_at, hash FROM book WHERE business_id = %(business_id)s

-- name: documents
-- The ids of the documents after one, so many.
SELECT id FROM document WHERE business_id = %(business_id)s AND id > %(after)s ORDER BY id LIMIT %(limit)s

-- name: items_that_differ
-- Items whose open row is not the sum of their entries, or says anything else of them.
SELECT document_id, coalesce(item.amount_minor, 0) AS kept_minor, coalesce(summed.amount_minor, 0) AS summed_minor
  FROM (SELECT document_id, instalment, party_id, due_on, side, unapplied, document_on, received_on, currency,
               sum(amount_minor) AS amount_minor, sum(base_minor) AS base_minor
          FROM entry
         WHERE business_id = %(business_id)s
         GROUP BY document_id, instalment, party_id, due_on, side, unapplied, document_on, received_on, currency
        HAVING sum(amount_minor) <> 0 OR sum(base_minor) <> 0) AS summed
  FULL JOIN (SELECT * FROM open_item WHERE business_id = %(business_id)s) AS item
 USING (document_id, instalment, party_id, due_on)
 WHERE (item.amount_minor, item.base_minor, item.side::text, item.unapplied, item.document_on, item.received_on,
        item.currency)
       IS DISTINCT FROM
       (summed.amount_minor, summed.base_minor, summed.side::text, summed.unapplied, summed.document_on,
        summed.received_on, summed.currency)
 ORDER BY document_id
 LIMIT %(limit)s

-- name: checkpoints
SELECT side, through_on, version FROM checkpoint WHERE business_id = %(business_id)s ORDER BY side, through_on

-- name: checkpoint_differs
-- Whether a checkpoint's sums are not those of the entries by its day and version.
SELECT EXISTS (
       SELECT
         FROM (SELECT party_id, due_on, unapplied, currency, sum(amount_minor) AS amount_minor,
                      sum(base_minor) AS base_minor
                 FROM entry
                WHERE business_id = %(business_id)s AND side = %(side)s AND effective_on <= %(through_on)s
                  AND version <= %(version)s
                GROUP BY party_id, due_on, unapplied, currency
               HAVING sum(amount_minor) <> 0 OR sum(base_minor) <> 0) AS summed
         FULL JOIN (SELECT * FROM checkpoint_sum
                     WHERE business_id = %(business_id)s AND side = %(side)s AND through_on = %(through_on)s) AS kept
        USING (party_id, due_on, unapplied, currency)
        WHERE kept.amount_minor IS DISTINCT FROM summed.amount_minor
           OR kept.base_minor IS DISTINCT FROM summed.base_minor) AS differs
