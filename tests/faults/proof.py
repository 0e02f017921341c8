"""The proof that books hold what clients were told: none lost, none doubled, all of it added up.

Units: minor units.
"""

from collections import Counter

from tests.faults.books import Books
from tests.faults.clients import Tally
from tests.faults.postgres import Postgres
from tests.http.world import findings

_DOCUMENTS = """
SELECT document.kind, amount_minor
  FROM document JOIN document_fact ON (document_fact.business_id, document_id) = (document.business_id, id)
 WHERE document.business_id = %(business_id)s
"""
_OPEN = "SELECT coalesce(sum(amount_minor), 0)::bigint FROM open_item WHERE business_id = %(business_id)s"


def prove(tally: Tally, postgres: Postgres) -> None:
    """See that each write that was acknowledged is in the books, once, and nothing else; that what is open is what the
    clients count, in the tables, in each report and for each customer; and that nothing is wrong with the books."""
    for books in tally.books:
        business_id = books.business_id
        acknowledged = tally.acknowledged[business_id]
        assert set(acknowledged.values()) == {1}
        assert acknowledged == Counter(held_documents(postgres, books))
        counted = {
            whose: amount for (business_id, whose), amount in tally.open.items() if business_id == books.business_id
        }
        assert counted == books.open()
        assert [(sum(counted.values()),)] == postgres.ask(_OPEN, business_id=business_id)
        assert sum(counted.values()) == books.open_in_all()
        assert findings(postgres.urls.serve, business_id) == []


def held_documents(postgres: Postgres, books: Books) -> list[tuple[str, int]]:
    """Kind and amount of every document in the tables of a business."""
    return postgres.ask(_DOCUMENTS, business_id=books.business_id)
