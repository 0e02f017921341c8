-- What happened to a partner, its keys and its businesses, chained by hash; what was there before is adopted.
-- The release before this one still serves meanwhile, and what it changes after this is in no event: see
-- docs/reference/storage.md, "The chain of a partner".

CREATE TABLE partner_event (
    partner_id  uuid NOT NULL REFERENCES partner,
    sequence    bigint NOT NULL CHECK (sequence > 0),
    recorded_at timestamptz NOT NULL,
    operation   text NOT NULL,
    actor       json NOT NULL,
    what        json NOT NULL, -- how the rows that were changed stand since
    hash        bytea NOT NULL,
    PRIMARY KEY (partner_id, sequence)
);

LOCK TABLE partner_key, business IN SHARE ROW EXCLUSIVE MODE;

INSERT INTO partner_event (partner_id, sequence, recorded_at, operation, actor, what, hash)
SELECT partner_id, 1, now(), 'adopted', actor::json, what::json,
       sha256(decode(repeat('00', 32), 'hex')
              || convert_to('1|' || to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"') || '|adopted|'
                            || actor || '|' || encode(sha256(convert_to(what, 'UTF8')), 'hex') || E'\n', 'UTF8'))
  FROM (SELECT id AS partner_id, '{"migration":6}' AS actor,
               json_build_object(
                   'partner', json_build_array(json_build_object(
                       'id', id, 'name', name, 'wire_profile', wire_profile,
                       'created_at', to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"'))),
                   'key', (SELECT coalesce(json_agg(json_build_object(
                       'id', id,
                       'secret', encode(sha256(secret_hash), 'hex'),
                       'name', name, 'scope', scope,
                       'expires_at', to_char(expires_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"'),
                       'created_at', to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"'),
                       'revoked_at', to_char(revoked_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"'))
                       ORDER BY id), '[]') FROM partner_key WHERE partner_id = partner.id),
                   'business', (SELECT coalesce(json_agg(json_build_object(
                       'id', id, 'external_id', external_id, 'name', name, 'base_currency', base_currency,
                       'time_zone', time_zone, 'profile', encode(sha256(convert_to(profile::text, 'UTF8')), 'hex'),
                       'created_at', to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"'))
                       ORDER BY id), '[]') FROM business WHERE partner_id = partner.id))::text AS what
          FROM partner) AS adopted;
