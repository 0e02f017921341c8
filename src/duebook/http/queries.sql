-- name: kept_answer
SELECT request_digest, answer FROM kept_answer WHERE business_id = %(business_id)s AND key = %(key)s

-- name: keep_answer
INSERT INTO kept_answer (business_id, key, version, request_digest, answer)
VALUES (%(business_id)s, %(key)s, %(version)s, %(request_digest)s, %(answer)s)
