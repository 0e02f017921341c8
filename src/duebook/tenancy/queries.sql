-- name: business_and_head
       business.id, business.partner_id, business.external_id, business.name, business.base_currency,
       business.time_zone, business.profile, business.created_at,
       book.version, book.recorded_at

-- name: admit
-- Is the caller's key live, what is it good for, and does the business belong to its partner? One row, or none for an
-- unknown key. Runs after the business is set, since the head of the books is read along.
SELECT key.revoked_at IS NULL AND (key.expires_at IS NULL OR key.expires_at > now()) AS live, key.scope,
-- insert: business_and_head
  FROM partner_key AS key
  LEFT JOIN business ON business.id = %(business_id)s AND business.partner_id = key.partner_id
  LEFT JOIN book ON book.business_id = business.id
 WHERE key.id = %(key_id)s AND key.partner_id = %(partner_id)s

-- name: admit_outsider
-- The same for a caller without a key of ours, vouched for by an outside issuer: one row, or none for an unknown partner.
SELECT true AS live, 'full' AS scope,
-- insert: business_and_head
  FROM partner
  LEFT JOIN business ON business.id = %(business_id)s AND business.partner_id = partner.id
  LEFT JOIN book ON book.business_id = business.id
 WHERE partner.id = %(partner_id)s

-- name: admit_operator
-- The business and the head of its books, for the command line.
SELECT true AS live, 'full' AS scope,
-- insert: business_and_head
  FROM business
  JOIN book ON book.business_id = business.id
 WHERE business.id = %(business_id)s

-- name: lock_head
-- Every write of a business waits here for the one before it.
SELECT version, recorded_at, unfolded, hash FROM book WHERE business_id = %(business_id)s FOR UPDATE

-- name: add_partner
INSERT INTO partner (id, name, wire_profile) VALUES (%(id)s, %(name)s, %(wire_profile)s)
RETURNING id, name, wire_profile, created_at

-- name: partners
SELECT id, name, wire_profile, created_at FROM partner ORDER BY created_at, id

-- name: partner
SELECT id, name, wire_profile, created_at FROM partner WHERE id = %(id)s

-- name: add_business
-- No row comes back when the partner has a business under this external id already.
INSERT INTO business (id, partner_id, external_id, name, base_currency, time_zone, profile)
VALUES (%(id)s, %(partner_id)s, %(external_id)s, %(name)s, %(base_currency)s, %(time_zone)s, %(profile)s)
ON CONFLICT (partner_id, external_id) DO NOTHING
RETURNING id, partner_id, external_id, name, base_currency, time_zone, profile, created_at

-- name: add_book
INSERT INTO book (business_id) VALUES (%(business_id)s)

-- name: business_by_external_id
SELECT id, partner_id, external_id, name, base_currency, time_zone, profile, created_at
  FROM business
 WHERE partner_id = %(partner_id)s AND external_id = %(external_id)s

-- name: business
SELECT id, partner_id, external_id, name, base_currency, time_zone, profile, created_at
  FROM business
 WHERE id = %(id)s AND (%(partner_id)s::uuid IS NULL OR partner_id = %(partner_id)s::uuid)

-- name: businesses
-- One page in order of making; all partners' when none is named.
SELECT id, partner_id, external_id, name, base_currency, time_zone, profile, created_at
  FROM business
 WHERE %(partner_id)s::uuid IS NULL OR partner_id = %(partner_id)s::uuid
 ORDER BY created_at, id
 LIMIT %(limit)s OFFSET %(offset)s

-- name: count_businesses
SELECT count(*) AS total FROM business WHERE %(partner_id)s::uuid IS NULL OR partner_id = %(partner_id)s::uuid
