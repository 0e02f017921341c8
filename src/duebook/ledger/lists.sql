-- name: document_columns
-- What a document is made of again.
       document.id, document.side, document.kind, document.external_id, document.target_id, fact.state, fact.party_id,
       fact.number, fact.issued_on, fact.received_on, fact.due_on, fact.due_from, fact.currency, fact.amount_minor,
       fact.base_minor, fact.tags, fact.body, fact.opening_on, fact.net_days, fact.end_of_month, fact.instalments,
       fact.due_changes, fact.status, fact.returned_on, fact.reason

-- name: latest_document
  FROM document
  CROSS JOIN LATERAL (
       SELECT * FROM document_fact
        WHERE business_id = document.business_id AND document_id = document.id
        ORDER BY version DESC LIMIT 1) AS fact

-- name: balance_of_document
-- How a document stands on a day: what its entries up to then come to, and in one word.
SELECT sums.*,
       CASE WHEN fact.state <> 'issued' THEN fact.state::text
            WHEN sums.settled_minor = fact.amount_minor THEN
                 CASE WHEN sums.written_off_minor > 0 THEN 'written_off'
                      WHEN sums.refunded_minor > 0 AND sums.refunded_minor = sums.settled_minor THEN 'refunded'
                      ELSE 'settled' END
            WHEN sums.written_off_minor > 0 THEN 'partly_written_off'
            WHEN sums.settled_minor > 0 THEN 'partly_settled'
            ELSE 'open' END AS standing
  FROM (SELECT abs(coalesce(sum(amount_minor), 0))::bigint AS open_minor,
               abs(coalesce(sum(amount_minor) FILTER (WHERE NOT own), 0))::bigint AS settled_minor,
               abs(coalesce(sum(amount_minor) FILTER (WHERE kind IN ('write_off', 'recovery')), 0))::bigint
                   AS written_off_minor,
               abs(coalesce(sum(amount_minor) FILTER (WHERE kind = 'refund'), 0))::bigint AS refunded_minor,
               max(effective_on) FILTER (WHERE allocated_minor <> 0) AS settled_on,
               coalesce(bool_or(item_minor > 0 AND due_on < %(today)s::date), false) AS overdue,
               min(due_on) FILTER (WHERE item_minor > 0) AS open_due_on
          FROM (SELECT *, cause_id = document_id AND kind = document.kind AS own,
                       sum(amount_minor) FILTER (WHERE kind = 'allocation') OVER (PARTITION BY effective_on)
                           AS allocated_minor,
                       sum(amount_minor) OVER (PARTITION BY instalment, due_on) AS item_minor
                  FROM entry
                 WHERE business_id = document.business_id AND document_id = document.id
                   AND effective_on <= %(today)s::date) AS until_today) AS sums

-- name: due_date_of_document
-- When the oldest of what is open falls due on a day; of what is settled, and of other documents, the date they have. Only
-- instalments and due dates that were changed make the two differ.
CASE WHEN fact.instalments::text = '[]' AND fact.due_changes::text = '[]' THEN fact.due_on
     ELSE coalesce((SELECT open_due_on FROM (
-- insert: balance_of_document
          ) AS balance), fact.due_on) END

-- name: document_views
-- These documents as they are known now, with how they stand on a day. What was deleted is not seen.
SELECT
-- insert: document_columns
     , document.version AS place, made.recorded_at AS created_at, kept.recorded_at AS updated_at, balance.*
-- insert: latest_document
  JOIN ledger_version AS made ON made.business_id = document.business_id AND made.version = document.version
  JOIN ledger_version AS kept ON kept.business_id = document.business_id AND kept.version = fact.version
  CROSS JOIN LATERAL (
-- insert: balance_of_document
       ) AS balance
 WHERE document.business_id = %(business_id)s AND document.side = %(side)s::side
   AND document.kind = %(kind)s::document_kind AND document.id = ANY (%(ids)s::uuid[]) AND fact.state <> 'deleted'

-- name: aimed_documents
-- The write-offs, refunds and recoveries that are aimed at these documents, in order of recording, as known now.
SELECT
-- insert: document_columns
-- insert: latest_document
 WHERE document.business_id = %(business_id)s AND document.target_id = ANY (%(ids)s::uuid[]) AND fact.state = 'issued'
 ORDER BY document.version, document.sequence

-- name: document_matches
-- What a filter lets through of a side and a kind; what it does not name is null. Deleted documents are in no list. A
-- due date that was only taken from the issue date is nobody's word: no filter by due date finds it.
 WHERE document.business_id = %(business_id)s AND document.side = %(side)s::side
   AND document.kind = %(kind)s::document_kind AND fact.state <> 'deleted'
   AND (%(party_ids)s::uuid[] IS NULL OR fact.party_id = ANY (%(party_ids)s::uuid[]))
   AND (%(external_id)s::text IS NULL OR document.external_id = %(external_id)s::text)
   AND (%(target_id)s::uuid IS NULL OR document.target_id = %(target_id)s::uuid)
   AND (%(numbers)s::text[] IS NULL OR fact.number = ANY (%(numbers)s::text[]))
   AND (%(statuses)s::text[] IS NULL OR fact.status::text = ANY (%(statuses)s::text[]))
   AND (%(issued_from)s::date IS NULL OR fact.issued_on >= %(issued_from)s::date)
   AND (%(issued_to)s::date IS NULL OR fact.issued_on <= %(issued_to)s::date)
   AND (%(received_from)s::date IS NULL OR coalesce(fact.received_on, fact.issued_on) >= %(received_from)s::date)
   AND (%(received_to)s::date IS NULL OR coalesce(fact.received_on, fact.issued_on) <= %(received_to)s::date)
   AND (%(due_from)s::date IS NULL OR (fact.due_from <> 'issue_date' AND %(due_from)s::date <= (
-- insert: due_date_of_document
       )))
   AND (%(due_to)s::date IS NULL OR (fact.due_from <> 'issue_date' AND %(due_to)s::date >= (
-- insert: due_date_of_document
       )))
   AND (%(min_minor)s::bigint IS NULL OR fact.amount_minor >= %(min_minor)s::bigint)
   AND (%(max_minor)s::bigint IS NULL OR fact.amount_minor <= %(max_minor)s::bigint)
   AND (%(memo)s::text IS NULL OR fact.body ->> 'memo' = %(memo)s::text)
   AND (%(memo_contains)s::text IS NULL
        OR position(lower(%(memo_contains)s::text) IN lower(fact.body ->> 'memo')) > 0)
   AND (%(methods)s::text[] IS NULL OR fact.body ->> 'method' = ANY (%(methods)s::text[]))
   AND (%(processors)s::text[] IS NULL OR fact.body ->> 'processor' = ANY (%(processors)s::text[]))
   AND (%(body_without)s::text IS NULL OR fact.body -> %(body_without)s::text IS NULL)
   AND (%(currency)s::text IS NULL OR fact.currency = %(currency)s::text)
   AND (%(progress)s::text[] IS NULL
        OR CASE WHEN fact.status IN ('cancelled', 'failed') THEN 'cancelled'
                ELSE coalesce(fact.body ->> 'progress',
                              CASE WHEN fact.status IN ('completed', 'returned') THEN 'paid' ELSE 'pending' END)
           END = ANY (%(progress)s::text[]))
   AND (%(charge_id)s::uuid IS NULL OR EXISTS (
        SELECT FROM (SELECT DISTINCT ON (id) effective_on, ended_on FROM allocation
                      WHERE business_id = document.business_id AND source_id = document.id
                        AND charge_id = %(charge_id)s::uuid
                      ORDER BY id, version DESC) AS part
         WHERE ended_on IS NULL OR ended_on > greatest(effective_on, %(today)s::date)))
   AND (%(search)s::text IS NULL
        OR position(lower(%(search)s::text) IN lower(fact.number)) > 0
        OR position(lower(%(search)s::text) IN lower(document.external_id)) > 0
        OR position(lower(%(search)s::text) IN lower(fact.body ->> 'memo')) > 0
        OR EXISTS (
           SELECT FROM (SELECT name FROM party_fact
                         WHERE business_id = document.business_id AND party_id = fact.party_id
                         ORDER BY version DESC LIMIT 1) AS whose
            WHERE position(lower(%(search)s::text) IN lower(name)) > 0))
   AND ((%(standings)s::text[] IS NULL AND %(settled)s::boolean IS NULL) OR (
        SELECT coalesce(standing = ANY (%(standings)s::text[])
                        OR (overdue AND 'overdue' = ANY (%(standings)s::text[])), true)
               AND coalesce(%(settled)s::boolean = (settled_minor = fact.amount_minor), true)
          FROM (
-- insert: balance_of_document
               ) AS balance))

-- name: document_sort
-- What documents are sorted by, if not by the order of recording: a number, then a text.
  CROSS JOIN LATERAL (
       SELECT CASE %(sort)s::text
                   WHEN 'updated' THEN fact.version
                   WHEN 'issued_on' THEN fact.issued_on - date '0001-01-01'
                   WHEN 'due_on' THEN (
-- insert: due_date_of_document
                        ) - date '0001-01-01'
                   WHEN 'amount' THEN fact.amount_minor
                   WHEN 'open' THEN (SELECT open_minor FROM (
-- insert: balance_of_document
                        ) AS balance)
                   ELSE 0 END::bigint AS sort_number,
              CASE %(sort)s::text
                   WHEN 'number' THEN coalesce(fact.number, '')
                   WHEN 'party' THEN (SELECT name FROM party_fact
                                       WHERE business_id = document.business_id AND party_id = fact.party_id
                                       ORDER BY version DESC LIMIT 1)
                   WHEN 'standing' THEN (SELECT standing FROM (
-- insert: balance_of_document
                        ) AS balance)
                   ELSE '' END COLLATE "C" AS sort_text) AS sort

-- name: document_page
-- The ids of a page of documents in order of recording, after a place in it.
SELECT document.id, document.version AS place, 0 AS sort_number, '' AS sort_text
-- insert: latest_document
-- insert: document_matches
   AND (document.version, document.id) > (%(place)s::bigint, %(place_id)s::uuid)
 ORDER BY document.version, document.id
 LIMIT %(limit)s OFFSET %(offset)s

-- name: document_page_back
-- The same, going back: before a place, the latest first.
SELECT document.id, document.version AS place, 0 AS sort_number, '' AS sort_text
-- insert: latest_document
-- insert: document_matches
   AND (document.version, document.id) < (%(place)s::bigint, %(place_id)s::uuid)
 ORDER BY document.version DESC, document.id DESC
 LIMIT %(limit)s OFFSET %(offset)s

-- name: document_page_sorted
-- The same, sorted by something else, and in order of recording where that is equal.
SELECT document.id, document.version AS place, sort_number, sort_text
-- insert: latest_document
-- insert: document_sort
-- insert: document_matches
   AND (sort_number, sort_text, document.version, document.id)
       > (%(sort_number)s::bigint, %(sort_text)s::text COLLATE "C", %(place)s::bigint, %(place_id)s::uuid)
 ORDER BY sort_number, sort_text, document.version, document.id
 LIMIT %(limit)s OFFSET %(offset)s

-- name: document_page_sorted_back
-- The same, going back; the first page has no place to begin before.
SELECT document.id, document.version AS place, sort_number, sort_text
-- insert: latest_document
-- insert: document_sort
-- insert: document_matches
   AND (%(place)s::bigint IS NULL OR (sort_number, sort_text, document.version, document.id)
       < (%(sort_number)s::bigint, %(sort_text)s::text COLLATE "C", %(place)s::bigint, %(place_id)s::uuid))
 ORDER BY sort_number DESC, sort_text DESC, document.version DESC, document.id DESC
 LIMIT %(limit)s OFFSET %(offset)s

-- name: count_documents
SELECT count(*) AS total
-- insert: latest_document
-- insert: document_matches

-- name: count_standings
-- How many charges and credits of a side stand in each way on a day, and of how many something is open or late.
SELECT document.kind, balance.standing, count(*) AS documents, count(*) FILTER (WHERE open_minor > 0) AS open,
       count(*) FILTER (WHERE overdue) AS overdue
-- insert: latest_document
  CROSS JOIN LATERAL (
-- insert: balance_of_document
       ) AS balance
 WHERE document.business_id = %(business_id)s AND document.side = %(side)s::side
   AND document.kind IN ('charge', 'credit') AND fact.state <> 'deleted'
 GROUP BY document.kind, balance.standing

-- name: latest_party
  FROM party
  CROSS JOIN LATERAL (
       SELECT * FROM party_fact
        WHERE business_id = party.business_id AND party_id = party.id
        ORDER BY version DESC LIMIT 1) AS fact

-- name: party_views
-- These parties as they are known now.
SELECT party.id, party.side, party.external_id, fact.name, fact.archived, fact.net_days, fact.end_of_month, fact.tags,
       fact.profile, party.version AS place, made.recorded_at AS created_at, kept.recorded_at AS updated_at
-- insert: latest_party
  JOIN ledger_version AS made ON made.business_id = party.business_id AND made.version = party.version
  JOIN ledger_version AS kept ON kept.business_id = party.business_id AND kept.version = fact.version
 WHERE party.business_id = %(business_id)s AND party.side = %(side)s::side AND party.id = ANY (%(ids)s::uuid[])

-- name: open_by_party
-- What these parties owe or are owed on a day in base currency, unapplied money left out: today's open items, less what
-- took effect later.
SELECT party_id, sum(base_minor)::numeric AS open_minor
  FROM (SELECT party_id, base_minor FROM open_item
         WHERE business_id = %(business_id)s AND side = %(side)s::side AND NOT unapplied
           AND party_id = ANY (%(ids)s::uuid[])
        UNION ALL
        SELECT party_id, -base_minor FROM entry
         WHERE business_id = %(business_id)s AND side = %(side)s::side AND NOT unapplied
           AND effective_on > %(today)s::date AND party_id = ANY (%(ids)s::uuid[])) AS as_it_is
 GROUP BY party_id

-- name: party_matches
-- What a filter lets through of a side; what it does not name is null. Texts that contain are matched without case.
 WHERE party.business_id = %(business_id)s AND party.side = %(side)s::side
   AND (%(archived)s::boolean IS NULL OR fact.archived = %(archived)s::boolean)
   AND (%(external_id)s::text IS NULL OR party.external_id = %(external_id)s::text)
   AND (%(external_id_contains)s::text IS NULL
        OR position(lower(%(external_id_contains)s::text) IN lower(party.external_id)) > 0)
   AND (%(name)s::text IS NULL OR fact.name = %(name)s::text)
   AND (%(name_contains)s::text IS NULL OR position(lower(%(name_contains)s::text) IN lower(fact.name)) > 0)
   AND (%(search)s::text IS NULL
        OR position(lower(%(search)s::text) IN lower(fact.name)) > 0
        OR position(lower(%(search)s::text) IN lower(party.external_id)) > 0
        OR position(lower(%(search)s::text) IN lower(fact.profile ->> 'email')) > 0)

-- name: party_sort
-- What parties are sorted by, if not by the order of recording: a number, then a text.
  CROSS JOIN LATERAL (
       SELECT CASE %(sort)s::text WHEN 'updated' THEN fact.version ELSE 0 END AS sort_number,
              CASE %(sort)s::text WHEN 'name' THEN fact.name ELSE '' END COLLATE "C" AS sort_text) AS sort

-- name: party_page
-- The ids of a page of parties in order of recording, after a place in it.
SELECT party.id, party.version AS place, 0 AS sort_number, '' AS sort_text
-- insert: latest_party
-- insert: party_matches
   AND (party.version, party.id) > (%(place)s::bigint, %(place_id)s::uuid)
 ORDER BY party.version, party.id
 LIMIT %(limit)s OFFSET %(offset)s

-- name: party_page_back
-- The same, going back: before a place, the latest first.
SELECT party.id, party.version AS place, 0 AS sort_number, '' AS sort_text
-- insert: latest_party
-- insert: party_matches
   AND (party.version, party.id) < (%(place)s::bigint, %(place_id)s::uuid)
 ORDER BY party.version DESC, party.id DESC
 LIMIT %(limit)s OFFSET %(offset)s

-- name: party_page_sorted
-- The same, sorted by something else, and in order of recording where that is equal.
SELECT party.id, party.version AS place, sort_number, sort_text
-- insert: latest_party
-- insert: party_sort
-- insert: party_matches
   AND (sort_number, sort_text, party.version, party.id)
       > (%(sort_number)s::bigint, %(sort_text)s::text COLLATE "C", %(place)s::bigint, %(place_id)s::uuid)
 ORDER BY sort_number, sort_text, party.version, party.id
 LIMIT %(limit)s OFFSET %(offset)s

-- name: party_page_sorted_back
-- The same, going back; the first page has no place to begin before.
SELECT party.id, party.version AS place, sort_number, sort_text
-- insert: latest_party
-- insert: party_sort
-- insert: party_matches
   AND (%(place)s::bigint IS NULL OR (sort_number, sort_text, party.version, party.id)
       < (%(sort_number)s::bigint, %(sort_text)s::text COLLATE "C", %(place)s::bigint, %(place_id)s::uuid))
 ORDER BY sort_number DESC, sort_text DESC, party.version DESC, party.id DESC
 LIMIT %(limit)s OFFSET %(offset)s

-- name: count_parties
SELECT count(*) AS total
-- insert: latest_party
-- insert: party_matches
