-- name: things_there
-- Everything in the schema that books are kept in, but for what belongs to an extension.
SELECT name
  FROM (SELECT oid, relname AS name
          FROM pg_class
         WHERE relnamespace = 'public'::regnamespace AND relkind NOT IN ('i', 'I', 't')
        UNION ALL
        SELECT oid, typname FROM pg_type WHERE typnamespace = 'public'::regnamespace AND typtype IN ('d', 'e', 'r')
        UNION ALL
        SELECT oid, proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace) AS thing
 WHERE NOT EXISTS (SELECT FROM pg_depend WHERE objid = thing.oid AND deptype = 'e')
 ORDER BY name
