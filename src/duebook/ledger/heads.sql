-- name: businesses
SELECT id FROM business ORDER BY id

-- name: book
-- The head of one business's books; the business must be set.
SELECT business_id, version, hash FROM book WHERE business_id = %(business_id)s

-- name: book_at
-- The head of one business's books, and the hash that a version of them has; the business must be set.
SELECT book.version, signed.hash
  FROM book
  LEFT JOIN ledger_version AS signed ON signed.business_id = book.business_id AND signed.version = %(version)s
 WHERE book.business_id = %(business_id)s

-- name: chain_at
-- The last event of one partner, and the hash that an event of it has.
SELECT sequence,
       (SELECT hash FROM partner_event WHERE partner_id = %(partner_id)s AND sequence = %(sequence)s) AS hash
  FROM partner_event
 WHERE partner_id = %(partner_id)s
 ORDER BY sequence DESC
 LIMIT 1

-- name: partners
-- The last event of each partner.
SELECT DISTINCT ON (partner_id) partner_id, sequence, hash
  FROM partner_event
 ORDER BY partner_id, sequence DESC
