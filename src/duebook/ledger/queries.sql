-- name: add_version
INSERT INTO ledger_version (business_id, version, recorded_at, operation, actor, hash, form)
VALUES (%(business_id)s, %(version)s, %(recorded_at)s, %(operation)s, %(actor)s, %(hash)s, %(form)s)

-- name: move_head
UPDATE book SET version = %(version)s, recorded_at = %(recorded_at)s, unfolded = %(unfolded)s, hash = %(hash)s
 WHERE business_id = %(business_id)s

-- name: forget_open_items
-- The open items of documents that this write touches; what is open afterwards is added anew.
DELETE FROM open_item WHERE business_id = %(business_id)s AND document_id = ANY (%(documents)s::uuid[])

-- name: document_page
-- The ids of a page of documents in order of recording, after a place in it.
SELECT document.id
  FROM document
  CROSS JOIN LATERAL (
       SELECT party_id, state FROM document_fact
        WHERE business_id = document.business_id AND document_id = document.id
        ORDER BY version DESC LIMIT 1) AS fact
 WHERE document.business_id = %(business_id)s AND document.side = %(side)s::side
   AND document.kind = %(kind)s::document_kind AND fact.state <> 'deleted'
   AND (%(party_id)s::uuid IS NULL OR fact.party_id = %(party_id)s::uuid)
   AND (%(external_id)s::text IS NULL OR document.external_id = %(external_id)s::text)
   AND (document.version, document.id) > (%(place)s::bigint, %(place_id)s::uuid)
 ORDER BY document.version, document.id
 LIMIT %(limit)s

-- name: document_page_back
-- The same, going back: before a place, the latest first.
SELECT document.id
  FROM document
  CROSS JOIN LATERAL (
       SELECT party_id, state FROM document_fact
        WHERE business_id = document.business_id AND document_id = document.id
        ORDER BY version DESC LIMIT 1) AS fact
 WHERE document.business_id = %(business_id)s AND document.side = %(side)s::side
   AND document.kind = %(kind)s::document_kind AND fact.state <> 'deleted'
   AND (%(party_id)s::uuid IS NULL OR fact.party_id = %(party_id)s::uuid)
   AND (%(external_id)s::text IS NULL OR document.external_id = %(external_id)s::text)
   AND (document.version, document.id) < (%(place)s::bigint, %(place_id)s::uuid)
 ORDER BY document.version DESC, document.id DESC
 LIMIT %(limit)s

-- name: count_documents
SELECT count(*) AS total
  FROM document
  CROSS JOIN LATERAL (
       SELECT party_id, state FROM document_fact
        WHERE business_id = document.business_id AND document_id = document.id
        ORDER BY version DESC LIMIT 1) AS fact
 WHERE document.business_id = %(business_id)s AND document.side = %(side)s::side
   AND document.kind = %(kind)s::document_kind AND fact.state <> 'deleted'
   AND (%(party_id)s::uuid IS NULL OR fact.party_id = %(party_id)s::uuid)
   AND (%(external_id)s::text IS NULL OR document.external_id = %(external_id)s::text)

-- name: document_views
-- These documents as they are known now, with what is open of them on a day. What was deleted is not seen.
SELECT document.id, document.side, document.kind, document.external_id, document.target_id, fact.state, fact.party_id,
       fact.number, fact.issued_on, fact.received_on, fact.due_on, fact.due_from, fact.currency, fact.amount_minor,
       fact.base_minor, fact.tags, fact.body, fact.opening_on, fact.net_days, fact.end_of_month, fact.instalments,
       fact.due_changes, fact.status, fact.returned_on, fact.reason,
       document.version AS place, made.recorded_at AS created_at, kept.recorded_at AS updated_at,
       coalesce(balance.open_minor, 0)::bigint AS open_minor,
       coalesce(balance.settled_minor, 0)::bigint AS settled_minor, balance.settled_on
  FROM document
  CROSS JOIN LATERAL (
       SELECT * FROM document_fact
        WHERE business_id = document.business_id AND document_id = document.id
        ORDER BY version DESC LIMIT 1) AS fact
  JOIN ledger_version AS made ON made.business_id = document.business_id AND made.version = document.version
  JOIN ledger_version AS kept ON kept.business_id = document.business_id AND kept.version = fact.version
  CROSS JOIN LATERAL (
       SELECT abs(sum(amount_minor)) AS open_minor,
              abs(sum(amount_minor) FILTER (WHERE NOT (cause_id = document_id AND kind = document.kind))) AS settled_minor,
              max(effective_on) FILTER (WHERE allocated_minor <> 0) AS settled_on
         FROM (SELECT *, sum(amount_minor) FILTER (WHERE kind = 'allocation') OVER (PARTITION BY effective_on)
                         AS allocated_minor
                 FROM entry
                WHERE business_id = document.business_id AND document_id = document.id
                  AND effective_on <= %(today)s::date) AS until_today) AS balance
 WHERE document.business_id = %(business_id)s AND document.side = %(side)s::side
   AND document.kind = %(kind)s::document_kind AND document.id = ANY (%(ids)s::uuid[]) AND fact.state <> 'deleted'

-- name: party_page
-- The ids of a page of parties in order of recording, after a place in it. Texts that contain are matched without case.
SELECT party.id
  FROM party
  CROSS JOIN LATERAL (
       SELECT name, archived FROM party_fact
        WHERE business_id = party.business_id AND party_id = party.id
        ORDER BY version DESC LIMIT 1) AS fact
 WHERE party.business_id = %(business_id)s AND party.side = %(side)s::side
   AND (%(archived)s OR NOT fact.archived)
   AND (%(external_id)s::text IS NULL OR party.external_id = %(external_id)s::text)
   AND (%(external_id_contains)s::text IS NULL
        OR position(lower(%(external_id_contains)s::text) IN lower(party.external_id)) > 0)
   AND (%(name)s::text IS NULL OR fact.name = %(name)s::text)
   AND (%(name_contains)s::text IS NULL OR position(lower(%(name_contains)s::text) IN lower(fact.name)) > 0)
   AND (party.version, party.id) > (%(place)s::bigint, %(place_id)s::uuid)
 ORDER BY party.version, party.id
 LIMIT %(limit)s

-- name: party_page_back
-- The same, going back: before a place, the latest first.
SELECT party.id
  FROM party
  CROSS JOIN LATERAL (
       SELECT name, archived FROM party_fact
        WHERE business_id = party.business_id AND party_id = party.id
        ORDER BY version DESC LIMIT 1) AS fact
 WHERE party.business_id = %(business_id)s AND party.side = %(side)s::side
   AND (%(archived)s OR NOT fact.archived)
   AND (%(external_id)s::text IS NULL OR party.external_id = %(external_id)s::text)
   AND (%(external_id_contains)s::text IS NULL
        OR position(lower(%(external_id_contains)s::text) IN lower(party.external_id)) > 0)
   AND (%(name)s::text IS NULL OR fact.name = %(name)s::text)
   AND (%(name_contains)s::text IS NULL OR position(lower(%(name_contains)s::text) IN lower(fact.name)) > 0)
   AND (party.version, party.id) < (%(place)s::bigint, %(place_id)s::uuid)
 ORDER BY party.version DESC, party.id DESC
 LIMIT %(limit)s

-- name: count_parties
SELECT count(*) AS total
  FROM party
  CROSS JOIN LATERAL (
       SELECT name, archived FROM party_fact
        WHERE business_id = party.business_id AND party_id = party.id
        ORDER BY version DESC LIMIT 1) AS fact
 WHERE party.business_id = %(business_id)s AND party.side = %(side)s::side
   AND (%(archived)s OR NOT fact.archived)
   AND (%(external_id)s::text IS NULL OR party.external_id = %(external_id)s::text)
   AND (%(external_id_contains)s::text IS NULL
        OR position(lower(%(external_id_contains)s::text) IN lower(party.external_id)) > 0)
   AND (%(name)s::text IS NULL OR fact.name = %(name)s::text)
   AND (%(name_contains)s::text IS NULL OR position(lower(%(name_contains)s::text) IN lower(fact.name)) > 0)

-- name: party_views
-- These parties as they are known now.
SELECT party.id, party.side, party.external_id, fact.name, fact.archived, fact.net_days, fact.end_of_month, fact.tags,
       fact.profile, party.version AS place, made.recorded_at AS created_at, kept.recorded_at AS updated_at
  FROM party
  CROSS JOIN LATERAL (
       SELECT * FROM party_fact
        WHERE business_id = party.business_id AND party_id = party.id
        ORDER BY version DESC LIMIT 1) AS fact
  JOIN ledger_version AS made ON made.business_id = party.business_id AND made.version = party.version
  JOIN ledger_version AS kept ON kept.business_id = party.business_id AND kept.version = fact.version
 WHERE party.business_id = %(business_id)s AND party.side = %(side)s::side AND party.id = ANY (%(ids)s::uuid[])
