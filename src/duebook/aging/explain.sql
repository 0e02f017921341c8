-- name: item_documents
-- What these documents said of themselves at a version.
SELECT document.id, document.kind, document.external_id, fact.number, fact.issued_on, fact.due_from
  FROM document
 CROSS JOIN LATERAL (
       SELECT number, issued_on, due_from FROM document_fact
        WHERE business_id = document.business_id AND document_id = document.id AND version <= %(known_at)s
        ORDER BY version DESC LIMIT 1) AS fact
 WHERE document.business_id = %(business_id)s AND document.id = ANY (%(documents)s::uuid[])

-- name: item_causes
-- What each document did to each instalment of these, by a day and as known at a version: a document's own part is its
-- original amount, without what moved from one due date to another.
SELECT done.document_id, done.instalment, done.cause_id, done.effective_on, done.amount_minor, document.kind, fact.number
  FROM (SELECT document_id, instalment, cause_id, min(effective_on) AS effective_on,
               sum(amount_minor)::bigint AS amount_minor
          FROM entry
         WHERE business_id = %(business_id)s AND document_id = ANY (%(documents)s::uuid[])
           AND effective_on <= %(as_of)s::date AND version <= %(known_at)s
           AND (cause_id <> document_id OR kind IN ('charge', 'payment', 'credit'))
         GROUP BY document_id, instalment, cause_id
        HAVING sum(amount_minor) <> 0) AS done
  JOIN document ON document.business_id = %(business_id)s AND document.id = done.cause_id
 CROSS JOIN LATERAL (
       SELECT number FROM document_fact
        WHERE business_id = document.business_id AND document_id = document.id AND version <= %(known_at)s
        ORDER BY version DESC LIMIT 1) AS fact

-- name: item_allocations
-- The allocations that touch these documents, as known at a version.
SELECT DISTINCT ON (id) id, source_id, charge_id, effective_on, amount_minor,
       coalesce(source_minor, amount_minor) AS source_minor, instalment, ended_on
  FROM allocation
 WHERE business_id = %(business_id)s AND version <= %(known_at)s
   AND (source_id = ANY (%(documents)s::uuid[]) OR charge_id = ANY (%(documents)s::uuid[]))
 ORDER BY id, version DESC, sequence DESC
