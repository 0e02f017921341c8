"""What is behind a cell: the open items, told with what was taken of them, add up to it (T15)."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from duebook.aging.errors import NoRateInForce, NoSuchBand
from duebook.aging.explain import Cell, Explained, OpenItem
from duebook.aging.report import AgingQuery, AgingRow, Basis, Credits, TagFilter
from duebook.db.pool import Database
from duebook.ledger.commands import (
    AddRecovery,
    AddRefund,
    AddWriteOff,
    ChangeDueDate,
    CloseBooks,
    EditDocument,
    MergeParties,
    PutParty,
    PutRates,
    SetStatus,
    TakeBack,
)
from duebook.ledger.errors import SumTooLarge
from duebook.ledger.facts import Kind, Late, Rate, Reason, Side, Status
from duebook.tenancy.facts import BusinessId
from tests.oracle.drawn import MIDDLE
from tests.oracle.histories import histories
from tests.oracle.said import History
from tests.postgres.worlds import Books, books_of, day, invoice, payment, tagged

MARCH = AgingQuery(side=Side.RECEIVABLE, as_of=date(2025, 3, 31), credits=Credits.COLUMN)
ALL = Cell()

some = settings(
    max_examples=max(5, settings().max_examples // 4),
    # The pool outlives an example on purpose; each example keeps books of its own in it.
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.fixture
def books(database: Database, business_id: BusinessId) -> Books:
    """Empty books in dollars."""
    return Books(database, business_id)


def told(explained: Explained) -> list[str]:
    """Each item in a line: whose, which, when it fell due and how that was found, amounts, and what was taken."""
    return [_line(item) for item in explained.items]


def _line(item: OpenItem) -> str:
    what = f"{item.number}/{item.instalment}" if item.instalment > 1 else item.number
    taken = "".join(f", {one.number} {one.amount_minor} on {one.effective_on}" for one in item.allocations)
    due = f"due {item.due_on} ({item.due_from}) late {item.days_late}"
    return f"{item.party_name} {what} {due}: {item.open_minor} of {item.amount_minor}{taken}"


async def test_items_tell_where_they_come_from(books: Books) -> None:
    """Given invoices with a due date, with terms and with neither, one partly paid, when the total is explained, then
    each item says its document, dates, amounts and allocations."""
    terms = PutParty(side=Side.RECEIVABLE, external_id="bob", name="Bob")
    await books.write(
        terms,
        invoice("A-1", 100, "2025-01-10", due="2025-02-09"),
        invoice("B-1", 70, "2025-03-20", "Bob"),
        payment("P-1", 90, "2025-03-01", paid={"A-1": 60}),
    )
    explained = await books.explain(MARCH, ALL)
    assert told(explained) == [
        "Ann A-1 due 2025-02-09 (given) late 50: 40 of 100, P-1 60 on 2025-03-01",
        "Ann P-1 due 2025-03-01 (issue_date) late 30: -30 of -90, A-1 60 on 2025-03-01",
        "Bob B-1 due 2025-03-20 (issue_date) late 11: 70 of 70",
    ]
    assert explained.total_minor == {"USD": 80}
    charge, money = explained.items[:2]
    assert (charge.kind, charge.external_id, charge.issued_on, charge.band) == (
        Kind.CHARGE,
        "A-1",
        day("2025-01-10"),
        2,
    )
    assert (money.kind, money.unapplied, money.allocations[0].document_id) == (Kind.PAYMENT, True, charge.document_id)
    assert charge.allocations[0].allocation_id == money.allocations[0].allocation_id is not None


@pytest.mark.parametrize(
    ("credits", "band", "numbers"),
    [
        (Credits.COLUMN, None, ["A-1", "P-1"]),
        (Credits.COLUMN, 1, ["A-1"]),
        (Credits.COLUMN, "unapplied", ["P-1"]),
        (Credits.NET, None, ["A-1", "P-1"]),
        (Credits.NET, 1, ["A-1", "P-1"]),
        (Credits.NET, "unapplied", []),
        (Credits.EXCLUDE, None, ["A-1"]),
        (Credits.EXCLUDE, 1, ["A-1"]),
        (Credits.EXCLUDE, "unapplied", ["P-1"]),
    ],
)
async def test_the_policy_says_which_cell_unapplied_money_is_in(
    books: Books, credits: Credits, band: int | None, numbers: list[str]
) -> None:
    """Given an invoice and a payment of one age, when cells are explained, then each policy has the money in its own;
    what exclude leaves out is explained too."""
    await books.write(invoice("A-1", 100, "2025-03-11"), payment("P-1", 30, "2025-03-11"))
    explained = await books.explain(replace(MARCH, credits=credits), Cell(band=band))
    assert [item.number for item in explained.items] == numbers
    assert explained.total_minor == {"USD": sum(item.open_minor for item in explained.items)}


async def test_a_cell_of_one_party(books: Books) -> None:
    """Given two customers, when a cell of one is explained, then the other's items are not in it."""
    await books.write(invoice("A-1", 1, "2025-03-11"), invoice("B-1", 2, "2025-03-11", "Bob"))
    (bob,) = [row for row in (await books.report(MARCH)).rows if row.name == "Bob"]
    assert [item.number for item in (await books.explain(MARCH, Cell(bob.party_id))).items] == ["B-1"]


@pytest.mark.parametrize("band", [-1, 5])
async def test_a_band_that_is_not_there_is_refused(books: Books, band: int) -> None:
    """Given the usual five bands, when another is explained, then it is refused."""
    with pytest.raises(NoSuchBand, match="0 to 4"):
        await books.explain(MARCH, Cell(band=band))


async def test_each_instalment_has_its_share_of_the_allocations(books: Books) -> None:
    """Given three instalments and two payments of one customer, when explained, then each says what filled it."""
    due = {"2025-02-01": 40, "2025-03-01": 40, "2025-04-01": 40}
    await books.write(
        invoice("A-1", 120, "2025-01-01", due=due),
        payment("P-1", 50, "2025-02-01", paid={"A-1": 50}),
        payment("P-2", 20, "2025-03-01", paid={"A-1": 20}),
    )
    assert told(await books.explain(replace(MARCH, as_of=day("2025-02-28")), ALL)) == [
        "Ann A-1/2 due 2025-03-01 (given) late -1: 30 of 40, P-1 10 on 2025-02-01",
        "Ann A-1/3 due 2025-04-01 (given) late -32: 40 of 40",
    ]
    assert told(await books.explain(MARCH, ALL))[0] == (
        "Ann A-1/2 due 2025-03-01 (given) late 30: 10 of 40, P-1 10 on 2025-02-01, P-2 20 on 2025-03-01"
    )


async def test_write_offs_recoveries_and_refunds_are_told_too(books: Books) -> None:
    """Given an invoice written off in part and partly recovered, and a payment refunded in part, when explained, then
    what was taken of each is told, without an allocation."""
    charge, money = invoice("A-1", 100, "2025-01-10"), payment("P-1", 50, "2025-01-20")
    write_off = AddWriteOff(
        side=Side.RECEIVABLE,
        charge="A-1",
        number="W-1",
        written_off_on=day("2025-02-01"),
        amount_minor=60,
        reason=Reason.BAD_DEBT,
    )
    recovery = AddRecovery(
        side=Side.RECEIVABLE, write_off=write_off.id, number="R-1", recovered_on=day("2025-03-01"), amount_minor=10
    )
    refund = AddRefund(
        side=Side.RECEIVABLE,
        of_kind=Kind.PAYMENT,
        of="P-1",
        number="B-1",
        refunded_on=day("2025-03-02"),
        amount_minor=20,
    )
    await books.write(charge, money, write_off, recovery, refund)
    explained = await books.explain(MARCH, ALL)
    assert told(explained) == [
        "Ann A-1 due 2025-01-10 (issue_date) late 80: 50 of 100, W-1 60 on 2025-02-01, R-1 -10 on 2025-03-01",
        "Ann P-1 due 2025-01-20 (issue_date) late 70: -30 of -50, B-1 20 on 2025-03-02",
    ]
    assert {one.allocation_id for item in explained.items for one in item.allocations} == {None}


async def test_what_ended_is_told_only_while_it_held(books: Books) -> None:
    """Given a payment that is returned and an allocation that is taken back from a day on, when explained before and
    after, then they are told only before."""
    await books.write(
        invoice("A-1", 100, "2025-01-10"),
        payment("P-1", 30, "2025-02-01", paid={"A-1": 30}),
        (credit := payment("C-1", 20, "2025-02-01", paid={"A-1": 20}, kind=Kind.CREDIT)),
    )
    returned = SetStatus(
        side=Side.RECEIVABLE,
        kind=Kind.PAYMENT,
        document="P-1",
        status=Status.RETURNED,
        returned_on=day("2025-03-01"),
    )
    taken = TakeBack(side=Side.RECEIVABLE, id=credit.allocations[0].id, on=day("2025-03-10"))
    await books.write(returned, taken)
    lines = []
    for on in ("2025-02-28", "2025-03-09", "2025-03-10"):
        explained = await books.explain(replace(MARCH, as_of=day(on)), Cell(band=2))
        lines += [line.partition(": ")[2] for line in told(explained)]
    assert lines == [
        "50 of 100, P-1 30 on 2025-02-01, C-1 20 on 2025-02-01",
        "80 of 100, C-1 20 on 2025-02-01",
        "100 of 100",
    ]


async def test_a_changed_due_date_holds_from_its_day_on(books: Books) -> None:
    """Given a due date that changes from a day on, when explained before and after, then the item falls due on each,
    with the same original amount."""
    await books.write(
        invoice("A-1", 100, "2025-01-10", due="2025-02-09"), payment("P-1", 40, "2025-02-20", paid={"A-1": 40})
    )
    change = ChangeDueDate(side=Side.RECEIVABLE, charge="A-1", from_on=day("2025-03-01"), due_on=day("2025-05-01"))
    await books.write(change)
    assert told(await books.explain(replace(MARCH, as_of=day("2025-02-28")), ALL)) == [
        "Ann A-1 due 2025-02-09 (given) late 19: 60 of 100, P-1 40 on 2025-02-20"
    ]
    assert told(await books.explain(MARCH, ALL)) == [
        "Ann A-1 due 2025-05-01 (given) late -31: 60 of 100, P-1 40 on 2025-02-20"
    ]


async def test_facts_are_those_known_at_the_version(books: Books) -> None:
    """Given an invoice that is edited and its customer renamed and merged, when explained as known before, then it
    reads as it did."""
    await books.write(invoice("A-1", 100, "2025-01-10", due="2025-02-09"), invoice("B-1", 1, "2025-01-10", "Bob"))
    before = await books.explain(MARCH, ALL)
    edit = EditDocument(side=Side.RECEIVABLE, kind=Kind.CHARGE, document="A-1", number="A-1b", amount_minor=80)
    await books.write(edit, PutParty(side=Side.RECEIVABLE, external_id="bob", name="Robert"))
    ann, bob = (row.party_id for row in (await books.report(MARCH)).rows)
    await books.write(MergeParties(side=Side.RECEIVABLE, id=ann, into=bob))
    assert await books.explain(replace(MARCH, known_at=1), ALL) == before
    assert told(await books.explain(MARCH, ALL)) == [
        "Robert B-1 due 2025-01-10 (issue_date) late 80: 1 of 1",
        "Robert A-1b due 2025-02-09 (given) late 50: 80 of 80",
    ]


async def test_what_is_shifted_out_of_a_closed_period_is_told_there(books: Books) -> None:
    """Given a closed January and a payment of January that comes late and shifts, when explained, then January reads as
    when it was closed, and February tells the payment under its own day."""
    await books.write(invoice("A-1", 100, "2025-01-10"))
    await books.write(CloseBooks(day("2025-01-31"), Late.SHIFT))
    await books.write(payment("P-1", 40, "2025-01-20", paid={"A-1": 40}))
    january = await books.explain(replace(MARCH, as_of=day("2025-01-31")), ALL)
    assert told(january) == ["Ann A-1 due 2025-01-10 (issue_date) late 21: 100 of 100"]
    assert told(await books.explain(replace(MARCH, as_of=day("2025-02-01")), ALL)) == [
        "Ann A-1 due 2025-01-10 (issue_date) late 22: 60 of 100, P-1 40 on 2025-01-20"
    ]


async def test_amounts_in_the_basis_beside_the_documents_own(books: Books) -> None:
    """Given an invoice in euros, when explained in each basis, then the open amount is of the basis and the rest of the
    document."""
    await books.write(PutRates((Rate("EUR", day("2025-03-01"), Decimal("1.25")),)))
    await books.write(
        invoice("A-1", 3000, "2025-01-10", currency="EUR", base_minor=3334),
        payment("P-1", 1000, "2025-01-20", paid={"A-1": 1000}, currency="EUR", base_minor=1111),
    )
    found = {}
    for basis in Basis:
        (item,) = (await books.explain(replace(MARCH, basis=basis), ALL)).items
        found[basis] = (item.open_minor, item.currency)
        assert (item.amount_minor, item.document_currency, item.allocations[0].amount_minor) == (3000, "EUR", 1000)
    assert found == {Basis.BASE: (2223, "USD"), Basis.DOCUMENT: (2000, "EUR"), Basis.REVALUED: (2500, "USD")}


async def test_only_tagged_documents(books: Books) -> None:
    """Given tagged invoices, when a tag is asked for, then only their items are behind the total."""
    await books.write(invoice("A-1", 1, "2025-03-11", tags=tagged(region="north")), invoice("A-2", 2, "2025-03-11"))
    asked = replace(MARCH, tags=(TagFilter("region"),))
    assert [item.number for item in (await books.explain(asked, ALL)).items] == ["A-1"]


# Any history.


def cells_of(row: AgingRow) -> list[tuple[Cell, int]]:
    """All cells of a row, with what the report says in them."""
    bands = [(Cell(row.party_id, band), minor) for band, minor in enumerate(row.bands)]
    return [*bands, (Cell(row.party_id, "unapplied"), row.unapplied_minor), (Cell(row.party_id), row.total_minor)]


@some
@given(histories(), st.data())
async def test_items_add_up_to_every_cell(database: Database, history: History, data: st.DataObject) -> None:
    """For any history, day, version, basis and policy, the items behind each cell, each party and the total add up to
    it; and each item's original amount less what was taken of it is what is open of it."""
    books, latest = await books_of(database, history)
    query = AgingQuery(
        side=data.draw(st.sampled_from(Side)),
        as_of=MIDDLE + timedelta(days=data.draw(st.integers(-50, 200))),
        known_at=data.draw(st.integers(0, latest)),
    )
    credits = data.draw(st.sampled_from(Credits))
    for basis in Basis:
        await _add_up(books, replace(query, basis=basis, credits=credits))
    own = replace(query, basis=Basis.DOCUMENT, credits=Credits.COLUMN)
    try:
        items = (await books.explain(own, ALL)).items
    except SumTooLarge:
        with pytest.raises(SumTooLarge):
            await books.report(own)
        return
    for item in items:
        sign = -1 if item.unapplied else 1
        assert item.open_minor == item.amount_minor - sign * sum(one.amount_minor for one in item.allocations)
        assert all(one.amount_minor > 0 for one in item.allocations if one.allocation_id)


async def _add_up(books: Books, query: AgingQuery) -> None:
    try:
        report = await books.report(query)
    except SumTooLarge:
        return
    except NoRateInForce:
        with pytest.raises(NoRateInForce):
            await books.explain(replace(query, credits=Credits.COLUMN), ALL)
        return
    for row in report.rows:
        for cell, minor in cells_of(row):
            if cell.band == "unapplied" and query.credits is Credits.EXCLUDE:
                continue
            explained = await books.explain(query, cell)
            assert explained.total_minor.get(row.currency, 0) == minor
            assert {item.party_id for item in explained.items} <= {row.party_id}
    totals = {one.currency: one.total_minor for one in report.totals}
    assert (await books.explain(query, ALL)).total_minor == totals
    if query.credits is Credits.EXCLUDE:
        left_out = (await books.explain(query, Cell(band="unapplied"))).total_minor
        assert {currency: minor for currency, minor in left_out.items() if minor} == report.left_out
