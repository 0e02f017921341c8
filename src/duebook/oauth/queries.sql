-- name: signing_keys
-- Those in use, the oldest first: it signs, all of them verify.
SELECT id, private_pem FROM signing_key WHERE retired_at IS NULL ORDER BY created_at, id

-- name: add_signing_key
INSERT INTO signing_key (id, private_pem) VALUES (%(id)s, %(private_pem)s)
