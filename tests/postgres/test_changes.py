"""What changed in a report between two versions: before, the entries between, after (T0, T12)."""

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from duebook.aging.changes import ChangedRow, ChangeEntry, Changes
from duebook.aging.errors import NotLater, UnknownVersion
from duebook.aging.report import AgingQuery, Basis, Credits, TagFilter
from duebook.db.pool import Database
from duebook.ledger.commands import EditDocument, MergeParties, PutRates, UndoDocument
from duebook.ledger.errors import SumTooLarge
from duebook.ledger.facts import Kind, PartyId, Rate, Side, State
from duebook.tenancy.facts import BusinessId
from tests.oracle.drawn import MIDDLE
from tests.oracle.histories import histories
from tests.oracle.said import History
from tests.postgres.worlds import Books, books_of, day, invoice, noon, payment, tagged

MARCH = AgingQuery(side=Side.RECEIVABLE, as_of=date(2025, 3, 31), credits=Credits.COLUMN)

some = settings(
    max_examples=max(5, settings().max_examples // 4),
    # The pool outlives an example on purpose; each example keeps books of its own in it.
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.fixture
def books(database: Database, business_id: BusinessId) -> Books:
    """Empty books in dollars."""
    return Books(database, business_id)


def rows(found: Changes) -> list[tuple[str, int, int]]:
    """Each party with its total before and after."""
    return [(row.name, row.before.total_minor, row.after.total_minor) for row in found.rows]


def lines(found: Changes) -> list[str]:
    """Each entry in a line: its version, what it is, which document it changes, which made it, when and by how much."""
    return [_line(entry) for entry in found.entries]


def _line(entry: ChangeEntry) -> str:
    ends = f"{entry.document.number} by {entry.cause.number}"
    return f"{entry.version} {entry.kind} {ends} on {entry.effective_on}: {entry.amount_minor}"


async def test_a_late_payment_is_what_changed(books: Books) -> None:
    """Given an invoice, when a payment comes in that March did not know, then one row changed, from one band into
    nothing, and the entries say by which document and when it was recorded."""
    await books.write(invoice("A-1", 100, "2025-03-01"), invoice("B-1", 5, "2025-03-01", "Bob"), at=noon("2125-04-01"))
    await books.write(payment("P-1", 60, "2025-03-10", paid={"A-1": 60}), at=noon("2125-04-02"))
    found = await books.changes(MARCH, 1)
    assert rows(found) == [("Ann", 100, 40)]
    assert (found.rows[0].before.bands, found.rows[0].after.bands) == ((0, 100, 0, 0, 0), (0, 40, 0, 0, 0))
    assert sorted(lines(found)) == [
        "2 allocation A-1 by P-1 on 2025-03-10: -60",
        "2 allocation P-1 by A-1 on 2025-03-10: 60",
        "2 payment P-1 by P-1 on 2025-03-10: -60",
    ]
    assert {(one.recorded_at, one.operation) for one in found.entries} == {(noon("2125-04-02"), "test")}
    assert (found.before.known_at, found.after.known_at, found.after.as_of) == (1, 2, day("2025-03-31"))


async def test_instants_stand_for_versions(books: Books) -> None:
    """Given three writes on three days, when asked between two instants, then what was recorded between is told."""
    for number in (1, 2, 3):
        await books.write(invoice(f"A-{number}", number, "2025-03-01"), at=noon(f"2125-04-0{number}"))
    found = await books.changes(replace(MARCH, known_at=noon("2125-04-02")), noon("2125-04-01"))
    assert lines(found) == ["2 charge A-2 by A-2 on 2025-03-01: 2"]
    assert rows(found) == [("Ann", 1, 3)]


async def test_what_takes_effect_after_the_day_is_no_change(books: Books) -> None:
    """Given a payment of April, when March is compared, then nothing changed."""
    await books.write(invoice("A-1", 100, "2025-03-01"))
    await books.write(payment("P-1", 60, "2025-04-10"))
    found = await books.changes(MARCH, 1)
    assert (found.rows, found.entries, found.before.rows) == ((), (), found.after.rows)


async def test_exclude_tells_no_unapplied_money(books: Books) -> None:
    """Given unapplied money that came in, when compared without it, then only what is left out differs."""
    await books.write(invoice("A-1", 100, "2025-03-01"))
    await books.write(payment("P-1", 60, "2025-03-10"))
    found = await books.changes(replace(MARCH, credits=Credits.EXCLUDE), 1)
    assert (found.rows, found.entries) == ((), ())
    assert (found.before.left_out, found.after.left_out) == ({}, {"USD": -60})


async def test_corrections_show_both_ends(books: Books) -> None:
    """Given an edit, a void and a merge, when compared, then the entries go from what was to what is, under the names
    of the later version."""
    await books.write(
        invoice("A-1", 100, "2025-03-01"), invoice("A-2", 7, "2025-03-01"), invoice("B-1", 5, "2025-03-01", "Bob")
    )
    ann, bob = (row.party_id for row in (await books.report(MARCH)).rows)
    side = Side.RECEIVABLE
    await books.write(
        EditDocument(side=side, kind=Kind.CHARGE, document="A-1", number="A-1b", amount_minor=80),
        UndoDocument(side=side, kind=Kind.CHARGE, document="A-2", state=State.VOID),
    )
    assert sorted(lines(await books.changes(MARCH, 1))) == [
        "2 charge A-1b by A-1b on 2025-03-01: -20",
        "2 charge A-2 by A-2 on 2025-03-01: -7",
    ]
    await books.write(MergeParties(side=side, id=ann, into=bob))
    found = await books.changes(MARCH, 2)
    assert rows(found) == [("Ann", 80, 0), ("Bob", 5, 85)]
    assert sorted(lines(found)) == [
        "3 charge A-1b by A-1b on 2025-03-01: -80",
        "3 charge A-1b by A-1b on 2025-03-01: 80",
    ]


async def test_tags_are_those_of_the_later_version(books: Books) -> None:
    """Given invoices, one of them tagged later on, when what is tagged is compared, then it is compared with itself."""
    await books.write(invoice("A-1", 100, "2025-03-01"), invoice("A-2", 7, "2025-03-01"))
    edit = EditDocument(side=Side.RECEIVABLE, kind=Kind.CHARGE, document="A-1", tags=tagged(region="north"))
    await books.write(edit, payment("P-1", 60, "2025-03-10", paid={"A-1": 60}))
    found = await books.changes(replace(MARCH, tags=(TagFilter("region", ("north",)),)), 1)
    assert rows(found) == [("Ann", 100, 40)]
    assert lines(found) == ["2 allocation A-1 by P-1 on 2025-03-10: -60"]


async def test_a_corrected_rate_changes_a_revalued_report(books: Books) -> None:
    """Given an invoice in euros, when its rate is corrected and a payment comes in, then both change the revalued
    report, and the entries are in euros."""
    await books.write(
        PutRates((Rate("EUR", day("2025-03-01"), Decimal("1.2")),)),
        invoice("A-1", 100, "2025-03-01", currency="EUR"),
    )
    await books.write(PutRates((Rate("EUR", day("2025-03-01"), Decimal("1.3")),)))
    revalued = replace(MARCH, basis=Basis.REVALUED)
    found = await books.changes(revalued, 1)
    assert (rows(found), lines(found)) == ([("Ann", 120, 130)], [])
    assert [report.rates[0].rate for report in (found.before, found.after)] == [Decimal("1.2"), Decimal("1.3")]
    await books.write(payment("P-1", 60, "2025-03-10", paid={"A-1": 60}, currency="EUR"))
    found = await books.changes(revalued, 2)
    assert rows(found) == [("Ann", 130, 52)]
    assert {(one.currency, abs(one.amount_minor)) for one in found.entries} == {("EUR", 60)}


async def test_changes_go_forward(books: Books) -> None:
    """Given two versions, when asked from the later to the earlier one, or from one that is not there, then it is
    refused; from a version to itself nothing changed."""
    await books.write(invoice("A-1", 100, "2025-03-01"))
    await books.write(invoice("A-2", 100, "2025-03-01"))
    with pytest.raises(NotLater, match="version 2 is later than version 1"):
        await books.changes(replace(MARCH, known_at=1), 2)
    with pytest.raises(UnknownVersion):
        await books.changes(MARCH, 3)
    assert (await books.changes(MARCH, 2)).rows == ()


# Any history.


@some
@given(histories(), st.data())
async def test_before_and_the_entries_between_are_after(
    database: Database, history: History, data: st.DataObject
) -> None:
    """For any history, day, versions, policy and currency, each party's cells before and the entries between add up to
    those after, and no other cell differs."""
    books, latest = await books_of(database, history)
    since, known_at = sorted(data.draw(st.tuples(*[st.integers(0, latest)] * 2)))
    query = AgingQuery(
        side=data.draw(st.sampled_from(Side)),
        as_of=MIDDLE + timedelta(days=data.draw(st.integers(-50, 200))),
        known_at=known_at,
        credits=data.draw(st.sampled_from(Credits)),
        basis=data.draw(st.sampled_from([Basis.BASE, Basis.DOCUMENT])),
    )
    try:
        found = await books.changes(query, since)
    except SumTooLarge:
        return
    assert found.before == await books.report(replace(query, known_at=since))
    assert found.after == await books.report(query)
    cells = cells_of(found.rows, "before")
    for entry in found.entries:
        cells[entry.party_id, entry.currency, place(entry, query.credits)] += entry.amount_minor
    assert {key: minor for key, minor in cells.items() if minor} == cells_of(found.rows, "after")
    told = {(row.party_id, row.currency) for row in found.rows}
    before, after = (
        {replace(row, name="") for row in report.rows if (row.party_id, row.currency) not in told}
        for report in (found.before, found.after)
    )
    assert before == after


def cells_of(changed: tuple[ChangedRow, ...], when: str) -> Counter[tuple[PartyId, str, int]]:
    """The cells of all rows that are not zero; unapplied money stands in place -1."""
    found: Counter[tuple[PartyId, str, int]] = Counter()
    for row in changed:
        standing = row.before if when == "before" else row.after
        assert standing.total_minor == sum(standing.bands) + standing.unapplied_minor
        for band, minor in [*enumerate(standing.bands), (-1, standing.unapplied_minor)]:
            if minor:
                found[row.party_id, row.currency, band] = minor
    return found


def place(entry: ChangeEntry, credits: Credits) -> int:
    """The cell of its row that an entry changes."""
    return -1 if entry.unapplied and credits is Credits.COLUMN else entry.band
