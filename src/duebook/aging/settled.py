"""What was taken of a document's instalments by others, told allocation by allocation.

Units: minor units of the document's currency; positive takes away from what is open, on either side of an allocation.
Holds: for each instalment, what is told adds up to what the entries say; entries name the other document, and between
two documents the earlier allocation is taken to have filled the earlier instalment (T6).
Source: docs/rule.md, T5, T6, T15.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from duebook.ledger.facts import Allocation, AllocationId, DocumentId, Kind


class Cause(NamedTuple):
    """By how much a document changed an instalment of one, itself included, by a day; since when."""

    document_id: DocumentId
    kind: Kind
    number: str | None
    instalment: int
    effective_on: date
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Applied:
    """Part of an item that another document has taken: by an allocation, else as a write-off or refund of it.

    A recovery gives back, so its amount is below zero.
    """

    allocation_id: AllocationId | None
    document_id: DocumentId
    kind: Kind
    number: str | None
    effective_on: date
    amount_minor: int


def applied(
    document_id: DocumentId, kind: Kind, causes: Iterable[Cause], touching: Iterable[Allocation], as_of: date
) -> dict[int, tuple[Applied, ...]]:
    """What others have taken of each instalment of a document, in order of the day it took effect."""
    is_charge = kind is Kind.CHARGE
    hung: dict[DocumentId, list[Allocation]] = defaultdict(list)
    for one in sorted(touching, key=lambda one: (not _in_effect(one, as_of), one.effective_on, one.id)):
        hung[one.source_id if is_charge else one.charge_id].append(one)
    left = {
        one.id: one.amount_minor if is_charge else one.source_minor
        for allocations in hung.values()
        for one in allocations
    }
    found: dict[int, list[Applied]] = defaultdict(list)
    for cause in sorted(causes, key=lambda cause: (cause.instalment, cause.effective_on, cause.document_id)):
        if cause.document_id != document_id:
            taken_minor = -cause.amount_minor if is_charge else cause.amount_minor
            named = cause.instalment if is_charge else None
            found[cause.instalment] += _parts(cause, taken_minor, _fitting(hung[cause.document_id], named), left)
    return {
        instalment: tuple(sorted(parts, key=lambda one: (one.effective_on, one.document_id)))
        for instalment, parts in found.items()
    }


def _fitting(allocations: Iterable[Allocation], instalment: int | None) -> list[Allocation]:
    """Those that may have filled an instalment of a charge: the ones that name it, then those that name none."""
    if instalment is None:
        return list(allocations)
    fitting = [one for one in allocations if one.instalment in (None, instalment)]
    return sorted(fitting, key=lambda one: one.instalment is None)


def _parts(
    cause: Cause, taken_minor: int, allocations: Iterable[Allocation], left: dict[AllocationId, int]
) -> Iterator[Applied]:
    for one in allocations:
        part_minor = min(left[one.id], taken_minor)
        if part_minor > 0:
            left[one.id] -= part_minor
            taken_minor -= part_minor
            yield Applied(one.id, cause.document_id, cause.kind, cause.number, one.effective_on, part_minor)
    if taken_minor:
        yield Applied(None, cause.document_id, cause.kind, cause.number, cause.effective_on, taken_minor)


def _in_effect(allocation: Allocation, as_of: date) -> bool:
    return allocation.effective_on <= as_of and (allocation.ended_on is None or as_of < allocation.ended_on)
