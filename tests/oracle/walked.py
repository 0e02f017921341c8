"""What is open of a document at the end of each day, found by walking through its days from the first to the last.

Units: minor units; open amounts of payments and credits are what is unapplied of them, positive.
Holds: it shares no code with the ledger. There are no entries here: things that settle a document lie on it from a day
on, and are lifted off on another.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import NamedTuple

from tests.oracle.slips import DocumentSlip, Facts, Key

Standing = dict[tuple[int, date], tuple[int, int]]
"""By part and due date: what is open, and its base balance."""


class Weight(NamedTuple):
    """Something that lies on a document from one day until the day before another."""

    first: date
    end: date | None
    amount: int
    cause: Key
    part: int | None = None
    lifts: Key | None = None


@dataclass
class Walked:
    """The standing at the end of each day on which something happened, and on which day something found no room."""

    days: dict[date, Standing] = field(default_factory=dict)
    short_on: date | None = None

    def on(self, day: date) -> Standing:
        """The standing at the end of any day."""
        last = max((one for one in self.days if one <= day), default=None)
        return {} if last is None else self.days[last]


def walked(facts: Facts, slip: DocumentSlip) -> Walked:
    """Walk through the days of one document."""
    if not slip.counts or slip.key.kind not in ("charge", "payment", "credit"):
        return Walked()
    weights = list(weights_on(facts, slip))
    days = {slip.from_day, *(max(from_on, slip.from_day) for from_on, *_ in slip.postponed)}
    days |= {day for one in weights for day in (one.first, one.end) if day}
    days |= {slip.returned} if slip.returned else set()
    found, lying = Walked(), dict[int, dict[int, int]]()
    for day in sorted(days):
        for place, weight in enumerate(weights):
            if weight.end == day:
                lying.pop(place)
        for place, weight in enumerate(weights):
            if weight.first == day:
                lying[place] = _laid(slip, weight, lying)
                if sum(lying[place].values()) < weight.amount and found.short_on is None:
                    found.short_on = day
        gone = slip.returned is not None and slip.returned <= day
        if gone and lying and found.short_on is None:
            found.short_on = day
        found.days[day] = {} if gone else _standing(slip, lying, day)
    return found


def weights_on(facts: Facts, slip: DocumentSlip) -> Iterator[Weight]:
    """All that lies on a document on some day, in the order in which it is laid on a day of its own."""
    for weight in _all_weights(facts, slip):
        if weight.amount and (weight.end is None or weight.first < weight.end):
            yield weight


def _all_weights(facts: Facts, slip: DocumentSlip) -> Iterator[Weight]:
    for share in facts.shares_of(slip.key):
        source = facts.documents[share.source]
        if source.counts and facts.documents[share.charge].counts:
            end = min((day for day in (share.ended, source.returned) if day), default=None)
            lifts = source.key if source.returned and end == source.returned != share.ended else None
            if slip is source:
                yield Weight(share.on, end, share.paid, share.charge, None, lifts)
            else:
                yield Weight(share.on, end, share.amount, share.source, share.part, lifts)
    for aimed in facts.aimed_at(slip.key):
        first = max(aimed.on, slip.from_day)
        if aimed.key.kind == "write_off" and aimed.counts:
            recoveries = [one for one in facts.aimed_at(aimed.key) if one.counts]
            yield Weight(first, None, aimed.amount - sum(one.amount for one in recoveries), aimed.key)
            for recovery in reversed(recoveries):
                yield Weight(first, max(recovery.on, first), recovery.amount, aimed.key, None, recovery.key)
        if aimed.key.kind == "refund" and slip.key.kind != "charge" and aimed.counts:
            yield Weight(first, aimed.returned, aimed.amount, aimed.key, None, aimed.key)


def _laid(slip: DocumentSlip, weight: Weight, lying: dict[int, dict[int, int]]) -> dict[int, int]:
    """How a weight spreads over the parts: the oldest due date first, or the one part that it names."""
    numbers = range(1, len(slip.parts) + 1)
    spread, left = dict[int, int](), weight.amount
    for part in sorted(numbers, key=lambda one: (slip.due_on(one, weight.first), one)):
        if weight.part in (None, part):
            spread[part] = min(left, slip.parts[part - 1].amount - _on_part(part, lying))
            left -= spread[part]
    return spread


def _standing(slip: DocumentSlip, lying: dict[int, dict[int, int]], day: date) -> Standing:
    bases = split_base(slip)
    standing: Standing = {}
    for part, (share, base) in enumerate(zip(slip.parts, bases, strict=True), 1):
        left = share.amount - _on_part(part, lying)
        balance = round(Fraction(base * left, share.amount)) if share.amount else 0
        place = (part, slip.due_on(part, day))
        if (left, balance) != (0, 0):
            standing[place] = (left, balance)
    return standing


def _on_part(part: int, lying: dict[int, dict[int, int]]) -> int:
    return sum(spread.get(part, 0) for spread in lying.values())


def split_base(slip: DocumentSlip) -> list[int]:
    """The base amount of each part: its proportion, rounded half to even; the last takes the rest."""
    if len(slip.parts) == 1 or slip.amount == 0:
        return [0] * (len(slip.parts) - 1) + [slip.base]
    bases = [round(Fraction(slip.base * part.amount, slip.amount)) for part in slip.parts[:-1]]
    return [*bases, slip.base - sum(bases)]


def paid_less_refunded(facts: Facts, charge: DocumentSlip, day: date) -> int:
    """How much was paid of a charge, less what was paid back of it, at the end of a day."""
    weights = [one for one in weights_on(facts, charge) if one.cause.kind == "payment"]
    paid = sum(one.amount for one in weights if one.first <= day and (one.end is None or day < one.end))
    for refund in facts.aimed_at(charge.key):
        came_back = refund.returned and max(refund.returned, charge.from_day)
        if refund.key.kind == "refund" and refund.counts and max(refund.on, charge.from_day) <= day:
            paid -= refund.amount if came_back is None or day < came_back else 0
    return paid


def over_refunded(facts: Facts, charge: DocumentSlip) -> bool:
    """Whether on some day more of a charge has been paid back than was paid of it."""
    days = {day for one in weights_on(facts, charge) for day in (one.first, one.end) if day}
    days |= {max(one.on, charge.from_day) for one in facts.aimed_at(charge.key)}
    return any(paid_less_refunded(facts, charge, day) < 0 for day in days)
