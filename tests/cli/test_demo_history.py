"""The made-up history of the demonstration."""

from datetime import date, timedelta

import pytest

from duebook.aging.bands import THIRTIES, aged
from duebook.demo.history import CURRENCY, history
from duebook.ledger.book import Book
from duebook.ledger.commands import AddCharge, AddSettlement, Command, PutParty
from duebook.ledger.facts import Side
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


def facts(quarters: list[list[Command]]) -> list[object]:
    """What is said, without ids."""
    return [
        (one.name,)
        if isinstance(one, PutParty)
        else (one.number, one.party, one.amount_minor, one.issued_on)
        if isinstance(one, AddCharge)
        else (one.number, one.party, one.amount_minor, one.settled_on, applied(one))
        if isinstance(one, AddSettlement)
        else one
        for quarter in quarters
        for one in quarter
    ]
