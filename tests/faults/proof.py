"""The proof that books hold what clients were told: none lost, none doubled, all of it added up.

Units: minor units.
"""

from collections import Counter

from tests.faults.clients import Tally
from tests.faults.postgres import Postgres
from tests.faults.served import verify

_DOCUMENTS = """
SELECT document.kind, amount_minor
  FROM document JOIN document_fact ON (document_fact.business_id, document_id) = (document.business_id, id)
 WHERE document.business_id = %(business_id)s
"""
_OPEN = "SELECT coalesce(sum(amount_minor), 0)::bigint FROM open_item WHERE business_id = %(business_id)s"


def prove(tally: Tally, postgres: Postgres) -> None:
    """See that each write that was acknowledged is in the books, once, and that nothing else is; that what is open is
    what the clients count, in the tables, in each report and for each customer; and that the books verify."""
    for books in tally.books:
        business_id = books.business_id
        acknowledged = tally.acknowledged[business_id]
        assert set(acknowledged.values()) == {1}
        held = postgres.ask(_DOCUMENTS, business_id=business_id)
        assert acknowledged == Counter(held)
        counted = {
            whose: amount for (business_id, whose), amount in tally.open.items() if business_id == books.business_id
        }
        assert counted == books.open()
        assert [(sum(counted.values()),)] == postgres.ask(_OPEN, business_id=business_id)
        assert sum(counted.values()) == books.open_in_all()
    assert verify(postgres.urls.serve) == []
