-- Everything that can happen to a document after it is recorded: instalments, statuses, write-offs, recoveries,
-- refunds, corrections; rates; where the books begin and how far they are closed.
-- The release before this one still serves meanwhile: what it does not know may be absent.

ALTER DOMAIN document_kind DROP CONSTRAINT document_kind_check;
ALTER DOMAIN document_kind ADD CONSTRAINT document_kind_check
    CHECK (VALUE IN ('charge', 'payment', 'credit', 'refund', 'write_off', 'recovery'));
ALTER DOMAIN document_state DROP CONSTRAINT document_state_check;
ALTER DOMAIN document_state ADD CONSTRAINT document_state_check
    CHECK (VALUE IN ('issued', 'draft', 'void', 'deleted'));
ALTER DOMAIN entry_kind DROP CONSTRAINT entry_kind_check;
ALTER DOMAIN entry_kind ADD CONSTRAINT entry_kind_check
    CHECK (VALUE IN ('charge', 'payment', 'credit', 'allocation', 'write_off', 'recovery', 'refund', 'return',
                     'due_change', 'exchange'));
CREATE DOMAIN money_status AS text
    CHECK (VALUE IN ('pending', 'processing', 'completed', 'failed', 'cancelled', 'returned'));
CREATE DOMAIN write_off_reason AS text
    CHECK (VALUE IN ('bad_debt', 'discount', 'withholding', 'bank_charge', 'rounding', 'contra', 'other'));
CREATE DOMAIN late_change AS text CHECK (VALUE IN ('refuse', 'shift'));

-- Which columns the hash of a version covers: form 1 those of 0001, form 2 these too.
ALTER TABLE ledger_version ADD COLUMN form smallint NOT NULL DEFAULT 1;

ALTER TABLE document
    ADD COLUMN target_id uuid, -- what a refund, a write-off or a recovery is aimed at
    ADD COLUMN sequence  integer NOT NULL DEFAULT 0, -- the place among the documents of its version
    ADD CONSTRAINT document_target_fkey FOREIGN KEY (business_id, target_id) REFERENCES document;
CREATE INDEX document_target ON document (business_id, target_id) WHERE target_id IS NOT NULL;

ALTER TABLE document_fact
    ADD COLUMN opening_on   date,
    ADD COLUMN net_days     integer,
    ADD COLUMN end_of_month boolean,
    ADD COLUMN instalments  json NOT NULL DEFAULT '[]',
    ADD COLUMN due_changes  json NOT NULL DEFAULT '[]',
    ADD COLUMN status       money_status,
    ADD COLUMN returned_on  date,
    ADD COLUMN reason       write_off_reason;

ALTER TABLE allocation
    ADD COLUMN source_minor bigint CHECK (source_minor >= 0), -- in the source's currency; absent if it is the same
    ADD COLUMN instalment   smallint,
    ADD COLUMN ended_on     date;

CREATE TABLE rate (
    business_id uuid NOT NULL,
    version     bigint NOT NULL,
    sequence    integer NOT NULL,
    currency    text NOT NULL,
    quoted_on   date NOT NULL,
    rate        numeric NOT NULL CHECK (rate > 0), -- base currency for one unit
    PRIMARY KEY (business_id, currency, quoted_on, version, sequence),
    FOREIGN KEY (business_id, version) REFERENCES ledger_version
);

CREATE TABLE book_fact (
    business_id    uuid NOT NULL,
    version        bigint NOT NULL,
    starts_on      date,
    closed_through date,
    late           late_change NOT NULL,
    PRIMARY KEY (business_id, version),
    FOREIGN KEY (business_id, version) REFERENCES ledger_version
);

ALTER TABLE rate ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE book_fact ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant ON rate USING (business_id = nullif(current_setting('duebook.business_id', true), '')::uuid);
CREATE POLICY tenant ON book_fact USING (business_id = nullif(current_setting('duebook.business_id', true), '')::uuid);
