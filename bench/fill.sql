-- name: party
INSERT INTO party (business_id, id, side, external_id, version)
SELECT %(business_id)s, gen_random_uuid(), 'receivable', 'c' || n, 1 FROM generate_series(1, %(parties)s::int) AS n

-- name: party_fact
INSERT INTO party_fact (business_id, party_id, version, name, archived, tags, profile)
SELECT business_id, id, 1, 'Customer ' || external_id, false, '[]', '{}' FROM party WHERE business_id = %(business_id)s

-- name: ledger_version
-- A thousand documents a version, in order of their days.
INSERT INTO ledger_version (business_id, version, recorded_at, operation, actor, hash)
SELECT %(business_id)s, n, now(), 'bench', '{}', '\x00'
  FROM generate_series(1, 1 + (%(settled)s::int + %(open)s::int) / 1000) AS n

-- name: settled
-- Invoices of four years, each paid in full 20 to 59 days after it was issued: four entries each, nothing left open.
WITH customer AS (
     SELECT array_agg(id ORDER BY external_id) AS ids FROM party WHERE business_id = %(business_id)s),
     invoice AS (
     SELECT n, gen_random_uuid() AS id, gen_random_uuid() AS payment_id, ids[1 + n %% array_length(ids, 1)] AS party_id,
            %(today)s::date - 1461 + (n * 1400::bigint / %(settled)s::int)::int AS issued_on, 100 + n %% 100000 AS amount
       FROM generate_series(1, %(settled)s::int) AS n, customer)
INSERT INTO entry (business_id, version, sequence, side, kind, party_id, document_id, instalment, unapplied, cause_id,
                   document_on, due_on, effective_on, currency, amount_minor, base_minor)
SELECT %(business_id)s, 1 + n / 1000, 4 * (n %% 1000) + part.place, 'receivable', part.kind::entry_kind, party_id,
       part.document_id, 1, part.unapplied, part.cause_id, part.document_on, part.due_on, part.effective_on, 'USD',
       part.sign * amount, part.sign * amount
  FROM invoice
  CROSS JOIN LATERAL (SELECT issued_on + 20 + n %% 40 AS paid_on) AS paid
  CROSS JOIN LATERAL (VALUES
       (0, 'charge', id, id, false, issued_on, issued_on + 30, issued_on, 1),
       (1, 'payment', payment_id, payment_id, true, paid_on, paid_on, paid_on, -1),
       (2, 'allocation', id, payment_id, false, issued_on, issued_on + 30, paid_on, -1),
       (3, 'allocation', payment_id, id, true, paid_on, paid_on, paid_on, 1))
       AS part (place, kind, document_id, cause_id, unapplied, document_on, due_on, effective_on, sign)

-- name: unpaid
-- Invoices of the last 150 days that nobody has paid: one entry and one open item each.
WITH customer AS (
     SELECT array_agg(id ORDER BY external_id) AS ids FROM party WHERE business_id = %(business_id)s),
     kept AS (
     INSERT INTO entry (business_id, version, sequence, side, kind, party_id, document_id, instalment, unapplied,
                        cause_id, document_on, due_on, effective_on, currency, amount_minor, base_minor)
     SELECT %(business_id)s, 1 + (%(settled)s::int + n) / 1000, 4000 + n %% 1000, 'receivable', 'charge',
            ids[1 + n %% array_length(ids, 1)], invoice.id, 1, false, invoice.id, invoice.issued_on,
            invoice.issued_on + 30, invoice.issued_on, 'USD', 100 + n, 100 + n
       FROM generate_series(1, %(open)s::int) AS n, customer
       CROSS JOIN LATERAL (
            SELECT gen_random_uuid() AS id, %(today)s::date - 150 + (n * 150::bigint / %(open)s::int)::int AS issued_on
             WHERE n > 0) AS invoice
     RETURNING *)
INSERT INTO open_item (business_id, document_id, instalment, party_id, due_on, side, unapplied, document_on, currency,
                       amount_minor, base_minor)
SELECT business_id, document_id, instalment, party_id, due_on, side, unapplied, document_on, currency, amount_minor,
       base_minor
  FROM kept

-- name: head
UPDATE book SET version = 1 + (%(settled)s::int + %(open)s::int) / 1000 WHERE business_id = %(business_id)s
