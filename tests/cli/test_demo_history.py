"""The made-up history of the demonstration."""

from dataclasses import fields, is_dataclass
from datetime import date, timedelta
from typing import Any

import pytest

from duebook.aging.bands import THIRTIES, aged
from duebook.demo.history import CURRENCY, history
from duebook.ledger.book import Book
from duebook.ledger.commands import (
    AddCharge,
    AddRecovery,
    AddRefund,
    AddSettlement,
    AddWriteOff,
    ChangeDueDate,
    EditDocument,
    PutParty,
    PutRates,
    SetStatus,
)
from duebook.ledger.facts import EntryKind, Side, Status
from duebook.ledger.working import Known

DAYS = [date(2026, 1, 1), date(2024, 2, 29), date(2027, 3, 31)]


@pytest.mark.parametrize("today", DAYS)
def test_there_is_something_of_everything_and_nothing_later_than_today(today: date) -> None:
    """Given a day, when a history is made up for it, then it has what it should, in the two years up to that day."""
    commands = [command for quarter in history(today) for command in quarter]
    parties = [command.side for command in commands if isinstance(command, PutParty)]
    settlements = [command for command in commands if isinstance(command, AddSettlement)]
    days = [command.issued_on for command in commands if isinstance(command, AddCharge)]
    days += [settlement.settled_on for settlement in settlements]
    assert (parties.count(Side.RECEIVABLE), parties.count(Side.PAYABLE)) == (40, 25)
    assert today - timedelta(days=731) <= min(days) < today - timedelta(days=700)
    assert today - timedelta(days=7) < max(days) <= today
    assert sum(len(settlement.allocations) > 1 for settlement in settlements) > 50
    assert sum(settlement.amount_minor > applied(settlement) for settlement in settlements) > 20
    assert sum(applied(settlement) > 0 for settlement in settlements) > 1000


@pytest.mark.parametrize("today", DAYS)
def test_every_band_of_both_sides_has_something_in_it(today: date) -> None:
    """Given a history, when its books are aged on its last day, then no band is empty, and some money is unapplied."""
    book = Book(CURRENCY, Known())
    for quarter in history(today):
        for command in quarter:
            book.apply(command)
    sums = aged(book.open_entries(), THIRTIES, today)
    for side in Side:
        rows = [row for (party_id, _), row in sums.items() if book.changes.parties[party_id].side is side]
        totals = [sum(row.bands[band] for row in rows) for band in range(len(THIRTIES))]
        assert all(total > 0 for total in totals)
        assert sum(row.unapplied_minor for row in rows) < 0


def test_the_same_day_and_seed_give_the_same_history() -> None:
    """Given a day, when its history is made up twice, then only the ids differ; another seed gives another."""
    today = date(2026, 1, 1)
    assert facts(history(today)) == facts(history(today))
    assert facts(history(today, seed=1)) != facts(history(today))


def applied(settlement: AddSettlement) -> int:
    """How much of it goes to charges."""
    return sum(allocation.amount_minor or 0 for allocation in settlement.allocations)


def facts(value: Any) -> Any:
    """What is said, without ids."""
    if isinstance(value, list | tuple):
        return [facts(one) for one in value]
    if is_dataclass(value):
        return [type(value).__name__, *(facts(getattr(value, one.name)) for one in fields(value) if one.name != "id")]
    return value


@pytest.mark.parametrize("today", DAYS)
def test_some_dealings_went_another_way_than_planned(today: date) -> None:
    """Given a history, when its last writes are looked at, then each kind of correction is among them, and it shows."""
    chapters = history(today)
    kinds = {type(command) for chapter in chapters[-2:] for command in chapter}
    assert {SetStatus, AddWriteOff, AddRecovery, EditDocument, AddRefund, ChangeDueDate, PutRates} <= kinds
    book = Book(CURRENCY, Known())
    for chapter in chapters:
        for command in chapter:
            book.apply(command)
    documents = {one.number: one for one in book.changes.documents.values()}
    open_minor = dict.fromkeys(documents, 0)
    base_minor = dict.fromkeys(documents, 0)
    for entry in book.open_entries():
        if entry.effective_on <= today:
            number = book.changes.documents[entry.item.document_id].number
            open_minor[number] += entry.amount_minor
            base_minor[number] += entry.base_minor
    assert documents["RCPT-90001"].status is Status.RETURNED
    assert open_minor["INV-90001"] == 64_000
    assert open_minor["INV-90002"] == 360_000
    assert open_minor["INV-90003"] == 20_000
    assert open_minor["INV-90004"] == 213_000
    assert open_minor["CN-90001"] == 0
    assert (open_minor["BILL-90001"], base_minor["BILL-90001"]) == (225_000, 243_900)
    assert EntryKind.EXCHANGE in {entry.kind for entry in book.open_entries()}
