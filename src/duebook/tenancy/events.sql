-- name: lock
-- One writer of a partner's chain at a time; let go at the end of the transaction.
SELECT pg_advisory_xact_lock(%(lock)s)

-- name: last
SELECT sequence, recorded_at, hash FROM partner_event WHERE partner_id = %(partner_id)s ORDER BY sequence DESC LIMIT 1

-- name: add
INSERT INTO partner_event (partner_id, sequence, recorded_at, operation, actor, what, hash)
VALUES (%(partner_id)s, %(sequence)s, %(recorded_at)s, %(operation)s, %(actor)s, %(what)s, %(hash)s)

-- name: events
-- The events of a partner after one, in order, so many.
SELECT sequence, recorded_at, operation, actor::text AS actor, what::text AS what, hash
  FROM partner_event
 WHERE partner_id = %(partner_id)s AND sequence > %(after)s
 ORDER BY sequence
 LIMIT %(limit)s

-- name: states
-- How rows stand, in what the chain covers of them: those with these ids, and all of a partner unless that is null.
-- When a key was last used is not covered; of secrets and profiles there is a digest.
SELECT 'partner' AS kind, id, id AS partner_id,
       json_build_object(
           'id', id, 'name', name, 'wire_profile', wire_profile,
           'created_at', to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"')) AS state
  FROM partner
 WHERE id = %(partner_id)s OR id = ANY (%(ids)s)
UNION ALL
SELECT 'key', id, partner_id,
       json_build_object(
           'id', id, 'secret', encode(sha256(secret_hash), 'hex'), 'name', name, 'scope', scope,
           'expires_at', to_char(expires_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"'),
           'created_at', to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"'),
           'revoked_at', to_char(revoked_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"'))
  FROM partner_key
 WHERE partner_id = %(partner_id)s OR id = ANY (%(ids)s)
UNION ALL
SELECT 'business', id, partner_id,
       json_build_object(
           'id', id, 'external_id', external_id, 'name', name, 'base_currency', base_currency, 'time_zone', time_zone,
           'profile', encode(sha256(convert_to(profile::text, 'UTF8')), 'hex'),
           'created_at', to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"'))
  FROM business
 WHERE partner_id = %(partner_id)s OR id = ANY (%(ids)s)
 ORDER BY kind, id
