-- The schema that all migrations add up to, for reading; migrations make it, and a test holds the two equal.
-- The books: partners and businesses, then everything that belongs to one business, distributed by business_id.

-- Texts of a fixed set. No enums: comparing those is not leakproof, so that under row security no index would be searched
-- by them.
CREATE DOMAIN side AS text CHECK (VALUE IN ('receivable', 'payable'));
CREATE DOMAIN document_kind AS text CHECK (VALUE IN ('charge', 'payment', 'credit', 'refund', 'write_off', 'recovery'));
CREATE DOMAIN document_state AS text CHECK (VALUE IN ('issued', 'draft', 'void', 'deleted'));
CREATE DOMAIN due_from AS text CHECK (VALUE IN ('given', 'terms', 'issue_date'));
CREATE DOMAIN entry_kind AS text
    CHECK (VALUE IN ('charge', 'payment', 'credit', 'allocation', 'write_off', 'recovery', 'refund', 'return',
                     'due_change', 'exchange'));
CREATE DOMAIN money_status AS text
    CHECK (VALUE IN ('pending', 'processing', 'completed', 'failed', 'cancelled', 'returned'));
CREATE DOMAIN write_off_reason AS text
    CHECK (VALUE IN ('bad_debt', 'discount', 'withholding', 'bank_charge', 'rounding', 'contra', 'other'));
CREATE DOMAIN late_change AS text CHECK (VALUE IN ('refuse', 'shift'));

-- Small tables that all businesses share. Nothing here is written per request.

CREATE TABLE partner (
    id           uuid PRIMARY KEY,
    name         text NOT NULL CHECK (name <> ''),
    wire_profile text NOT NULL CHECK (wire_profile IN ('published', 'live')),
    created_at   timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE partner_key (
    id           uuid PRIMARY KEY,
    partner_id   uuid NOT NULL REFERENCES partner,
    secret_hash  bytea NOT NULL UNIQUE,
    created_at   timestamptz NOT NULL DEFAULT now(),
    revoked_at   timestamptz,
    name         text NOT NULL DEFAULT '',
    scope        text NOT NULL DEFAULT 'full' CHECK (scope IN ('full', 'read')),
    expires_at   timestamptz,
    last_used_at timestamptz -- at most an hour behind
);
CREATE INDEX partner_key_partner ON partner_key (partner_id);

CREATE TABLE signing_key (
    id          text PRIMARY KEY,
    private_pem text, -- destroyed when the key is retired
    created_at  timestamptz NOT NULL DEFAULT now(),
    retired_at  timestamptz,
    signs_from  timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE business (
    id            uuid PRIMARY KEY,
    partner_id    uuid NOT NULL REFERENCES partner,
    external_id   text,
    name          text NOT NULL,
    base_currency text NOT NULL CHECK (base_currency ~ '^[A-Z]{3}$'),
    time_zone     text NOT NULL DEFAULT 'UTC',
    profile       json NOT NULL DEFAULT '{}',
    created_at    timestamptz NOT NULL DEFAULT now(),
    UNIQUE (partner_id, external_id)
);

-- What happened to a partner, its keys and its businesses, chained by hash.

CREATE TABLE partner_event (
    partner_id  uuid NOT NULL REFERENCES partner,
    sequence    bigint NOT NULL CHECK (sequence > 0),
    recorded_at timestamptz NOT NULL,
    operation   text NOT NULL,
    actor       json NOT NULL,
    what        json NOT NULL, -- how the rows that were changed stand since
    hash        bytea NOT NULL,
    PRIMARY KEY (partner_id, sequence)
);

-- The head of a business's books: locked by every write, so that versions have no gap and their times never go back.

CREATE TABLE book (
    business_id uuid PRIMARY KEY REFERENCES business,
    version     bigint NOT NULL DEFAULT 0,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    unfolded    bigint NOT NULL DEFAULT 0, -- entries recorded since the checkpoints were refreshed
    hash        bytea NOT NULL DEFAULT '\x0000000000000000000000000000000000000000000000000000000000000000'
);

CREATE TABLE ledger_version (
    business_id uuid NOT NULL REFERENCES business,
    version     bigint NOT NULL CHECK (version > 0),
    recorded_at timestamptz NOT NULL,
    operation   text NOT NULL,
    actor       json NOT NULL,
    hash        bytea NOT NULL,
    form        smallint NOT NULL DEFAULT 1, -- which columns the hash covers
    PRIMARY KEY (business_id, version)
);

-- Facts. A row is never changed: a later version of the same thing is another row.

CREATE TABLE party (
    business_id uuid NOT NULL,
    id          uuid NOT NULL,
    side        side NOT NULL,
    external_id text,
    version     bigint NOT NULL,
    PRIMARY KEY (business_id, id),
    UNIQUE (business_id, side, external_id),
    FOREIGN KEY (business_id, version) REFERENCES ledger_version
);

CREATE INDEX party_in_order ON party (business_id, side, version, id);

CREATE TABLE party_fact (
    business_id  uuid NOT NULL,
    party_id     uuid NOT NULL,
    version      bigint NOT NULL,
    name         text NOT NULL,
    archived     boolean NOT NULL,
    net_days     integer,
    end_of_month boolean,
    tags         json NOT NULL,
    profile      json NOT NULL,
    PRIMARY KEY (business_id, party_id, version),
    FOREIGN KEY (business_id, party_id) REFERENCES party,
    FOREIGN KEY (business_id, version) REFERENCES ledger_version
);
CREATE INDEX party_fact_in_order ON party_fact (business_id, version, party_id);

CREATE TABLE document (
    business_id uuid NOT NULL,
    id          uuid NOT NULL,
    side        side NOT NULL,
    kind        document_kind NOT NULL,
    external_id text,
    version     bigint NOT NULL,
    target_id   uuid, -- what a refund, a write-off or a recovery is aimed at
    sequence    integer NOT NULL DEFAULT 0, -- the place among the documents of its version
    PRIMARY KEY (business_id, id),
    UNIQUE (business_id, side, kind, external_id),
    FOREIGN KEY (business_id, version) REFERENCES ledger_version,
    CONSTRAINT document_target_fkey FOREIGN KEY (business_id, target_id) REFERENCES document
);
CREATE INDEX document_in_order ON document (business_id, side, kind, version, id);
CREATE INDEX document_target ON document (business_id, target_id) WHERE target_id IS NOT NULL;

CREATE TABLE document_fact (
    business_id  uuid NOT NULL,
    document_id  uuid NOT NULL,
    version      bigint NOT NULL,
    state        document_state NOT NULL,
    party_id     uuid NOT NULL,
    number       text,
    issued_on    date NOT NULL,
    received_on  date,
    due_on       date NOT NULL,
    due_from     due_from NOT NULL,
    currency     text NOT NULL,
    amount_minor bigint NOT NULL CHECK (amount_minor >= 0),
    base_minor   bigint NOT NULL CHECK (base_minor >= 0),
    tags         json NOT NULL,
    body         json NOT NULL,
    opening_on   date,
    net_days     integer,
    end_of_month boolean,
    instalments  json NOT NULL DEFAULT '[]',
    due_changes  json NOT NULL DEFAULT '[]',
    status       money_status,
    returned_on  date,
    reason       write_off_reason,
    PRIMARY KEY (business_id, document_id, version),
    FOREIGN KEY (business_id, document_id) REFERENCES document,
    FOREIGN KEY (business_id, party_id) REFERENCES party,
    FOREIGN KEY (business_id, version) REFERENCES ledger_version
);
CREATE INDEX document_fact_party ON document_fact (business_id, party_id);
CREATE INDEX document_fact_in_order ON document_fact (business_id, version, document_id);

CREATE TABLE allocation (
    business_id  uuid NOT NULL,
    id           uuid NOT NULL,
    version      bigint NOT NULL,
    sequence     integer NOT NULL,
    source_id    uuid NOT NULL,
    charge_id    uuid NOT NULL,
    effective_on date NOT NULL,
    stated       boolean NOT NULL,
    amount_minor bigint NOT NULL CHECK (amount_minor >= 0),
    source_minor bigint CHECK (source_minor >= 0), -- in the source's currency; absent if it is the same
    instalment   smallint,
    ended_on     date,
    PRIMARY KEY (business_id, id, version),
    FOREIGN KEY (business_id, source_id) REFERENCES document,
    FOREIGN KEY (business_id, charge_id) REFERENCES document,
    FOREIGN KEY (business_id, version) REFERENCES ledger_version
);
CREATE INDEX allocation_source ON allocation (business_id, source_id);
CREATE INDEX allocation_charge ON allocation (business_id, charge_id);
CREATE INDEX allocation_in_order ON allocation (business_id, version, id);

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
CREATE INDEX rate_in_order ON rate (business_id, version, sequence);

CREATE TABLE book_fact (
    business_id    uuid NOT NULL,
    version        bigint NOT NULL,
    starts_on      date,
    closed_through date,
    late           late_change NOT NULL,
    PRIMARY KEY (business_id, version),
    FOREIGN KEY (business_id, version) REFERENCES ledger_version
);

-- What a business says of its tags: of a key, where there is no value, or of a value of it.

CREATE TABLE tag_fact (
    business_id      uuid NOT NULL,
    version          bigint NOT NULL,
    sequence         integer NOT NULL,
    key              text NOT NULL,
    value            text,
    display_name     text,
    archived_version bigint, -- since when it is archived
    PRIMARY KEY (business_id, version, sequence),
    FOREIGN KEY (business_id, version) REFERENCES ledger_version
);
CREATE INDEX tag_fact_key ON tag_fact (business_id, key, value, version);

-- What was answered to a request that named an idempotency key: the same request again gets the same answer.

CREATE TABLE kept_answer (
    business_id    uuid NOT NULL REFERENCES business,
    key            text NOT NULL,
    version        bigint NOT NULL, -- of the books when the request came
    request_digest bytea NOT NULL,
    answer         bytea NOT NULL,
    PRIMARY KEY (business_id, key)
);

-- What the facts add up to.

CREATE TABLE entry (
    business_id  uuid NOT NULL,
    version      bigint NOT NULL,
    sequence     integer NOT NULL,
    side         side NOT NULL,
    kind         entry_kind NOT NULL,
    party_id     uuid NOT NULL,
    document_id  uuid NOT NULL,
    instalment   smallint NOT NULL,
    unapplied    boolean NOT NULL,
    cause_id     uuid NOT NULL,
    document_on  date NOT NULL,
    received_on  date,
    due_on       date NOT NULL,
    effective_on date NOT NULL,
    currency     text NOT NULL,
    amount_minor bigint NOT NULL,
    base_minor   bigint NOT NULL,
    PRIMARY KEY (business_id, version, sequence),
    FOREIGN KEY (business_id, version) REFERENCES ledger_version,
    FOREIGN KEY (business_id, party_id) REFERENCES party,
    FOREIGN KEY (business_id, document_id) REFERENCES document
);
CREATE INDEX entry_rewind ON entry (business_id, side, effective_on)
    INCLUDE (party_id, due_on, unapplied, currency, amount_minor, base_minor, version);
CREATE INDEX entry_document ON entry (business_id, document_id);

CREATE TABLE open_item (
    business_id  uuid NOT NULL,
    document_id  uuid NOT NULL,
    instalment   smallint NOT NULL,
    party_id     uuid NOT NULL,
    due_on       date NOT NULL,
    side         side NOT NULL,
    unapplied    boolean NOT NULL,
    document_on  date NOT NULL,
    received_on  date,
    currency     text NOT NULL,
    amount_minor bigint NOT NULL,
    base_minor   bigint NOT NULL,
    PRIMARY KEY (business_id, document_id, instalment, party_id, due_on),
    FOREIGN KEY (business_id, party_id) REFERENCES party,
    FOREIGN KEY (business_id, document_id) REFERENCES document,
    CONSTRAINT open_item_within_its_document
        CHECK (amount_minor <> 0 AND unapplied = (amount_minor < 0))
);
CREATE INDEX open_item_side ON open_item (business_id, side)
    INCLUDE (party_id, due_on, unapplied, currency, amount_minor, base_minor);

-- The open sums at the end of a day, as known at a version.

CREATE TABLE checkpoint (
    business_id uuid NOT NULL,
    side        side NOT NULL,
    through_on  date NOT NULL,
    version     bigint NOT NULL,
    PRIMARY KEY (business_id, side, through_on),
    FOREIGN KEY (business_id, version) REFERENCES ledger_version
);

CREATE TABLE checkpoint_sum (
    business_id  uuid NOT NULL,
    side         side NOT NULL,
    through_on   date NOT NULL,
    party_id     uuid NOT NULL,
    due_on       date NOT NULL,
    unapplied    boolean NOT NULL,
    currency     text NOT NULL,
    amount_minor numeric(38, 0) NOT NULL, -- a sum of 64-bit amounts may be larger than one
    base_minor   numeric(38, 0) NOT NULL,
    PRIMARY KEY (business_id, side, through_on, party_id, due_on, unapplied, currency),
    FOREIGN KEY (business_id, side, through_on) REFERENCES checkpoint ON DELETE CASCADE
);

-- One tenant at a time: with no business set, no rows.

ALTER TABLE book ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE ledger_version ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE party ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE party_fact ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE document ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE document_fact ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE allocation ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE rate ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE book_fact ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE tag_fact ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE entry ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE open_item ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE checkpoint ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE checkpoint_sum ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE kept_answer ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant ON book USING (business_id = nullif(current_setting('duebook.business_id', true), '')::uuid);
CREATE POLICY tenant ON ledger_version USING (business_id = nullif(current_setting('duebook.business_id', true), '')::uuid);
CREATE POLICY tenant ON party USING (business_id = nullif(current_setting('duebook.business_id', true), '')::uuid);
CREATE POLICY tenant ON party_fact USING (business_id = nullif(current_setting('duebook.business_id', true), '')::uuid);
CREATE POLICY tenant ON document USING (business_id = nullif(current_setting('duebook.business_id', true), '')::uuid);
CREATE POLICY tenant ON document_fact USING (business_id = nullif(current_setting('duebook.business_id', true), '')::uuid);
CREATE POLICY tenant ON allocation USING (business_id = nullif(current_setting('duebook.business_id', true), '')::uuid);
CREATE POLICY tenant ON rate USING (business_id = nullif(current_setting('duebook.business_id', true), '')::uuid);
CREATE POLICY tenant ON book_fact USING (business_id = nullif(current_setting('duebook.business_id', true), '')::uuid);
CREATE POLICY tenant ON tag_fact USING (business_id = nullif(current_setting('duebook.business_id', true), '')::uuid);
CREATE POLICY tenant ON entry USING (business_id = nullif(current_setting('duebook.business_id', true), '')::uuid);
CREATE POLICY tenant ON open_item USING (business_id = nullif(current_setting('duebook.business_id', true), '')::uuid);
CREATE POLICY tenant ON checkpoint USING (business_id = nullif(current_setting('duebook.business_id', true), '')::uuid);
CREATE POLICY tenant ON checkpoint_sum USING (business_id = nullif(current_setting('duebook.business_id', true), '')::uuid);
CREATE POLICY tenant ON kept_answer USING (business_id = nullif(current_setting('duebook.business_id', true), '')::uuid);
