"""The oracle's slips: what is known of parties, documents and allocations after a write, each a plain value.

Units: minor units; days are calendar days.
Holds: it shares no code with the ledger. Slips stand in order of recording, and a corrected one keeps its place.
"""

from copy import copy
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from tests.oracle.said import BASE_CURRENCY, Part, Saying

BIGGEST = 2**63 - 1
PLACES = {"USD": 2, "EUR": 2, "JPY": 0, "KWD": 3}


class Key(NamedTuple):
    """How a document is known."""

    side: str
    kind: str
    document: str


class Refused(Exception):
    """A write must be refused, for any of these reasons."""

    def __init__(self, *reasons: str) -> None:
        self.reasons = frozenset(reasons)
        super().__init__(", ".join(sorted(reasons)))


@dataclass(frozen=True)
class PartySlip:
    """A party. `terms` are days, and whether they are counted from the month's end."""

    side: str
    party: str
    name: str
    archived: bool = False
    terms: tuple[int, bool] | None = None


@dataclass(frozen=True, kw_only=True)
class DocumentSlip:
    """A document, and what was said when it was recorded; `opens` if it is an opening item, that counts from there.

    `parts` are the shares of a charge with their first due dates, `postponed` the day, the part and its next due date.
    """

    key: Key
    said: Saying
    party: str
    state: str = "issued"
    on: date
    opens: date | None = None
    parts: tuple[Part, ...]
    in_parts: bool = False
    due_from: str = "issue_date"
    terms: tuple[int, bool] | None = None
    postponed: tuple[tuple[date, int, date], ...] = ()
    currency: str
    amount: int
    base: int
    target: Key | None = None
    status: str | None = None
    returned: date | None = None
    reason: str | None = None

    @property
    def from_day(self) -> date:
        """The day from which it counts."""
        return self.opens or self.on

    @property
    def counts(self) -> bool:
        """Whether it ever counts: money that never came, or was not yet paid out, does not."""
        if self.key.kind == "refund" and self.status not in ("completed", "returned"):
            return False
        return self.state == "issued" and self.status not in ("failed", "cancelled")

    @property
    def due(self) -> date:
        """The last due date, as it stood at first."""
        return self.parts[-1].due

    def due_on(self, part: int, day: date) -> date:
        """When a part, counted from 1, falls due as it stands on a day."""
        moved = [(from_on, due) for from_on, number, due in self.postponed if number == part and from_on <= day]
        return max(moved)[1] if moved else self.parts[part - 1].due


@dataclass(frozen=True, kw_only=True)
class ShareSlip:
    """An allocation, on the day that was stated or found; `amount` is the charge's, `paid` the settling money's."""

    name: str
    source: Key
    charge: Key
    on: date
    stated: bool
    amount: int
    paid: int
    part: int | None = None
    ended: date | None = None

    @property
    def stands(self) -> bool:
        """Whether it holds on any day."""
        return self.ended is None or self.ended > self.on


@dataclass
class Facts:
    """All that is known after a write; `changed` if any of its sayings changed anything."""

    parties: dict[tuple[str, str], PartySlip] = field(default_factory=dict)
    documents: dict[Key, DocumentSlip] = field(default_factory=dict)
    shares: dict[str, ShareSlip] = field(default_factory=dict)
    rates: dict[tuple[str, date], Decimal] = field(default_factory=dict)
    starts: date | None = None
    closed: date | None = None
    late: str = "refuse"
    met_before: frozenset[tuple[str, str]] = field(default=frozenset(), compare=False)
    changed: bool = field(default=False, compare=False)

    def copy(self) -> "Facts":
        """The same, apart from what is written on it from now on."""
        draft = copy(self)
        draft.parties, draft.documents = dict(self.parties), dict(self.documents)
        draft.shares, draft.rates = dict(self.shares), dict(self.rates)
        return draft

    def shares_of(self, key: Key) -> list[ShareSlip]:
        """The allocations that touch a document, those that were taken back among them."""
        return [one for one in self.shares.values() if key in (one.source, one.charge)]

    def aimed_at(self, key: Key) -> list[DocumentSlip]:
        """The write-offs, recoveries and refunds aimed at a document, whether they count or not."""
        return [one for one in self.documents.values() if one.target == key]

    def worth(self, amount: int, currency: str, into: str, day: date) -> int | None:
        """An amount in another currency by the rates of a day, rounded half to even; None if a rate is missing."""
        if currency == into:
            return amount
        rates = [self._rate(one, day) for one in (currency, into)]
        if rates[0] is None or rates[1] is None:
            return None
        return round(amount * rates[0] / rates[1])

    def _rate(self, currency: str, day: date) -> Fraction | None:
        """What a minor unit is worth in base currency: the last quote by that day."""
        unit = Fraction(1, 10 ** PLACES[currency])
        if currency == BASE_CURRENCY:
            return unit
        quotes = [quoted for (known, quoted) in self.rates if known == currency and quoted <= day]
        return Fraction(self.rates[currency, max(quotes)]) * unit if quotes else None
