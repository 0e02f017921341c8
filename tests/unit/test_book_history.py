"""The book's rules against the slow oracle: any history, any day, any version (T0, T3-T7, T9-T12, T16, T18)."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from random import Random

import pytest

from duebook.aging.bands import Sums
from duebook.ledger.facts import DocumentId, PartyId
from tests.oracle.daily import daily, daily_of_facts
from tests.oracle.drawn import MIDDLE
from tests.oracle.paper import TooBig, report
from tests.oracle.reasons import ERRORS
from tests.oracle.said import History
from tests.oracle.shelf import Shelf, Written
from tests.oracle.slips import Refused
from tests.oracle.slow import Oracle
from tests.oracle.told import Teller
from tests.oracle.trials import holds

SOME_DAYS = (date.min, date(2024, 2, 29), date.max)


def replayed(history: History) -> Iterator[tuple[Oracle, Shelf, Teller]]:
    """Tell both the same, write by write, and see that they refuse the same and answer the same."""
    oracle, shelf, teller = Oracle(), Shelf(), Teller()
    for write in history:
        commands = teller.commands(write)
        try:
            answers = oracle.write(write)
        except Refused as refused:
            before = (shelf.version, len(shelf.entries))
            with pytest.raises(tuple(ERRORS[reason] for reason in refused.reasons)):
                shelf.write(commands)
            assert (shelf.version, len(shelf.entries)) == before
        else:
            results = shelf.write(commands)
            teller.recorded(shelf.party_ids())
            names = teller.names()
            assert [names[result.id] if result else None for result in results] == answers
            assert shelf.version == oracle.version
        yield oracle, shelf, teller


async def test_the_book_is_the_oracles() -> None:
    """For any history, after each write: the documents and allocations say what the oracle's do, the entries of an item
    add up on each day to what the facts give (T0), nothing is ever over (T7), any report on any day at any version is
    the oracle's, in both currencies (T3, T12), and what is left open is the sum of all entries."""

    async def trial(history: History) -> None:
        entries, rng = list[Written](), Random(repr(history[:1]))
        for oracle, shelf, teller in replayed(history):
            facts_agree(oracle, shelf, teller)
            assert shelf.entries[: len(entries)] == entries
            entries = [*shelf.entries]
            assert daily(shelf.known_at(oracle.version)) == daily_of_facts(oracle, teller, oracle.version)
            nothing_is_over(shelf)
            open_items_are_sums(shelf)
            as_of = MIDDLE + timedelta(days=rng.randint(-50, 200)) if rng.randrange(6) else rng.choice(SOME_DAYS)
            side, version = rng.choice(["receivable", "payable"]), rng.randint(0, oracle.version)
            for in_base in (True, False):
                expected = paper_sums(oracle, teller, side, as_of, version, in_base=in_base)
                assert expected in (None, shelf.aged(side, as_of, version, in_base=in_base))

    await holds(trial)


def facts_agree(oracle: Oracle, shelf: Shelf, teller: Teller) -> None:
    """See that dates, amounts and states are the oracle's."""
    for key, slip in oracle.facts.documents.items():
        there = shelf.documents[teller.documents[key]]
        assert (there.state, there.status, there.returned_on) == (slip.state, slip.status, slip.returned)
        assert (there.issued_on, there.counts_on, there.amount_minor) == (slip.on, slip.from_day, slip.amount)
        if key.kind == "charge":
            parts = [(part.due, part.amount) for part in slip.parts]
            assert [(one.due_on, one.amount_minor) for one in there.schedule] == parts
            assert there.due_from == slip.due_from
        if key.kind in ("charge", "payment", "credit"):
            assert there.base_minor == slip.base
    standing = {teller.shares[name]: share for name, share in oracle.facts.shares.items() if share.stands}
    found = {id: one for id, one in shelf.allocations.items() if one.stands}
    assert {id: (one.effective_on, one.amount_minor, one.source_minor) for id, one in found.items()} == {
        id: (one.on, one.amount, one.paid) for id, one in standing.items()
    }


def nothing_is_over(shelf: Shelf) -> None:
    """See that on every day what is open of a document lies between zero and its amount, with the sign of its side.

    Checked at every version by checking it after each write: entries are only ever added. What the books show of a
    closed day is what they showed when that day was open, when the amount may have been another.
    """
    days: dict[tuple[DocumentId, bool], dict[date, int]] = defaultdict(lambda: defaultdict(int))
    for place, changes in daily(written.entry for written in shelf.entries).items():
        for on, (amount_minor, _) in changes.items():
            days[place.document_id, place.unapplied][on] += amount_minor
    for (document_id, unapplied), changed in days.items():
        open_minor = 0
        for on in sorted(changed):
            open_minor += -changed[on] if unapplied else changed[on]
            assert open_minor >= 0
            if shelf.books.closed_through is None or on > shelf.books.closed_through:
                assert open_minor <= shelf.documents[document_id].amount_minor


def open_items_are_sums(shelf: Shelf) -> None:
    """See that what a write leaves as open is the sum of all entries, document by document."""
    sums: dict[DocumentId, int] = defaultdict(int)
    for written in shelf.entries:
        sums[written.entry.item.document_id] += written.entry.amount_minor
    left = {document_id: open_minor for document_id, open_minor in shelf.open_minor.items() if open_minor}
    assert left == {document_id: open_minor for document_id, open_minor in sums.items() if open_minor}


def paper_sums(
    oracle: Oracle, teller: Teller, side: str, as_of: date, version: int, *, in_base: bool
) -> dict[tuple[PartyId, str], Sums] | None:
    """The oracle's report with a column for unapplied money, in the shape of the pure one; None if it is too big."""
    try:
        paper = report(oracle, side, as_of, version=version, credits="column", basis="base" if in_base else "document")
    except TooBig:
        return None
    return {(teller.parties[side, line.party], line.currency): Sums(line.bands, line.unapplied) for line in paper.lines}
