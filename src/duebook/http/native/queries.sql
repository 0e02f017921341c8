-- name: schema_number
-- The last migration that was applied.
SELECT coalesce(max(number), 0) AS number FROM schema_migration
