-- Keys of partners with a name, a scope, an end and a last use; keys that sign tokens take turns.
-- The release before this one still serves meanwhile. It knows neither scope nor end: whoever makes keys that only read,
-- or that end, waits until it is gone.

ALTER TABLE partner_key
    ADD COLUMN name         text NOT NULL DEFAULT '',
    ADD COLUMN scope        text NOT NULL DEFAULT 'full' CHECK (scope IN ('full', 'read')),
    ADD COLUMN expires_at   timestamptz,
    ADD COLUMN last_used_at timestamptz; -- at most an hour behind

ALTER TABLE signing_key
    ADD COLUMN signs_from timestamptz NOT NULL DEFAULT now(),
    ALTER COLUMN private_pem DROP NOT NULL; -- destroyed when the key is retired
