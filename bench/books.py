"""Books of a given size, filled by SQL: entries, open items and parties, which are all that a report reads.

Foreign keys are off while they are filled, because the documents behind the entries are not made.
"""

from datetime import date

import psycopg

from duebook.db.pool import Database
from duebook.db.queries import load
from duebook.ledger.checkpoints import refresh
from duebook.tenancy.businesses import NewBusiness, create_business
from duebook.tenancy.facts import OPERATOR, BusinessId, Partner
from duebook.tenancy.gate import write_tx

STEPS = ("party", "party_fact", "ledger_version", "settled", "unpaid", "head")


async def filled(
    database: Database, superuser_url: str, partner: Partner, *, settled: int, unpaid: int, parties: int, today: date
) -> BusinessId:
    """A new business with so many settled and unpaid invoices, spread over so many customers."""
    new = NewBusiness(external_id=None, name=f"{settled} settled, {unpaid} unpaid", base_currency="USD")
    business_id = (await create_business(database, partner.id, new)).business.id
    queries = load("bench", "fill.sql")
    values = {"business_id": business_id, "settled": settled, "open": unpaid, "parties": parties, "today": today}
    with psycopg.connect(superuser_url, dbname="duebook", autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        for step in STEPS:
            if settled or step != "settled":
                connection.execute(getattr(queries, step), values)
        connection.execute("VACUUM ANALYZE")
    async with write_tx(database, OPERATOR, business_id, "bench") as tx:
        await refresh(tx, tx.version)
    return business_id
