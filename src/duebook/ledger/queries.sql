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
   AND (party.id = ANY (%(ids)s::uuid[])
        OR (party.side, party.external_id) IN (SELECT * FROM unnest(%(sides)s::side[], %(external_ids)s::text[])))

-- name: documents
-- The latest facts of the documents named by id, or by external id on their side and of their kind.
SELECT document.id, document.side, document.kind, document.external_id, fact.state, fact.party_id, fact.number,
       fact.issued_on, fact.received_on, fact.due_on, fact.due_from, fact.currency, fact.amount_minor, fact.base_minor,
       fact.tags, fact.body
  FROM document
  CROSS JOIN LATERAL (
       SELECT * FROM document_fact
        WHERE business_id = document.business_id AND document_id = document.id
        ORDER BY version DESC LIMIT 1) AS fact
 WHERE document.business_id = %(business_id)s
   AND (document.id = ANY (%(ids)s::uuid[])
        OR (document.side, document.kind, document.external_id) IN (
            SELECT * FROM unnest(%(sides)s::side[], %(kinds)s::document_kind[], %(external_ids)s::text[])))

-- name: allocations
-- The allocations that touch these documents, in order of recording.
SELECT id, source_id, charge_id, effective_on, stated, amount_minor
  FROM allocation
 WHERE business_id = %(business_id)s
   AND (source_id = ANY (%(documents)s::uuid[]) OR charge_id = ANY (%(documents)s::uuid[]))
 ORDER BY version, sequence

-- name: entries
-- The entries of these documents' items.
SELECT side, kind, party_id, document_id, instalment, unapplied, cause_id, document_on, received_on, due_on,
       effective_on, currency, amount_minor, base_minor
  FROM entry
 WHERE business_id = %(business_id)s AND document_id = ANY (%(documents)s::uuid[])
 ORDER BY version, sequence

-- name: add_version
INSERT INTO ledger_version (business_id, version, recorded_at, operation, actor, hash)
VALUES (%(business_id)s, %(version)s, %(recorded_at)s, %(operation)s, %(actor)s, %(hash)s)

-- name: move_head
UPDATE book SET version = %(version)s, recorded_at = %(recorded_at)s, hash = %(hash)s
 WHERE business_id = %(business_id)s

-- name: forget_open_items
-- The open items of documents that this write touches; what is open afterwards is added anew.
DELETE FROM open_item WHERE business_id = %(business_id)s AND document_id = ANY (%(documents)s::uuid[])
