-- What was answered to a request that named an idempotency key: the same request again gets the same answer.

CREATE TABLE kept_answer (
    business_id    uuid NOT NULL REFERENCES business,
    key            text NOT NULL,
    version        bigint NOT NULL, -- of the books when the request came
    request_digest bytea NOT NULL,
    answer         bytea NOT NULL,
    PRIMARY KEY (business_id, key)
);

ALTER TABLE kept_answer ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant ON kept_answer USING (business_id = nullif(current_setting('duebook.business_id', true), '')::uuid);
