"""What must hold of the oracle's facts, and the day on which an allocation finds room (T5, T7).

Holds: it shares no code with the ledger. A fact is tried by writing it down, walking through all days, and looking.
"""

from collections import defaultdict
from dataclasses import replace
from datetime import date

from tests.oracle.slips import DocumentSlip, Facts, Key, Refused, ShareSlip
from tests.oracle.walked import Standing, Walked, over_refunded, walked, weights_on


def check(facts: Facts, reason: str) -> None:
    """Refuse, for this reason, whatever leaves anything over-settled on any day (T7, T9).

    An instalment that allocations name may be short although the whole charge is not; that is always a correction.
    """
    reasons = set[str]()
    for slip in facts.documents.values():
        if slip.counts and walked(facts, slip).short_on:
            reasons |= {reason, *(["overdrawn"] if any(one.part for one in facts.shares_of(slip.key)) else [])}
        if slip.key.kind == "write_off" and slip.counts and recovered(facts, slip) > slip.amount:
            reasons.add(reason)
        if slip.key.kind == "charge" and slip.counts and over_refunded(facts, slip):
            reasons.add("too much" if reason == "too much" else "over refunded")
    if reasons:
        raise Refused(*reasons)


def recovered(facts: Facts, write_off: DocumentSlip) -> int:
    """How much of a write-off is ever recovered."""
    return sum(one.amount for one in facts.aimed_at(write_off.key) if one.counts)


def place(facts: Facts, share: ShareSlip, reason: str) -> None:
    """Write an allocation down: on its day if that is stated, else on the first from its day on with room (T5, T7).

    Room is never made or lost but on the days on which something happens to one of its ends.
    """
    ends = [facts.documents[share.source], facts.documents[share.charge]]
    there = facts.shares.get(share.name)
    if there:
        facts.shares[share.name] = replace(there, ended=there.on)
    happens = {day for end in ends for day in walked(facts, end).days if day > share.on}
    for day in sorted({share.on} if share.stated else {share.on, *happens}):
        if _has_room(facts, replace(share, on=day), ends):
            facts.shares[share.name] = replace(share, on=day)
            return
    raise Refused(reason, "overdrawn")


def _has_room(facts: Facts, share: ShareSlip, ends: list[DocumentSlip]) -> bool:
    """Whether it fits both ends on its own day, and leaves neither over-settled on any day."""
    source, charge = (walked(facts, end) for end in ends)
    if left_on(source, share.on) < share.paid or left_on(charge, share.on) < share.amount:
        return False
    tried = facts.copy()
    tried.shares[share.name] = share
    return not any(walked(tried, end).short_on for end in ends)


def left_on(days: Walked, day: date) -> int:
    """What is open of a document at the end of a day."""
    return sum(open_minor for open_minor, _ in days.on(day).values())


def least_left(facts: Facts, slip: DocumentSlip, first: date) -> int:
    """The smallest open amount on a day and all later ones."""
    days = walked(facts, slip)
    return min(left_on(days, day) for day in [first, *days.days] if day >= first)


def marks(facts: Facts, through: date) -> set[tuple[object, ...]]:
    """Everything that happens to anything by a day: a write that changes these changes a closed period (T16)."""
    found: set[tuple[object, ...]] = set()
    for slip in facts.documents.values():
        item = (slip.key, slip.party, slip.on, slip.currency)
        before: Standing = {}
        for day, standing in sorted(walked(facts, slip).days.items()):
            if day <= through and standing != before:
                found.add((*item, day, *sorted(standing.items())))
            before = standing
        if slip.counts and slip.key.kind in ("charge", "payment", "credit"):
            sums = _caused(facts, slip)
            found |= {(*item, *cause, amount) for cause, amount in sums.items() if amount and cause[0] <= through}
    return found


def _caused(facts: Facts, slip: DocumentSlip) -> dict[tuple[date, str, Key], int]:
    """What each cause puts on a document and lifts off it, day by day; an end of its own takes back what it put on."""
    sums: dict[tuple[date, str, Key], int] = defaultdict(int)
    for weight in weights_on(facts, slip):
        sums[weight.first, "put on", weight.cause] += weight.amount
        if weight.end and weight.lifts:
            sums[weight.end, "lifted", weight.lifts] += weight.amount
        elif weight.end:
            sums[weight.end, "put on", weight.cause] -= weight.amount
    for back in facts.aimed_at(slip.key):
        if slip.key.kind == "charge" and back.key.kind == "refund" and back.counts:
            sums[max(back.on, slip.from_day), "paid back", back.key] += back.amount
    return sums
