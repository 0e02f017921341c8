"""What changes on which day: once from entries, once from the oracle's slips (T0)."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, timedelta

from duebook.ledger.facts import DocumentId, Entry
from tests.oracle.slow import Oracle
from tests.oracle.told import Teller

Daily = dict[tuple[DocumentId, bool], dict[date, tuple[int, int]]]
"""Per document, unapplied or not: the change of its open amount and of its base balance, on each day that has one."""


def daily(entries: Iterable[Entry]) -> Daily:
    """What entries add up to, per item and day."""
    sums: Daily = defaultdict(lambda: defaultdict(lambda: (0, 0)))
    for entry in entries:
        days = sums[entry.item.document_id, entry.item.unapplied]
        amount, base = days[entry.effective_on]
        days[entry.effective_on] = (amount + entry.amount_minor, base + entry.base_minor)
    return _without_nothing(sums)


def daily_of_facts(oracle: Oracle, teller: Teller, version: int) -> Daily:
    """The same from the oracle: what was open at the end of a day, less at the end of the day before."""
    sums: Daily = {}
    for slip in oracle.documents:
        unapplied = slip.key.kind != "charge"
        sign = -1 if unapplied else 1
        sums[teller.documents[slip.key], unapplied] = changes = {}
        for on in oracle.days_of(slip):
            before = on - timedelta(days=1)
            changes[on] = (
                sign * (oracle.open_on(slip, on, version) - oracle.open_on(slip, before, version)),
                sign * (oracle.base_on(slip, on, version) - oracle.base_on(slip, before, version)),
            )
    return _without_nothing(sums)


def _without_nothing(sums: Daily) -> Daily:
    changes = {item: {on: both for on, both in days.items() if both != (0, 0)} for item, days in sums.items()}
    return {item: days for item, days in changes.items() if days}
