-- name: tables
SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' ORDER BY relname

-- name: sum_of_rows
-- How many rows a table has and what is in them, whatever their order.
SELECT count(*), coalesce(sum(hashtextextended({table}::text, 0)), 0) FROM {table}
