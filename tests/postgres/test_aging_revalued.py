"""Reports in base currency at the rates of a day (T11)."""

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from duebook.aging.errors import NoRateInForce
from duebook.aging.explain import Cell
from duebook.aging.report import AgingQuery, Basis, Credits
from duebook.db.pool import Database
from duebook.ledger.commands import Command, PutRates
from duebook.ledger.errors import SumTooLarge
from duebook.ledger.facts import PartyId, Rate, Side
from duebook.money import MAX_MINOR, exponent
from duebook.tenancy.facts import BusinessId
from tests.oracle.drawn import MIDDLE
from tests.oracle.histories import histories
from tests.oracle.said import History
from tests.postgres.worlds import Books, books_of, day, invoice, payment

MARCH = AgingQuery(side=Side.RECEIVABLE, as_of=date(2025, 3, 31), credits=Credits.COLUMN, basis=Basis.REVALUED)

some = settings(
    max_examples=max(5, settings().max_examples // 4),
    # The pool outlives an example on purpose; each example keeps books of its own in it.
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.fixture
def books(database: Database, business_id: BusinessId) -> Books:
    """Empty books in dollars."""
    return Books(database, business_id)


def rates(*quotes: tuple[str, str, str]) -> Command:
    """Rates as currency, day, dollars for one."""
    return PutRates(tuple(Rate(currency, day(on), Decimal(rate)) for currency, on, rate in quotes))


async def test_currencies_of_all_places_in_one_row(books: Books) -> None:
    """Given dollars, euros, yen and dinars of one customer, when revalued, then they are one row in dollars, each in
    its band, and the report says which rates it used."""
    await books.write(
        rates(("EUR", "2025-01-01", "1.25"), ("JPY", "2025-01-01", "0.0067"), ("KWD", "2025-01-01", "3.25"))
    )
    await books.write(
        invoice("A-1", 100, "2025-03-31"),
        invoice("A-2", 1000, "2025-03-11", currency="EUR"),
        invoice("A-3", 1500, "2025-02-11", currency="JPY"),
        invoice("A-4", 2000, "2025-01-11", currency="KWD"),
        payment("P-1", 400, "2025-03-31", currency="EUR"),
    )
    report = await books.report(MARCH)
    (row,) = report.rows
    assert (row.currency, row.bands, row.unapplied_minor) == ("USD", (100, 1250, 1005, 650, 0), -500)
    assert report.totals[0].total_minor == 2505
    assert [(one.currency, one.quoted_on, one.rate) for one in report.rates] == [
        ("EUR", day("2025-01-01"), Decimal("1.25")),
        ("JPY", day("2025-01-01"), Decimal("0.0067")),
        ("KWD", day("2025-01-01"), Decimal("3.25")),
    ]
    assert report.revalued_on == day("2025-03-31")


@pytest.mark.parametrize(
    ("amounts_minor", "total_minor"),
    [((1,), 0), ((3,), 2), ((5,), 2), ((1, 1), 0), ((3, 3), 4), ((1, 3, 5, 7), 8)],
)
async def test_each_item_is_rounded_half_to_even(
    books: Books, amounts_minor: tuple[int, ...], total_minor: int
) -> None:
    """Given invoices in euros that are worth half a dollar, when revalued, then each is rounded on its own."""
    await books.write(rates(("EUR", "2025-03-01", "0.5")))
    await books.write(
        *(invoice(f"A-{place}", minor, "2025-03-11", currency="EUR") for place, minor in enumerate(amounts_minor))
    )
    assert (await books.report(MARCH)).totals[0].total_minor == total_minor


async def test_the_rate_in_force_is_the_latest_quoted_and_recorded(books: Books) -> None:
    """Given quotes of several days, one of them corrected later, when revalued on days and as known at versions, then
    each report uses the latest quote by its day that was known."""
    await books.write(rates(("EUR", "2025-03-01", "1.1"), ("EUR", "2025-03-20", "1.2"), ("EUR", "2025-04-10", "1.4")))
    await books.write(invoice("A-1", 100, "2025-03-11", currency="EUR"))
    await books.write(rates(("EUR", "2025-03-20", "1.3")))
    asked = [MARCH, *(replace(MARCH, revalued_on=day(on)) for on in ("2025-03-19", "2025-03-20", "2025-05-01"))]
    assert [(await books.report(query)).totals[0].total_minor for query in asked] == [130, 110, 130, 140]
    assert (await books.report(replace(MARCH, known_at=2))).totals[0].total_minor == 120
    assert (await books.report(replace(MARCH, basis=Basis.BASE))).totals[0].total_minor == 110


async def test_a_rate_that_is_missing_is_named(books: Books) -> None:
    """Given euros and yen without a rate on the day, when revalued, then it is refused and both are named; what is
    settled, or of a day before, needs no rate."""
    await books.write(
        invoice("A-1", 100, "2025-03-11", currency="JPY", base_minor=70),
        invoice("A-2", 100, "2025-03-11", currency="EUR", base_minor=120),
        rates(("EUR", "2025-04-01", "1.1")),
    )
    with pytest.raises(NoRateInForce, match="on 2025-03-31 for EUR, JPY"):
        await books.report(MARCH)
    with pytest.raises(NoRateInForce, match="on 2025-04-01 for JPY"):
        await books.report(replace(MARCH, revalued_on=day("2025-04-01")))
    before = await books.report(replace(MARCH, as_of=day("2025-03-10")))
    assert (before.rows, before.rates, before.totals[0].currency) == ((), (), "USD")


async def test_a_revalued_sum_that_does_not_fit_is_an_error(books: Books) -> None:
    """Given all the euros that fit, when they are worth more dollars than fit, then it is an error (T14)."""
    await books.write(rates(("EUR", "2025-03-20", "1.1")))
    await books.write(invoice("A-1", MAX_MINOR, "2025-03-11", currency="EUR", base_minor=1))
    with pytest.raises(SumTooLarge):
        await books.report(MARCH)
    with pytest.raises(SumTooLarge):
        await books.explain(MARCH, Cell())


@some
@given(histories(), st.data())
async def test_items_converted_one_by_one_are_the_report(
    database: Database, history: History, data: st.DataObject
) -> None:
    """For any history, day and version, the open items in document currency, converted with exact fractions, add up to
    each cell of the revalued report."""
    books, latest = await books_of(database, history)
    query = replace(
        MARCH,
        side=data.draw(st.sampled_from(Side)),
        as_of=MIDDLE + timedelta(days=data.draw(st.integers(-50, 200))),
        revalued_on=MIDDLE + timedelta(days=data.draw(st.integers(-50, 200))),
        known_at=data.draw(st.integers(0, latest)),
    )
    try:
        report = await books.report(query)
    except (NoRateInForce, SumTooLarge):
        return
    quoted = {one.currency: Fraction(one.rate) for one in report.rates} | {"USD": Fraction(1)}
    cells: Counter[tuple[PartyId, int]] = Counter()
    for item in (await books.explain(replace(query, basis=Basis.DOCUMENT), Cell())).items:
        places = Fraction(10) ** (exponent("USD") - exponent(item.currency))
        place = -1 if item.unapplied else item.band
        cells[item.party_id, place] += round(item.open_minor * quoted[item.currency] * places)
    assert {key: minor for key, minor in cells.items() if minor} == {
        (row.party_id, place): minor
        for row in report.rows
        for place, minor in [*enumerate(row.bands), (-1, row.unapplied_minor)]
        if minor
    }
