"""The aging report from PostgreSQL in small worlds: days, zones, policies, limits (T1, T3, T8, T11-T14)."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from duebook.aging.bands import Bands
from duebook.aging.report import AgingQuery, AgingReport, Basis, Credits, UnknownVersion, aging, version_at
from duebook.db.pool import Database
from duebook.ledger.commands import AddCharge, AddSettlement, Command, NewAllocation, NewParty, PutParty
from duebook.ledger.errors import SumTooLarge
from duebook.ledger.facts import Kind, PartyId, Side
from duebook.ledger.store import record
from duebook.money import MAX_MINOR
from duebook.tenancy.businesses import NewBusiness, create_business
from duebook.tenancy.facts import OPERATOR, BusinessId, WireProfile
from duebook.tenancy.gate import read_tx, write_tx
from duebook.tenancy.partners import create_partner

AS_OF = date(2025, 3, 31)
RECEIVABLE = AgingQuery(side=Side.RECEIVABLE, as_of=AS_OF)


def invoice(amount_minor: int, due_on: date, party: str = "ann", **details: Any) -> AddCharge:
    """An invoice of the day it falls due."""
    said: dict[str, Any] = {"side": Side.RECEIVABLE, "currency": "USD", "issued_on": due_on} | details
    return AddCharge(party=NewParty(party, party.title()), due_on=due_on, amount_minor=amount_minor, **said)


def payment(amount_minor: int, on: date, party: str = "ann", **details: Any) -> AddSettlement:
    """Money of a party, for nothing in particular unless it says so."""
    said: dict[str, Any] = {"kind": Kind.PAYMENT, "currency": "USD"} | details
    return AddSettlement(
        side=Side.RECEIVABLE, party=NewParty(party, party.title()), settled_on=on, amount_minor=amount_minor, **said
    )


async def write(database: Database, business_id: BusinessId, commands: Sequence[Command]) -> None:
    """One write."""
    async with write_tx(database, OPERATOR, business_id, "test") as tx:
        await record(tx, commands)


async def report(database: Database, business_id: BusinessId, query: AgingQuery = RECEIVABLE) -> AgingReport:
    """One report."""
    async with read_tx(database, OPERATOR, business_id) as tx:
        return await aging(tx, query)


# Days.


@pytest.mark.parametrize(
    ("late", "band"),
    [(-1, 0), (0, 0), (1, 1), (30, 1), (31, 2), (60, 2), (61, 3), (89, 3), (90, 3), (91, 4), (365, 4)],
)
@pytest.mark.parametrize("as_of", [AS_OF, date(2024, 2, 29), date(2024, 3, 1), date(2025, 1, 31), date(2100, 3, 1)])
async def test_lateness_starts_the_day_after_the_due_date(
    database: Database, business_id: BusinessId, as_of: date, late: int, band: int
) -> None:
    """Given an invoice so many days late, at month ends and over leap days, when aged, then days alone decide."""
    due_on = as_of - timedelta(days=late)
    await write(database, business_id, [invoice(5, due_on, issued_on=min(due_on, as_of))])
    (row,) = (await report(database, business_id, replace(RECEIVABLE, as_of=as_of))).rows
    assert row.bands == tuple(5 * (place == band) for place in range(5))


async def test_the_day_asked_is_included(database: Database, business_id: BusinessId) -> None:
    """Given an invoice of a day, paid on a later one, when aged from the day before to the day after, then it counts
    from its own day to the day before it is paid."""
    issued_on, paid_on = date(2025, 3, 1), date(2025, 3, 5)
    charge = invoice(5, issued_on)
    share = NewAllocation(charge=charge.id, amount_minor=5)
    await write(database, business_id, [charge, payment(5, paid_on, allocations=(share,))])
    days = [issued_on - timedelta(days=1), issued_on, paid_on - timedelta(days=1), paid_on, date.max, date.min]
    reports = [await report(database, business_id, replace(RECEIVABLE, as_of=day)) for day in days]
    assert [one.totals[0].total_minor for one in reports] == [0, 5, 5, 0, 0, 0]


@pytest.mark.parametrize(
    ("zone", "now", "today"),
    [
        ("UTC", "2025-03-31T23:59:59", "2025-03-31"),
        ("UTC", "2025-04-01T00:00:00", "2025-04-01"),
        ("America/New_York", "2025-04-01T03:59:59", "2025-03-31"),
        ("America/New_York", "2025-04-01T04:00:00", "2025-04-01"),
        ("Asia/Tokyo", "2025-03-31T14:59:59", "2025-03-31"),
        ("Asia/Tokyo", "2025-03-31T15:00:00", "2025-04-01"),
        ("Pacific/Kiritimati", "2025-03-31T10:00:00", "2025-04-01"),
        ("Pacific/Niue", "2025-04-01T10:59:59", "2025-03-31"),
        ("Europe/Berlin", "2025-03-30T22:30:00", "2025-03-31"),
        ("America/New_York", "2024-03-01T04:59:59", "2024-02-29"),
    ],
)
async def test_today_is_the_day_where_the_business_is(database: Database, zone: str, now: str, today: str) -> None:
    """Given a business in a zone and an instant near its midnight, when no day is asked for, then it is that."""
    partner, _ = await create_partner(database, "Example Platform", WireProfile.PUBLISHED)
    new = NewBusiness(external_id=None, name="Example", base_currency="USD", time_zone=zone)
    business_id = (await create_business(database, partner.id, new)).business.id
    await write(database, business_id, [invoice(5, date.fromisoformat(today) - timedelta(days=30))])
    instant = datetime.fromisoformat(now).replace(tzinfo=UTC)
    found = await report(replace(database, clock=lambda: instant), business_id, replace(RECEIVABLE, as_of=None))
    assert (found.as_of, found.totals[0].bands) == (date.fromisoformat(today), (0, 5, 0, 0, 0))


# Policies and currencies.


@pytest.mark.parametrize(
    ("credits", "bands", "unapplied", "total", "left_out"),
    [
        (Credits.EXCLUDE, (0, 100, 0, 0, 50), 0, 150, {"USD": -70}),
        (Credits.COLUMN, (0, 100, 0, 0, 50), -70, 80, {}),
        (Credits.NET, (-40, 70, 0, 0, 50), 0, 80, {}),
    ],
)
async def test_unapplied_money_is_shown_by_policy(
    database: Database,
    business_id: BusinessId,
    credits: Credits,
    bands: tuple[int, ...],
    unapplied: int,
    total: int,
    left_out: dict[str, int],
) -> None:
    """Given two invoices, a payment 10 days old and a credit of today, when aged, then the policy says where the
    unapplied money stands, and the total is the same under column and net."""
    days = [AS_OF - timedelta(days=late) for late in (10, 100)]
    await write(
        database,
        business_id,
        [invoice(100, days[0]), invoice(50, days[1]), payment(30, days[0]), payment(40, AS_OF, kind=Kind.CREDIT)],
    )
    found = await report(database, business_id, replace(RECEIVABLE, credits=credits))
    (row,), (sums,) = found.rows, found.totals
    assert (row.bands, row.unapplied_minor, row.total_minor, found.left_out) == (bands, unapplied, total, left_out)
    assert (sums.bands, sums.unapplied_minor, sums.total_minor) == (bands, unapplied, total)


async def test_a_party_with_unapplied_money_alone(database: Database, business_id: BusinessId) -> None:
    """Given a party that only paid, when aged, then it has no row where its money is left out, else a negative one."""
    await write(database, business_id, [payment(30, AS_OF)])
    excluded = await report(database, business_id)
    assert (excluded.rows, excluded.totals[0].total_minor, excluded.left_out) == ((), 0, {"USD": -30})
    shown = await report(database, business_id, replace(RECEIVABLE, credits=Credits.COLUMN))
    assert [row.total_minor for row in shown.rows] == [-30]


async def test_document_currencies_are_never_summed(database: Database, business_id: BusinessId) -> None:
    """Given euros and yen beside dollars, when aged in document currency, then each has its own row and total; in base
    currency they are one."""
    charges = [
        invoice(100, AS_OF),
        invoice(100, AS_OF, currency="EUR", base_minor=111),
        invoice(100, AS_OF, currency="JPY", base_minor=1),
    ]
    await write(database, business_id, charges)
    own = await report(database, business_id, replace(RECEIVABLE, basis=Basis.DOCUMENT))
    assert [(row.currency, row.total_minor) for row in own.rows] == [("EUR", 100), ("JPY", 100), ("USD", 100)]
    assert [(one.currency, one.total_minor) for one in own.totals] == [("EUR", 100), ("JPY", 100), ("USD", 100)]
    base = await report(database, business_id)
    assert [(row.currency, row.total_minor) for row in base.rows] == [("USD", 212)]


async def test_empty_books_have_a_total(database: Database, business_id: BusinessId) -> None:
    """Given no documents, when aged, then there are no rows and one total of zero in the base currency."""
    found = await report(database, business_id)
    assert (found.known_at, found.rows, found.left_out) == (0, (), {})
    assert [(one.currency, one.bands, one.total_minor) for one in found.totals] == [("USD", (0,) * 5, 0)]


async def test_sides_and_parties_are_apart(database: Database, business_id: BusinessId) -> None:
    """Given customers and a vendor of the same name, when one side or one party is asked for, then only it is there."""
    bill = invoice(7, AS_OF, side=Side.PAYABLE)
    await write(database, business_id, [invoice(5, AS_OF), invoice(6, AS_OF, "bob"), bill])
    both = await report(database, business_id)
    assert [(row.external_id, row.total_minor) for row in both.rows] == [("bob", 6), ("ann", 5)]
    payable = await report(database, business_id, replace(RECEIVABLE, side=Side.PAYABLE))
    assert [(row.external_id, row.total_minor) for row in payable.rows] == [("ann", 7)]
    for row in both.rows:
        alone = await report(database, business_id, replace(RECEIVABLE, party_id=row.party_id))
        assert (alone.rows, alone.totals[0].total_minor) == ((row,), row.total_minor)
    nobody = await report(database, business_id, replace(RECEIVABLE, party_id=PartyId(UUID(int=5))))
    assert nobody.rows == ()


async def test_rows_are_in_one_order(database: Database, business_id: BusinessId) -> None:
    """Given totals and names that are equal, when aged, then rows go by total, then name by code point, then id."""
    named = [("a", "Zoe"), ("b", "zoe"), ("c", "Éva"), ("d", "Bob"), ("e", "Bob")]
    puts = [PutParty(side=Side.RECEIVABLE, external_id=external_id, name=name) for external_id, name in named]
    await write(database, business_id, [*puts, *(invoice(5, AS_OF, external_id) for external_id, _ in named)])
    await write(database, business_id, [invoice(1, AS_OF, "c")])
    rows = (await report(database, business_id)).rows
    assert [row.name for row in rows] == ["Éva", "Bob", "Bob", "Zoe", "zoe"]
    assert rows[1].party_id < rows[2].party_id


# Versions.


async def test_late_facts_change_reports_from_now_on(database: Database, business_id: BusinessId) -> None:
    """Given a report of March, when a payment of March and a rename come in April, then March as it was known stays
    the same, names included, and March as it is known now does not (T12, T13)."""
    charge = invoice(100, date(2025, 3, 1))
    await write(database, business_id, [charge])
    before = await report(database, business_id)
    share = NewAllocation(charge=charge.id, amount_minor=40)
    rename = PutParty(side=Side.RECEIVABLE, external_id="ann", name="Anna")
    await write(database, business_id, [rename, payment(40, date(2025, 3, 10), allocations=(share,))])
    assert await report(database, business_id, replace(RECEIVABLE, known_at=1)) == before
    after = await report(database, business_id)
    assert [(row.name, row.total_minor) for row in after.rows] == [("Anna", 60)]
    assert after == await report(database, business_id, replace(RECEIVABLE, known_at=2))


@pytest.mark.parametrize("known_at", [-1, 2, 2**40])
async def test_a_version_that_is_not_there_is_refused(
    database: Database, business_id: BusinessId, known_at: int
) -> None:
    """Given books of one version, when a report is asked as known at another, then it is refused; before the first it
    is empty."""
    await write(database, business_id, [invoice(5, AS_OF)])
    with pytest.raises(UnknownVersion, match="not between 0 and 1"):
        await report(database, business_id, replace(RECEIVABLE, known_at=known_at))
    assert (await report(database, business_id, replace(RECEIVABLE, known_at=0))).rows == ()


async def test_an_instant_resolves_to_a_version(database: Database, business_id: BusinessId) -> None:
    """Given writes at known times, one with the clock set back, when an instant is asked for, then it is the last
    version by then, and no version is older than the one before."""
    start = datetime(2125, 1, 1, tzinfo=UTC)
    now = iter([start + timedelta(seconds=seconds) for seconds in (10, 20, 5)])
    for _ in range(3):
        await write(replace(database, clock=lambda: next(now)), business_id, [invoice(5, AS_OF)])
    async with read_tx(database, OPERATOR, business_id) as tx:
        instants = [start + timedelta(seconds=seconds) for seconds in (9, 10, 19, 20, 30)]
        assert [await version_at(tx, instant) for instant in instants] == [0, 1, 1, 3, 3]
        assert tx.recorded_at == start + timedelta(seconds=20)


# Sizes.


@pytest.mark.parametrize("credits", list(Credits))
@pytest.mark.parametrize(
    "commands",
    [
        [invoice(MAX_MINOR, AS_OF), invoice(1, AS_OF)],
        [invoice(MAX_MINOR, AS_OF), invoice(1, AS_OF - timedelta(days=10))],
        [invoice(MAX_MINOR, AS_OF), invoice(1, AS_OF, "bob")],
        [payment(MAX_MINOR, AS_OF), payment(MAX_MINOR, AS_OF)],
        # Bob's row alone is too large: with Ann's unapplied money, every total fits.
        [
            invoice(MAX_MINOR, AS_OF, "bob"),
            invoice(MAX_MINOR, AS_OF - timedelta(days=10), "bob"),
            payment(MAX_MINOR, AS_OF - timedelta(days=40)),
        ],
    ],
)
async def test_sums_that_do_not_fit_are_errors(
    database: Database, business_id: BusinessId, commands: Sequence[Command], credits: Credits
) -> None:
    """Given amounts that fit and whose sum does not, within a band, a row, a total or what is left out, when aged,
    then it is an error, never a wrong number (T14)."""
    await write(database, business_id, commands)
    with pytest.raises(SumTooLarge):
        await report(database, business_id, replace(RECEIVABLE, credits=credits))


async def test_the_largest_sums_that_fit_are_printed(database: Database, business_id: BusinessId) -> None:
    """Given an invoice and a payment of all that 64 bits hold, when aged, then both are printed."""
    await write(database, business_id, [invoice(MAX_MINOR, AS_OF), payment(MAX_MINOR, AS_OF, "bob")])
    found = await report(database, business_id, replace(RECEIVABLE, credits=Credits.COLUMN))
    assert [row.total_minor for row in found.rows] == [MAX_MINOR, -MAX_MINOR]
    assert found.totals[0].total_minor == 0


@pytest.mark.parametrize("edges", [(1,), (-30, 0, 30), tuple(range(1, 366)), (10**6,)])
async def test_other_bands(database: Database, business_id: BusinessId, edges: tuple[int, ...]) -> None:
    """Given other edges, when aged, then each invoice is in the band that the scheme says."""
    bands, lates = Bands(edges), (-400, -30, -1, 0, 1, 29, 30, 364, 365, 400)
    await write(
        database, business_id, [invoice(1, AS_OF - timedelta(days=late), issued_on=date(2020, 1, 1)) for late in lates]
    )
    expected = [0] * len(bands)
    for late in lates:
        expected[bands.of(late)] += 1
    assert (await report(database, business_id, replace(RECEIVABLE, bands=bands))).totals[0].bands == tuple(expected)
