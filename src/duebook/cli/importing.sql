-- name: charges_by_number
-- The issued charges of a side under these numbers, whose they are, and what is open of each on all days to come.
SELECT document.id, document.external_id, fact.number, fact.party_id, party.external_id AS party_external_id,
       party_fact.name AS party_name, fact.currency,
       coalesce((SELECT sum(open_item.amount_minor) FROM open_item
                  WHERE open_item.business_id = document.business_id AND open_item.document_id = document.id
                    AND NOT open_item.unapplied), 0)::bigint AS left_minor
  FROM document
  CROSS JOIN LATERAL (
       SELECT * FROM document_fact
        WHERE business_id = document.business_id AND document_id = document.id
        ORDER BY version DESC LIMIT 1) AS fact
  JOIN party ON party.business_id = document.business_id AND party.id = fact.party_id
  CROSS JOIN LATERAL (
       SELECT name FROM party_fact
        WHERE business_id = document.business_id AND party_id = fact.party_id
        ORDER BY version DESC LIMIT 1) AS party_fact
 WHERE document.business_id = %(business_id)s AND document.side = %(side)s::side AND document.kind = 'charge'
   AND fact.state = 'issued' AND fact.number = ANY (%(numbers)s::text[])
 ORDER BY document.version, document.id

-- name: latest_version
SELECT version FROM book WHERE business_id = %(business_id)s
