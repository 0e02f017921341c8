-- name: signing_keys
-- Those that are not retired, in the order in which they sign.
SELECT id, private_pem, created_at, signs_from, now() AS now
  FROM signing_key
 WHERE retired_at IS NULL
 ORDER BY signs_from, id

-- name: all_signing_keys
SELECT id, created_at, signs_from, retired_at, now() AS now FROM signing_key ORDER BY signs_from, id

-- name: clock
SELECT now() AS now

-- name: lock_signing_keys
-- One process at a time looks whether a key must be made; let go at the end of the transaction.
SELECT pg_advisory_xact_lock(4302757291840117265)

-- name: add_signing_key
INSERT INTO signing_key (id, private_pem, signs_from) VALUES (%(id)s, %(private_pem)s, %(signs_from)s)
RETURNING id, created_at, signs_from

-- name: retire_signing_keys
UPDATE signing_key SET retired_at = now(), private_pem = NULL WHERE id = ANY (%(ids)s) AND retired_at IS NULL
