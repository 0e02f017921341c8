"""What changes on which day: once from entries, once from the oracle's slips (T0)."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from duebook.ledger.facts import DocumentId, Entry, PartyId
from tests.oracle.slow import Oracle
from tests.oracle.told import Teller


class Place(NamedTuple):
    """An item: what stands in one place of a report."""

    document_id: DocumentId
    instalment: int
    due_on: date
    party_id: PartyId
    document_on: date
    unapplied: bool


Daily = dict[Place, dict[date, tuple[int, int]]]
"""Per item: the change of its open amount and of its base balance, on each day that has one."""


def daily(entries: Iterable[Entry]) -> Daily:
    """What entries add up to, per item and day."""
    sums: Daily = defaultdict(lambda: defaultdict(lambda: (0, 0)))
    for entry in entries:
        item = entry.item
        place = Place(item.document_id, item.instalment, item.due_on, item.party_id, item.document_on, item.unapplied)
        amount, base = sums[place][entry.effective_on]
        sums[place][entry.effective_on] = (amount + entry.amount_minor, base + entry.base_minor)
    changes = {place: {on: both for on, both in days.items() if both != (0, 0)} for place, days in sums.items()}
    return {place: days for place, days in changes.items() if days}


def daily_of_facts(oracle: Oracle, teller: Teller, version: int) -> Daily:
    """The same from the oracle: what was open at the end of a day, less at the end of the day before."""
    sums: Daily = defaultdict(dict)
    before: dict[Place, tuple[int, int]] = {}
    for day in oracle.days(version):
        now: dict[Place, tuple[int, int]] = {}
        for one in oracle.open_on(day, version):
            slip = one.slip
            unapplied = slip.key.kind != "charge"
            party_id = teller.parties[slip.key.side, slip.party]
            place = Place(teller.documents[slip.key], one.part, one.due, party_id, slip.on, unapplied)
            now[place] = (-one.amount, -one.base) if unapplied else (one.amount, one.base)
        for place in before.keys() | now.keys():
            was, became = before.get(place, (0, 0)), now.get(place, (0, 0))
            if was != became:
                sums[place][day] = (became[0] - was[0], became[1] - was[1])
        before = now
    return dict(sums)
