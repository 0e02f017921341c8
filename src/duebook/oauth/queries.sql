-- name: signing_keys
-- Those in use, the oldest first: it signs, all of them verify.
SELECT id, private_pem FROM signing_key WHERE retired_at IS NULL ORDER BY created_at, id

-- name: lock_signing_keys
-- One process at a time looks whether a key must be made; let go at the end of the transaction.
SELECT pg_advisory_xact_lock(4302757291840117265)

-- name: add_first_signing_key
INSERT INTO signing_key (id, private_pem)
SELECT %(id)s, %(private_pem)s
 WHERE NOT EXISTS (SELECT FROM signing_key WHERE retired_at IS NULL)
