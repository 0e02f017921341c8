-- name: businesses
SELECT id FROM business ORDER BY id

-- name: book
-- The head of one business's books; the business must be set.
SELECT business_id, version, hash FROM book WHERE business_id = %(business_id)s

-- name: partners
-- The last event of each partner.
SELECT DISTINCT ON (partner_id) partner_id, sequence, hash
  FROM partner_event
 ORDER BY partner_id, sequence DESC
