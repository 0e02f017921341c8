"""Reports of books that start on a day and are closed through another, as known at any time (T13, T16, T18)."""

from dataclasses import replace
from datetime import date, datetime, timedelta, timezone

import pytest

from duebook.aging.errors import NotClosed
from duebook.aging.report import CLOSED, AgingQuery, UnknownVersion
from duebook.db.pool import Database
from duebook.ledger.commands import CloseBooks, StartBooks
from duebook.ledger.errors import PeriodIsClosed
from duebook.ledger.facts import Late, Side
from duebook.tenancy.businesses import NewBusiness, create_business
from duebook.tenancy.facts import BusinessId, WireProfile
from duebook.tenancy.partners import create_partner
from tests.postgres.worlds import Books, day, invoice, noon

MARCH = AgingQuery(side=Side.RECEIVABLE, as_of=date(2025, 3, 31))


@pytest.fixture
def books(database: Database, business_id: BusinessId) -> Books:
    """Empty books in dollars."""
    return Books(database, business_id)


async def totals(books: Books, query: AgingQuery) -> tuple[int, int]:
    """The version that a report came to, and its total."""
    report = await books.report(query)
    return report.known_at, report.totals[0].total_minor


async def test_a_closed_day_is_reported_as_it_was_closed(books: Books) -> None:
    """Given a March that is closed at version 2 and further at version 4, when March is asked as closed, then it is as
    known at version 2; a day of April as known at version 4; a later day says how far the books are closed."""
    await books.write(invoice("A-1", 100, "2025-03-01"))
    await books.write(CloseBooks(day("2025-03-31"), Late.SHIFT))
    await books.write(invoice("A-2", 50, "2025-03-02"))
    await books.write(CloseBooks(day("2025-04-30"), Late.SHIFT))
    closed = replace(MARCH, known_at=CLOSED)
    assert await totals(books, closed) == (2, 100)
    assert await totals(books, replace(closed, as_of=day("2025-01-01"))) == (2, 0)
    assert await totals(books, replace(closed, as_of=day("2025-04-01"))) == (4, 150)
    with pytest.raises(NotClosed, match="not closed through 2025-05-01: they are closed through 2025-04-30"):
        await books.report(replace(closed, as_of=day("2025-05-01")))


async def test_books_that_were_opened_again_are_closed_by_the_later_version(books: Books) -> None:
    """Given a March that is closed, opened, corrected and closed again, when asked as closed, then it is as known when
    it was closed for good; while it is open it has no closing version."""
    await books.write(invoice("A-1", 100, "2025-03-01"))
    with pytest.raises(NotClosed, match="nothing is closed"):
        await books.report(replace(MARCH, known_at=CLOSED))
    await books.write(CloseBooks(day("2025-03-31")))
    with pytest.raises(PeriodIsClosed):
        await books.write(invoice("A-2", 50, "2025-03-02"))
    await books.write(CloseBooks(day("2025-02-28")))
    with pytest.raises(NotClosed, match="closed through 2025-02-28"):
        await books.report(replace(MARCH, known_at=CLOSED))
    await books.write(invoice("A-2", 50, "2025-03-02"))
    await books.write(CloseBooks(day("2025-03-31")))
    assert await totals(books, replace(MARCH, known_at=CLOSED)) == (5, 150)
    assert await totals(books, replace(MARCH, known_at=CLOSED, as_of=day("2025-02-28"))) == (2, 0)


async def test_a_report_says_where_the_books_start_and_how_far_they_are_closed(books: Books) -> None:
    """Given books that are started, then closed, when reported as known at each version, then each report says what was
    known of both, and in which zone its days are."""
    await books.write(StartBooks(day("2025-01-01")))
    await books.write(invoice("A-1", 100, "2025-03-01"))
    await books.write(CloseBooks(day("2025-02-28")))
    found = [await books.report(replace(MARCH, known_at=version)) for version in range(4)]
    assert [(one.books_start_on, one.closed_through) for one in found] == [
        (None, None),
        (day("2025-01-01"), None),
        (day("2025-01-01"), None),
        (day("2025-01-01"), day("2025-02-28")),
    ]
    assert {one.zone for one in found} == {"UTC"}
    early = await books.report(replace(MARCH, as_of=day("2024-12-31")))
    assert (early.as_of < day("2025-01-01") == early.books_start_on, early.rows) == (True, ())


async def test_an_instant_is_the_version_of_its_time(database: Database) -> None:
    """Given a business five hours west and writes at known times, when reports are asked as known at instants, with an
    offset or where the business is, then each is of the last version by then."""
    partner, _ = await create_partner(database, "Example Platform", WireProfile.PUBLISHED)
    new = NewBusiness(external_id=None, name="Example", base_currency="USD", time_zone="America/New_York")
    books = Books(database, (await create_business(database, partner.id, new)).business.id)
    for number in (1, 2):
        await books.write(invoice(f"A-{number}", number, "2025-03-01"), at=noon(f"2125-01-0{number}"))
    west = timezone(timedelta(hours=-5))
    asked = [
        noon("2125-01-01"),
        datetime(2125, 1, 1, 6, 59, tzinfo=west),
        datetime(2125, 1, 2, 7, 0, tzinfo=west),
        datetime.fromisoformat("2125-01-02T06:59:59"),
        datetime.fromisoformat("2125-01-02T07:00:00"),
        noon("2125-06-01"),
    ]
    found = [await totals(books, replace(MARCH, known_at=instant)) for instant in asked]
    assert found == [(1, 1), (0, 0), (2, 3), (1, 1), (2, 3), (2, 3)]


async def test_the_version_that_a_report_carries_gives_it_again(books: Books) -> None:
    """Given a report as known now, when more is recorded and it is asked for by its day and version, then it is equal;
    a version to come is refused."""
    await books.write(invoice("A-1", 100, "2025-03-01"), CloseBooks(day("2025-02-28")))
    before = await books.report(MARCH)
    with pytest.raises(UnknownVersion):
        await books.report(replace(MARCH, known_at=2))
    await books.write(invoice("A-2", 50, "2025-03-02"), CloseBooks(day("2025-03-31"), Late.SHIFT))
    assert await books.report(replace(MARCH, as_of=before.as_of, known_at=before.known_at)) == before
