-- Facts are found by the version that recorded them, so that an audit of a few versions reads those alone.
-- The release before this one still serves meanwhile: its writes wait while an index is built, its reads do not.

CREATE INDEX party_fact_in_order ON party_fact (business_id, version, party_id);
CREATE INDEX document_fact_in_order ON document_fact (business_id, version, document_id);
CREATE INDEX allocation_in_order ON allocation (business_id, version, id);
CREATE INDEX rate_in_order ON rate (business_id, version, sequence);
