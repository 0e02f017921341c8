"""Apply payments and credits to charges: on the day stated, or on the first from which the amount fits (T5, T7).

Units: minor units of the currency of the document that each amount is of; dates are calendar days.
Holds: an allocation that was placed fits both its ends on every day that it holds.
Source: docs/rule.md, T5-T7, T9, T11.
"""

from dataclasses import replace
from datetime import date

from duebook.ledger import errors
from duebook.ledger.commands import Allocate, MoveAllocation, NewAllocation, TakeBack
from duebook.ledger.effects import least_open, open_by_day
from duebook.ledger.facts import Allocation, Document, Kind
from duebook.ledger.working import WORDS, Recorded, Working, check_amounts, check_open


def allocate(working: Working, command: Allocate) -> Recorded:
    """More of a payment or credit that is already recorded."""
    source = working.document(command.side, command.kind, command.source)
    for place, new in enumerate(command.allocations):
        with errors.placed(allocation=place):
            charge = working.document(command.side, Kind.CHARGE, new.charge)
            apply(working, source, charge, new, across_parties=command.across_parties)
    return Recorded(source.id, created=False)


def take_back(working: Working, command: TakeBack) -> Recorded:
    """As if it had never been, or from a later day on (T9)."""
    allocation = working.allocation(command.side, command.id)
    _end(working, allocation, command.on)
    return Recorded(allocation.id, created=False)


def move(working: Working, command: MoveAllocation) -> Recorded:
    """Take the money back and apply it elsewhere, on the same day if one is stated."""
    allocation = working.allocation(command.side, command.id)
    source = working.web.documents[allocation.source_id]
    _end(working, allocation, command.on)
    charge = working.document(command.side, Kind.CHARGE, command.to.charge)
    new = command.to if command.to.effective_on else replace(command.to, effective_on=command.on)
    across = working.web.documents[allocation.charge_id].party_id != source.party_id
    apply(working, source, charge, new, across_parties=across)
    return Recorded(new.id, created=True)


def _end(working: Working, allocation: Allocation, on: date | None) -> None:
    ended_on = max(on or allocation.effective_on, allocation.effective_on)
    if allocation.ended_on is None or ended_on < allocation.ended_on:
        working.keep_allocation(replace(allocation, ended_on=ended_on))
        working.check_only([allocation.charge_id, allocation.source_id])


def apply(
    working: Working, source: Document, charge: Document, new: NewAllocation, *, across_parties: bool = False
) -> None:
    """Allocate to one charge; an amount of nothing makes no allocation. Raises LedgerError."""
    if charge.party_id != source.party_id and not across_parties:
        raise errors.OtherParty(charge.id, charge.party_id, source.party_id)
    for end in (charge, source):
        check_open(end)
    if new.instalment is not None and not 1 <= new.instalment <= len(charge.schedule):
        raise errors.InstalmentNotFound(charge.id, new.instalment, len(charge.schedule))
    earliest = max(source.counts_on, charge.counts_on)
    if new.effective_on is not None and new.effective_on < earliest:
        raise errors.AllocatedTooEarly(new.effective_on, earliest)
    amount_minor, source_minor = _amounts(working, source, charge, new, new.effective_on or earliest)
    if not (amount_minor or source_minor):
        return
    allocation = Allocation(
        id=new.id,
        source_id=source.id,
        charge_id=charge.id,
        effective_on=new.effective_on or earliest,
        stated=new.effective_on is not None,
        amount_minor=amount_minor,
        source_minor=source_minor,
        instalment=new.instalment,
    )
    working.keep_allocation(placed(working, allocation))


def _amounts(working: Working, source: Document, charge: Document, new: NewAllocation, on: date) -> tuple[int, int]:
    """What leaves the charge, and what leaves the payment or credit (T11)."""
    amount_minor, source_minor = new.amount_minor, new.source_minor
    if amount_minor is None and source_minor is not None:
        amount_minor = working.rates.converted(source_minor, source.currency, charge.currency, on)
    elif source_minor is None and amount_minor is not None:
        source_minor = working.rates.converted(amount_minor, charge.currency, source.currency, on)
    elif source.currency == charge.currency and amount_minor != source_minor:
        raise errors.AmountsDiffer(amount_minor, source_minor, charge.currency)
    if amount_minor is None or source_minor is None:
        if new.amount_minor is None and new.source_minor is None:
            raise errors.AmountsDiffer(None, None, charge.currency)
        raise errors.NoRate(source.currency, charge.currency, on)
    check_amounts((amount_minor, charge.currency), (source_minor, source.currency))
    return amount_minor, source_minor


def placed(working: Working, allocation: Allocation) -> Allocation:
    """The allocation on its own day if that was stated, else on the first from its day on from which it fits.

    What the books hold of the allocation itself takes no room. Raises OverAllocated, Overdrawn.
    """
    web = working.web
    if there := web.hung(allocation):
        web.hang(replace(there, ended_on=there.effective_on))
    source, charge = web.documents[allocation.source_id], web.documents[allocation.charge_id]
    until = min((day for day in (allocation.ended_on, source.returned_on) if day), default=None)
    ends = [
        (charge, open_by_day(charge, web), allocation.amount_minor),
        (source, open_by_day(source, web), allocation.source_minor),
    ]
    start = allocation.effective_on
    later = set() if allocation.stated else {on for _, opens, _ in ends for on in opens if on > start}
    refusal: errors.Overdrawn | None = None
    for on in sorted({start, *later}):
        if all(least_open(opens, on, until)[0] >= minor for _, opens, minor in ends):
            try:
                return _tried(working, replace(allocation, effective_on=on), charge)
            except errors.Overdrawn as overdrawn:
                refusal = refusal or overdrawn
    if refusal:
        raise refusal
    document, minor, (least_minor, on) = next(
        (document, minor, least)
        for document, opens, minor in ends
        if (least := least_open(opens, start, until))[0] < minor
    )
    way = working.in_the_way(document)
    raise errors.OverAllocated(document.id, WORDS[document.kind], least_minor, on, minor, document.currency, way)


def _tried(working: Working, allocation: Allocation, charge: Document) -> Allocation:
    """The allocation, if instalments that are named keep their room beside it. Raises Overdrawn."""
    touching = working.web.touching(charge.id)
    if not any(one.instalment for one in (allocation, *touching)):
        return allocation
    there = working.web.hung(allocation)
    working.web.hang(allocation)
    try:
        working.check_instalments(charge)
    finally:
        if there:
            working.web.hang(there)
        else:
            working.web.take_down(allocation)
    return allocation
