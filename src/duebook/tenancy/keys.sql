-- name: add_key
INSERT INTO partner_key (id, partner_id, secret_hash, name, scope, expires_at)
VALUES (%(id)s, %(partner_id)s, %(secret_hash)s, %(name)s, %(scope)s, %(expires_at)s)
RETURNING id, partner_id, name, scope, created_at, expires_at, revoked_at, last_used_at

-- name: revoke_keys
UPDATE partner_key SET revoked_at = now() WHERE partner_id = %(partner_id)s AND revoked_at IS NULL RETURNING id

-- name: revoke_key
-- No row comes back for a key that is revoked already, or unknown.
UPDATE partner_key SET revoked_at = now() WHERE id = %(id)s AND revoked_at IS NULL RETURNING partner_id

-- name: key
SELECT id, partner_id, name, scope, created_at, expires_at, revoked_at, last_used_at FROM partner_key WHERE id = %(id)s

-- name: keys
SELECT id, partner_id, name, scope, created_at, expires_at, revoked_at, last_used_at
  FROM partner_key
 WHERE partner_id = %(partner_id)s
 ORDER BY created_at, id

-- name: live_keys
-- The digests that a partner's secrets have now, and what a caller with one of them starts from.
SELECT key.id, key.secret_hash, key.scope, key.expires_at, partner.wire_profile
  FROM partner_key AS key
  JOIN partner ON partner.id = key.partner_id
 WHERE key.partner_id = %(partner_id)s
   AND key.revoked_at IS NULL AND (key.expires_at IS NULL OR key.expires_at > now())

-- name: live_key
SELECT scope, expires_at
  FROM partner_key
 WHERE id = %(id)s AND partner_id = %(partner_id)s
   AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())

-- name: partner_id
SELECT id FROM partner WHERE id = %(id)s

-- name: note_use
UPDATE partner_key SET last_used_at = now()
 WHERE id = %(id)s AND (last_used_at IS NULL OR last_used_at < now() - interval '1 hour')
   AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())
