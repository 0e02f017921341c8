"""The book's rules against the slow oracle: any history, any day, any version (T0, T3-T5, T7, T11, T12)."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from duebook.aging.bands import Sums
from duebook.ledger.facts import PartyId
from tests.oracle.daily import daily, daily_of_facts
from tests.oracle.histories import MIDDLE, histories
from tests.oracle.said import History
from tests.oracle.shelf import Shelf
from tests.oracle.slow import Oracle, Refused, TooBig
from tests.oracle.told import ERRORS, Teller

as_of_days = st.one_of(
    st.integers(-50, 200).map(lambda offset: MIDDLE + timedelta(days=offset)),
    st.sampled_from([date.min, date(2024, 2, 29), date.max]),
)


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
            stands: dict[UUID, str] = {id: key.document for key, id in teller.documents.items()}
            stands |= {id: name for (_, name), id in shelf.party_ids().items()}
            assert [stands[result.id] for result in results] == answers
            assert shelf.version == oracle.version
            due_dates = [shelf.documents[teller.documents[slip.key]].due_on for slip in oracle.documents]
            assert due_dates == [slip.due for slip in oracle.documents]
            assert [one.effective_on for one in shelf.allocations] == [slip.on for slip in oracle.shares]
        yield oracle, shelf, teller


@given(histories(), st.data())
def test_any_report_equals_the_oracles(history: History, data: st.DataObject) -> None:
    """For any history, the sum over entries is the oracle's report, on any day, at any version, in both currencies."""
    for oracle, shelf, teller in replayed(history):
        as_of, side = data.draw(as_of_days), data.draw(st.sampled_from(["receivable", "payable"]))
        version = data.draw(st.integers(0, oracle.version))
        for in_base in (True, False):
            expected = paper_sums(oracle, teller, side, as_of, version, in_base=in_base)
            assert expected in (None, shelf.aged(side, as_of, version, in_base=in_base))


@given(histories())
def test_entries_are_the_facts_replayed(history: History) -> None:
    """At every version, the entries of an item add up on each day to what the facts known then give (T0)."""
    for oracle, shelf, teller in replayed(history):
        for version in range(oracle.version + 1):
            assert daily(shelf.known_at(version)) == daily_of_facts(oracle, teller, version)


@given(histories())
def test_nothing_is_ever_over(history: History) -> None:
    """On every day, at every version, what is open of a document lies between zero and its amount (T7)."""
    for oracle, shelf, _ in replayed(history):
        for version in range(oracle.version + 1):
            for (document_id, _), changes in daily(shelf.known_at(version)).items():
                amount_minor, open_minor = shelf.documents[document_id].amount_minor, 0
                for on in sorted(changes):
                    open_minor += changes[on][0]
                    assert 0 <= abs(open_minor) <= amount_minor


@given(histories())
def test_late_facts_leave_earlier_versions_alone(history: History) -> None:
    """A write adds entries and changes none, so reports known at an earlier version stay as they were (T12)."""
    entries: list[object] = []
    for _, shelf, _ in replayed(history):
        assert shelf.entries[: len(entries)] == entries
        entries = [*shelf.entries]


@given(histories())
def test_open_items_are_the_sum_of_entries(history: History) -> None:
    """What a write leaves as open is the sum of all entries, document by document."""
    for _, shelf, _ in replayed(history):
        sums: dict[object, int] = defaultdict(int)
        for written in shelf.entries:
            sums[written.entry.item.document_id] += written.entry.amount_minor
        assert shelf.open_minor == sums


def paper_sums(
    oracle: Oracle, teller: Teller, side: str, as_of: date, version: int, *, in_base: bool
) -> dict[tuple[PartyId, str], Sums] | None:
    """The oracle's report with a column for unapplied money, in the shape of the pure one; None if it is too big."""
    try:
        paper = oracle.report(side, as_of, version=version, credits="column", in_base=in_base)
    except TooBig:
        return None
    return {(teller.parties[side, line.party], line.currency): Sums(line.bands, line.unapplied) for line in paper.lines}
