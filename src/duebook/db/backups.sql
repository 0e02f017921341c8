-- name: export_snapshot
SELECT pg_export_snapshot()

-- name: reader
-- Who is signed in, and whether it reads all there is: bound by no policy, and allowed to read every table.
SELECT session_user AS name,
       current_database() AS database,
       role.rolsuper OR role.rolbypassrls AS unbound,
       (SELECT coalesce(bool_and(has_table_privilege(oid, 'SELECT')), true)
          FROM pg_class
         WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')) AS reads_all,
       to_regclass('public.schema_migration') IS NOT NULL AS has_books,
       to_regclass('public.partner_event') IS NOT NULL AS has_chains,
       EXISTS (SELECT FROM pg_attribute
                WHERE attrelid IN (SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace)
                  AND attoptions IS NOT NULL) AS has_notes -- which none of our migrations makes
  FROM pg_roles AS role
 WHERE role.rolname = session_user

-- name: contents
-- What the database holds, in numbers.
SELECT now() AS taken_at,
       (SELECT max(number) FROM schema_migration) AS schema,
       (SELECT count(*) FROM partner) AS partners,
       (SELECT count(*) FROM business) AS businesses,
       (SELECT coalesce(sum(version), 0)::bigint FROM book) AS versions
