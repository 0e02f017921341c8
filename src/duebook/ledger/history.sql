-- name: head
-- The latest version of the books and its time, inside a write too.
SELECT version, recorded_at FROM book WHERE business_id = %(business_id)s

-- name: version
SELECT version, recorded_at, operation, actor
  FROM ledger_version
 WHERE business_id = %(business_id)s AND version = %(version)s

-- name: version_page
-- A page of versions after one.
SELECT version, recorded_at, operation, actor
  FROM ledger_version
 WHERE business_id = %(business_id)s AND version > %(after)s
 ORDER BY version
 LIMIT %(limit)s

-- name: version_page_back
-- The same, going back: before one, the latest first.
SELECT version, recorded_at, operation, actor
  FROM ledger_version
 WHERE business_id = %(business_id)s AND version < %(after)s
 ORDER BY version DESC
 LIMIT %(limit)s

-- name: books_at
-- Where the books began and how far they were closed, as known at a version.
SELECT starts_on, closed_through, late
  FROM book_fact
 WHERE business_id = %(business_id)s AND version <= %(known_at)s
 ORDER BY version DESC LIMIT 1

-- name: rate_page
-- The rates as known at a version, by currency and day, after one of them.
SELECT DISTINCT ON (currency, quoted_on) currency, quoted_on, rate, version
  FROM rate
 WHERE business_id = %(business_id)s AND version <= %(known_at)s
   AND (%(currency)s::text IS NULL OR currency = %(currency)s::text)
   AND (currency, quoted_on) > (%(after_currency)s::text, %(after_on)s::date)
 ORDER BY currency, quoted_on, version DESC, sequence DESC
 LIMIT %(limit)s

-- name: document_page_at
-- The ids of a page of documents in order of recording, after a place in it, as known at a version. Deleted ones are
-- in no list.
SELECT document.id
  FROM document
  CROSS JOIN LATERAL (
       SELECT party_id, state FROM document_fact
        WHERE business_id = document.business_id AND document_id = document.id AND version <= %(known_at)s
        ORDER BY version DESC LIMIT 1) AS fact
 WHERE document.business_id = %(business_id)s AND fact.state <> 'deleted'
   AND (%(side)s::text IS NULL OR document.side = %(side)s::text)
   AND (%(kind)s::text IS NULL OR document.kind = %(kind)s::text)
   AND (%(party_id)s::uuid IS NULL OR fact.party_id = %(party_id)s::uuid)
   AND (%(external_id)s::text IS NULL OR document.external_id = %(external_id)s::text)
   AND (document.version, document.id) > (%(place)s::bigint, %(place_id)s::uuid)
 ORDER BY document.version, document.id
 LIMIT %(limit)s

-- name: documents_at
-- These documents as known at a version.
SELECT document.id, document.side, document.kind, document.external_id, document.target_id, fact.state, fact.party_id,
       fact.number, fact.issued_on, fact.received_on, fact.due_on, fact.due_from, fact.currency, fact.amount_minor,
       fact.base_minor, fact.tags, fact.body, fact.opening_on, fact.net_days, fact.end_of_month, fact.instalments,
       fact.due_changes, fact.status, fact.returned_on, fact.reason,
       document.version AS place, made.recorded_at AS created_at,
       fact.version AS updated_in, kept.recorded_at AS updated_at
  FROM document
  CROSS JOIN LATERAL (
       SELECT * FROM document_fact
        WHERE business_id = document.business_id AND document_id = document.id AND version <= %(known_at)s
        ORDER BY version DESC LIMIT 1) AS fact
  JOIN ledger_version AS made ON made.business_id = document.business_id AND made.version = document.version
  JOIN ledger_version AS kept ON kept.business_id = document.business_id AND kept.version = fact.version
 WHERE document.business_id = %(business_id)s AND document.id = ANY (%(ids)s::uuid[])

-- name: sums_at
-- What is open of these documents on a day, by instalment, as known at a version.
SELECT document_id, instalment, sum(amount_minor)::bigint AS amount_minor, sum(base_minor)::bigint AS base_minor
  FROM entry
 WHERE business_id = %(business_id)s AND document_id = ANY (%(ids)s::uuid[])
   AND effective_on <= %(as_of)s::date AND version <= %(known_at)s
 GROUP BY document_id, instalment

-- name: allocations_at
-- The allocations that touch these documents as known at a version, in order of recording.
SELECT id, source_id, charge_id, effective_on, stated, amount_minor, coalesce(source_minor, amount_minor) AS source_minor,
       instalment, ended_on
  FROM (SELECT DISTINCT ON (id) *,
               first_value(version) OVER (PARTITION BY id ORDER BY version) AS made,
               first_value(sequence) OVER (PARTITION BY id ORDER BY version) AS made_place
          FROM allocation
         WHERE business_id = %(business_id)s AND version <= %(known_at)s
           AND (source_id = ANY (%(ids)s::uuid[]) OR charge_id = ANY (%(ids)s::uuid[]))
         ORDER BY id, version DESC) AS latest
 ORDER BY made, made_place

-- name: aimed_at
-- The write-offs, recoveries and refunds that are aimed at these documents, as known at a version.
SELECT document.target_id, document.id, document.kind, document.external_id, fact.state, fact.status, fact.number,
       fact.issued_on, fact.currency, fact.amount_minor
  FROM document
  CROSS JOIN LATERAL (
       SELECT * FROM document_fact
        WHERE business_id = document.business_id AND document_id = document.id AND version <= %(known_at)s
        ORDER BY version DESC LIMIT 1) AS fact
 WHERE document.business_id = %(business_id)s AND document.target_id = ANY (%(ids)s::uuid[])
 ORDER BY document.version, document.id

-- name: party_page_at
-- The ids of a page of parties in order of recording, after a place in it, as known at a version.
SELECT party.id
  FROM party
  CROSS JOIN LATERAL (
       SELECT name, archived FROM party_fact
        WHERE business_id = party.business_id AND party_id = party.id AND version <= %(known_at)s
        ORDER BY version DESC LIMIT 1) AS fact
 WHERE party.business_id = %(business_id)s
   AND (%(side)s::text IS NULL OR party.side = %(side)s::text)
   AND (%(archived)s OR NOT fact.archived)
   AND (%(external_id)s::text IS NULL OR party.external_id = %(external_id)s::text)
   AND (%(name)s::text IS NULL OR fact.name = %(name)s::text)
   AND (party.version, party.id) > (%(place)s::bigint, %(place_id)s::uuid)
 ORDER BY party.version, party.id
 LIMIT %(limit)s

-- name: parties_at
-- These parties as known at a version.
SELECT party.id, party.side, party.external_id, fact.name, fact.archived, fact.net_days, fact.end_of_month, fact.tags,
       fact.profile, party.version AS place, made.recorded_at AS created_at,
       fact.version AS updated_in, kept.recorded_at AS updated_at
  FROM party
  CROSS JOIN LATERAL (
       SELECT * FROM party_fact
        WHERE business_id = party.business_id AND party_id = party.id AND version <= %(known_at)s
        ORDER BY version DESC LIMIT 1) AS fact
  JOIN ledger_version AS made ON made.business_id = party.business_id AND made.version = party.version
  JOIN ledger_version AS kept ON kept.business_id = party.business_id AND kept.version = fact.version
 WHERE party.business_id = %(business_id)s AND party.id = ANY (%(ids)s::uuid[])
