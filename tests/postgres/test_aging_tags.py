"""Reports of the documents that carry a tag."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from duebook.aging.report import AgingQuery, Basis, Credits, TagFilter
from duebook.db.pool import Database
from duebook.ledger.commands import EditDocument, PutParty
from duebook.ledger.facts import Kind, Side
from duebook.tenancy.facts import BusinessId
from tests.postgres.worlds import Books, invoice, payment, tagged

MARCH = AgingQuery(side=Side.RECEIVABLE, as_of=date(2025, 3, 31), credits=Credits.COLUMN)


@pytest.fixture
async def books(database: Database, business_id: BusinessId) -> Books:
    """Six documents of a customer who is tagged too, each of its own order of magnitude."""
    books, odd = Books(database, business_id), tagged(region="north' OR true", q='"')
    await books.write(
        PutParty(side=Side.RECEIVABLE, external_id="ann", name="Ann", tags=tagged(region="west")),
        invoice("A-1", 1, "2025-03-01", tags=tagged(region="north")),
        invoice("A-2", 10, "2025-03-01", tags=tagged(region="south", team="red")),
        invoice("A-3", 100, "2025-03-01", tags=tagged(team="red")),
        invoice("A-4", 1000, "2025-01-01", body={"line_items": [{"tags": [{"key": "region", "value": "north"}]}]}),
        payment("P-1", 10000, "2025-03-01", tags=tagged(region="north")),
        invoice("A-5", 100000, "2025-03-01", tags=odd, currency="EUR", base_minor=200000),
    )
    return books


async def total(books: Books, *tags: TagFilter, **asked: Any) -> int:
    """The total of a report of tagged documents."""
    return (await books.report(replace(MARCH, tags=tags, **asked))).totals[0].total_minor


@pytest.mark.parametrize(
    ("tags", "total_minor"),
    [
        ([TagFilter("region", ("north",))], 1 - 10000),
        ([TagFilter("region", ("south",))], 10),
        ([TagFilter("region", ("south", "north"))], 11 - 10000),
        ([TagFilter("region")], 11 - 10000 + 200000),
        ([TagFilter("region"), TagFilter("team")], 10),
        ([TagFilter("region", ("south",)), TagFilter("team", ("red", "blue"))], 10),
        ([TagFilter("region", ("west",))], 0),
        ([TagFilter("north")], 0),
        ([TagFilter("region", ("north' OR true",)), TagFilter("q", ('"',))], 200000),
        ([], 111 + 1000 - 10000 + 200000),
    ],
)
async def test_documents_that_match_every_filter(books: Books, tags: list[TagFilter], total_minor: int) -> None:
    """Given tagged documents, when filtered by keys and values, then those count that carry, for each key, one of its
    values: tags of a party or of a line do not count."""
    assert await total(books, *tags) == total_minor


async def test_policies_bands_and_currencies_of_tagged_documents(books: Books) -> None:
    """Given tagged documents, when filtered, then bands, policies and document currencies are as in any report."""
    north = (TagFilter("region", ("north", "north' OR true")),)
    left_out = await books.report(replace(MARCH, tags=north, credits=Credits.EXCLUDE))
    assert (left_out.rows[0].bands, left_out.left_out, left_out.tags) == ((0, 200001, 0, 0, 0), {"USD": -10000}, north)
    own = await books.report(replace(MARCH, tags=north, basis=Basis.DOCUMENT))
    assert [(row.currency, row.bands[1], row.unapplied_minor) for row in own.rows] == [
        ("EUR", 100000, 0),
        ("USD", 1, -10000),
    ]


async def test_tags_are_those_known_at_the_version(books: Books) -> None:
    """Given a document whose tags are edited, when reported as known before and after, then each counts by its tags
    then."""
    edit = EditDocument(side=Side.RECEIVABLE, kind=Kind.CHARGE, document="A-3", tags=tagged(team="blue"))
    await books.write(edit)
    red = TagFilter("team", ("red",))
    assert (await total(books, red), await total(books, red, known_at=1)) == (10, 110)
