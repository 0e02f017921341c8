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

ALTER TABLE tag_fact ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant ON tag_fact USING (business_id = nullif(current_setting('duebook.business_id', true), '')::uuid);
