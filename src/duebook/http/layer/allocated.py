"""Payments and credits that are corrected together with what they are allocated to.

Holds: allocations that are said anew replace those there are, all of them, unless they are the very same.
"""

from collections.abc import Sequence

from duebook.ledger.commands import Allocate, Command, EditDocument, NewAllocation, TakeBack
from duebook.ledger.views import DocumentView


def changed(
    known: DocumentView, edit: EditDocument, allocations: tuple[NewAllocation, ...] | None
) -> Sequence[Command]:
    """What corrects a payment or credit; without allocations, those there are stay."""
    if allocations is None or _same(known, allocations):
        return [edit]
    document = known.document
    allocate = Allocate(side=document.side, kind=document.kind, source=document.id, allocations=allocations)
    return [*taken_back(known), edit, allocate]


def taken_back(known: DocumentView) -> list[TakeBack]:
    """What takes all allocations of a payment or credit back."""
    return [TakeBack(side=known.document.side, id=one.id) for one in known.allocations]


def _same(known: DocumentView, allocations: Sequence[NewAllocation]) -> bool:
    there = [(one.charge_id, one.amount_minor) for one in known.allocations]
    return there == [(one.charge, one.amount_minor) for one in allocations if one.amount_minor]
