-- name: latest
-- What was last said of each key and of each of its values.
SELECT DISTINCT ON (key, value) key, value, display_name, archived_version
  FROM tag_fact
 WHERE business_id = %(business_id)s

-- name: definitions
-- What is said of these tags and of their keys, in no order; `keys` and `values` are pairs.
SELECT tag.key, tag.value, tag.display_name, tag.archived_version, archived.recorded_at AS archived_at
  FROM (
-- insert: latest
           AND (value IS NULL AND key = ANY (%(keys)s::text[])
                OR (key, value) IN (SELECT * FROM unnest(%(keys)s::text[], %(values)s::text[])))
         ORDER BY key, value, version DESC, sequence DESC) AS tag
  LEFT JOIN ledger_version AS archived
    ON archived.business_id = %(business_id)s AND archived.version = tag.archived_version

-- name: keys
-- All keys, by name.
SELECT tag.key, tag.value, tag.display_name, tag.archived_version, NULL::timestamptz AS archived_at
  FROM (
-- insert: latest
           AND value IS NULL
         ORDER BY key, value, version DESC, sequence DESC) AS tag
 ORDER BY tag.key COLLATE "C"

-- name: values_of_key
-- All values of a key, by name.
SELECT tag.key, tag.value, tag.display_name, tag.archived_version, archived.recorded_at AS archived_at
  FROM (
-- insert: latest
           AND key = %(key)s AND value IS NOT NULL
         ORDER BY key, value, version DESC, sequence DESC) AS tag
  LEFT JOIN ledger_version AS archived
    ON archived.business_id = %(business_id)s AND archived.version = tag.archived_version
 ORDER BY tag.value COLLATE "C"
