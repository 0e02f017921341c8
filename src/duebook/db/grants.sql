-- What the serving role may do: add facts and entries, never change or remove one. {serve} is that role's name,
-- {database} the database's.
-- Run after every migration; granting again what is granted changes nothing.

GRANT CONNECT, TEMPORARY ON DATABASE {database} TO {serve};
GRANT USAGE ON SCHEMA public TO {serve};
GRANT SELECT ON ALL TABLES IN SCHEMA public TO {serve};
GRANT INSERT ON partner, partner_key, signing_key, business, partner_event TO {serve};
GRANT UPDATE (revoked_at, last_used_at) ON partner_key TO {serve};
GRANT UPDATE (retired_at, private_pem) ON signing_key TO {serve};
GRANT INSERT ON book, book_fact, rate, tag_fact, ledger_version, party, party_fact, document, document_fact, allocation, entry,
    kept_answer TO {serve};
GRANT UPDATE (version, recorded_at, unfolded, hash) ON book TO {serve};
GRANT INSERT, DELETE ON open_item TO {serve};
GRANT INSERT, DELETE, UPDATE (version) ON checkpoint TO {serve};
GRANT INSERT, DELETE, UPDATE (amount_minor, base_minor) ON checkpoint_sum TO {serve};
