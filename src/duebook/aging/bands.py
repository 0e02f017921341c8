"""Bands of days late, and the rule that puts each open item into exactly one, as of a date.

Units: amounts are minor units (int) of one currency; ages are whole days past due.
Holds: for any entries and any bands, the bands add up to what is open, currency by currency.
Source: docs/rule.md, T1, T2, T3, T8.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from duebook.days import days_late
from duebook.ledger.facts import Entry, PartyId


class BadBands(ValueError):
    """Edges of bands are at least one whole number, each greater than the one before."""

    def __init__(self, edges: Sequence[int], edge: int | None) -> None:
        self.edges, self.edge = tuple(edges), edge
        problem = "there is no edge" if edge is None else f"edge {edge} is not greater than the one before it"
        super().__init__(f"{list(edges)} are not edges of bands: {problem}")


@dataclass(frozen=True, slots=True)
class Bands:
    """Bands named by inclusive lower edges: (1, 31, 61) reads ..0 | 1..30 | 31..60 | 61.. days late.

    Raises BadBands for edges that are empty, out of order or double (T2).
    """

    edges: tuple[int, ...]

    def __post_init__(self) -> None:
        if not self.edges:
            raise BadBands(self.edges, None)
        for before, edge in zip(self.edges, self.edges[1:], strict=False):
            if edge <= before:
                raise BadBands(self.edges, edge)

    def of(self, late: int) -> int:
        """Band index in 0..len(edges); every integer has one."""
        return bisect_right(self.edges, late)

    def label(self, band: int) -> str:
        """What a reader calls the band: "current", "1-30", "91+"."""
        lower = self.edges[band - 1] if band else None
        upper = self.edges[band] - 1 if band < len(self.edges) else None
        if lower is None:
            return "current" if upper == 0 else f"up to {upper}"
        if upper is None:
            return f"{lower}+"
        return str(lower) if lower == upper else f"{lower}-{upper}"

    def __len__(self) -> int:
        return len(self.edges) + 1


THIRTIES: Final = Bands((1, 31, 61, 91))


@dataclass(frozen=True, slots=True)
class Sums:
    """What one party owes or is owed in one currency: by band, and unapplied (zero or less)."""

    bands: tuple[int, ...]
    unapplied_minor: int

    @property
    def total_minor(self) -> int:
        """Bands and unapplied money together (T3)."""
        return sum(self.bands) + self.unapplied_minor


def aged(entries: Iterable[Entry], bands: Bands, as_of: date) -> dict[tuple[PartyId, str], Sums]:
    """The report as a sum over entries: those that took effect by the day, per party and document currency.

    Parties whose sums are all zero are left out.
    """
    sums: dict[tuple[PartyId, str], list[int]] = defaultdict(lambda: [0] * (len(bands) + 1))
    for entry in entries:
        if entry.effective_on <= as_of:
            item = entry.item
            place = -1 if item.unapplied else bands.of(days_late(item.due_on, as_of))
            sums[item.party_id, item.currency][place] += entry.amount_minor
    return {key: Sums(tuple(row[:-1]), row[-1]) for key, row in sums.items() if any(row)}
