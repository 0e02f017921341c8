-- name: businesses_there
SELECT id FROM business ORDER BY created_at, id

-- name: partners_named
SELECT id AS partner_id FROM partner
 UNION
SELECT partner_id FROM partner_event
 UNION
SELECT partner_id FROM partner_key
 UNION
SELECT partner_id FROM business
 ORDER BY partner_id
