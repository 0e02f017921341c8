-- name: role
-- Who is signed in, and what it may do that a serving role must not. One row.
-- Whoever is a member of an owner can become it.
SELECT session_user AS name,
       role.rolsuper AS superuser,
       role.rolbypassrls AS bypasses,
       EXISTS (SELECT FROM pg_database
                WHERE datname = current_database() AND pg_has_role(session_user, datdba, 'MEMBER'))
       OR EXISTS (SELECT FROM pg_class
                   WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
                     AND pg_has_role(session_user, relowner, 'MEMBER')) AS owns
  FROM pg_roles AS role
 WHERE role.rolname = session_user

-- name: is_migrated
-- Whether any migration was ever applied.
SELECT to_regclass('public.schema_migration') IS NOT NULL AS there

-- name: applied_migrations
SELECT number FROM schema_migration
