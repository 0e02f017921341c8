-- name: things_there
-- Everything in the schema that books are kept in.
SELECT relname AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind NOT IN ('i', 'I', 't')
UNION ALL
SELECT typname FROM pg_type WHERE typnamespace = 'public'::regnamespace AND typtype IN ('d', 'e', 'r')
UNION ALL
SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace
 ORDER BY name
