-- name: add_version
INSERT INTO ledger_version (business_id, version, recorded_at, operation, actor, hash, form)
VALUES (%(business_id)s, %(version)s, %(recorded_at)s, %(operation)s, %(actor)s, %(hash)s, %(form)s)

-- name: move_head
UPDATE book SET version = %(version)s, recorded_at = %(recorded_at)s, unfolded = %(unfolded)s, hash = %(hash)s
 WHERE business_id = %(business_id)s

-- name: forget_open_items
-- The open items of documents that this write touches; what is open afterwards is added anew.
DELETE FROM open_item WHERE business_id = %(business_id)s AND document_id = ANY (%(documents)s::uuid[])
