-- name: missing
-- The days that should end with a checkpoint and have none yet: the ends of past months in which something took
-- effect, and the days at which so many entries more had. Found among all entries after the last checkpoint, and among
-- those recorded since for days before it.
WITH last AS (
     SELECT coalesce(max(through_on), '-infinity') AS through_on, coalesce(max(version), 0) AS version
       FROM checkpoint
      WHERE business_id = %(business_id)s AND side = %(side)s::side),
     happened AS (
     SELECT effective_on FROM entry, last
      WHERE business_id = %(business_id)s AND side = %(side)s::side AND effective_on > last.through_on
     UNION ALL
     SELECT effective_on FROM entry, last
      WHERE business_id = %(business_id)s AND side = %(side)s::side AND entry.version > last.version
        AND effective_on <= last.through_on),
     running AS (
     SELECT effective_on, (sum(count(*)) OVER (ORDER BY effective_on))::bigint / %(apart)s AS block
       FROM happened
      WHERE effective_on < %(today)s::date
      GROUP BY effective_on)
SELECT (date_trunc('month', effective_on) + interval '1 month' - interval '1 day')::date AS through_on
  FROM running
 WHERE effective_on < date_trunc('month', %(today)s::date)
 UNION
SELECT max(effective_on)
  FROM running
 GROUP BY block
HAVING block < (SELECT max(block) FROM running)
EXCEPT
SELECT through_on FROM checkpoint WHERE business_id = %(business_id)s AND side = %(side)s::side
 ORDER BY through_on

-- name: fold_late_entries
INSERT INTO checkpoint_sum (business_id, side, through_on, party_id, due_on, unapplied, currency, amount_minor,
                            base_minor)
SELECT entry.business_id, entry.side, checkpoint.through_on, entry.party_id, entry.due_on, entry.unapplied,
       entry.currency, sum(entry.amount_minor), sum(entry.base_minor)
  FROM checkpoint
  JOIN entry ON entry.business_id = checkpoint.business_id AND entry.side = checkpoint.side
            AND entry.version > checkpoint.version AND entry.version <= %(version)s
            AND entry.effective_on <= checkpoint.through_on
 WHERE checkpoint.business_id = %(business_id)s AND checkpoint.side = %(side)s::side
 GROUP BY entry.business_id, entry.side, checkpoint.through_on, entry.party_id, entry.due_on, entry.unapplied,
       entry.currency
    ON CONFLICT (business_id, side, through_on, party_id, due_on, unapplied, currency) DO UPDATE
   SET amount_minor = checkpoint_sum.amount_minor + excluded.amount_minor,
       base_minor = checkpoint_sum.base_minor + excluded.base_minor

-- name: drop_zeros
DELETE FROM checkpoint_sum
 WHERE business_id = %(business_id)s AND side = %(side)s::side AND amount_minor = 0 AND base_minor = 0

-- name: move
UPDATE checkpoint SET version = %(version)s WHERE business_id = %(business_id)s AND side = %(side)s::side

-- name: add
INSERT INTO checkpoint (business_id, side, through_on, version)
VALUES (%(business_id)s, %(side)s::side, %(through_on)s, %(version)s)

-- name: add_sums
-- From the checkpoint before, and what took effect since.
WITH before AS (
     SELECT coalesce(max(through_on), '-infinity') AS through_on
       FROM checkpoint
      WHERE business_id = %(business_id)s AND side = %(side)s::side AND through_on < %(through_on)s::date)
INSERT INTO checkpoint_sum (business_id, side, through_on, party_id, due_on, unapplied, currency, amount_minor,
                            base_minor)
SELECT %(business_id)s, %(side)s::side, %(through_on)s::date, party_id, due_on, unapplied, currency,
       sum(amount_minor), sum(base_minor)
  FROM (SELECT party_id, due_on, unapplied, currency, amount_minor, base_minor
          FROM checkpoint_sum, before
         WHERE business_id = %(business_id)s AND side = %(side)s::side
           AND checkpoint_sum.through_on = before.through_on
        UNION ALL
        SELECT party_id, due_on, unapplied, currency, amount_minor, base_minor
          FROM entry, before
         WHERE business_id = %(business_id)s AND side = %(side)s::side AND effective_on > before.through_on
           AND effective_on <= %(through_on)s::date AND version <= %(version)s) AS open
 GROUP BY party_id, due_on, unapplied, currency
HAVING sum(amount_minor) <> 0 OR sum(base_minor) <> 0

-- name: nothing_gathered
UPDATE book SET unfolded = 0 WHERE business_id = %(business_id)s
