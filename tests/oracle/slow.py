"""The slow oracle: all that was ever known, version by version, and every question answered by reading all of it.

Units: minor units; a version is the number of writes that added something.
Holds: it shares no code with the ledger. There are no entries, no open items and no differences here. A report is what
the facts known at a version say of a day; once a day is closed, it is what they said before each later write.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final, NamedTuple

from tests.oracle import aimed, corrected, taken_down
from tests.oracle.checked import marks
from tests.oracle.said import (
    BASE_CURRENCY,
    Apply,
    Begin,
    Charge,
    Close,
    Edit,
    GiveUp,
    Leave,
    Meet,
    Merge,
    Move,
    PayBack,
    Postpone,
    Progress,
    Quote,
    Recover,
    Saying,
    Settle,
    TakeBack,
    Undo,
)
from tests.oracle.slips import DocumentSlip, Facts, Key, Refused
from tests.oracle.walked import Walked, walked

ONE_DAY = timedelta(days=1)
TAKEN_DOWN: Final[Mapping[type[Saying], Callable[[Facts, Any], str]]] = {
    Meet: taken_down.meet,
    Leave: taken_down.leave,
    Charge: taken_down.charge,
    Settle: taken_down.settle,
    Apply: taken_down.more,
    GiveUp: aimed.give_up,
    Recover: aimed.recover,
    PayBack: aimed.pay_back,
    TakeBack: corrected.take_back,
    Move: corrected.move,
    Edit: corrected.edit,
    Postpone: corrected.postpone,
    Undo: corrected.undo,
    Progress: corrected.progress,
    Merge: corrected.merge,
}


class Open(NamedTuple):
    """What is open, or unapplied, of a part of a document with its due date; `base` is its base balance."""

    slip: DocumentSlip
    part: int
    due: date
    amount: int
    base: int


@dataclass
class Oracle:
    """The facts known at each version, from none at version 0."""

    known: list[Facts] = field(default_factory=lambda: [Facts()])
    _walks: dict[int, dict[Key, Walked]] = field(default_factory=dict)

    @property
    def version(self) -> int:
        """The latest version."""
        return len(self.known) - 1

    @property
    def facts(self) -> Facts:
        """What is known now."""
        return self.known[-1]

    def write(self, sayings: Sequence[Saying]) -> list[str | None]:
        """Take down one write, all of it or nothing; what each saying stands under. Raises Refused."""
        draft, answers = self.drafted(sayings)
        through = self._closed_for(self.facts, draft)
        if through and self.facts.late == "refuse" and marks(self.facts, through) != marks(draft, through):
            raise Refused("closed")
        if draft.changed:
            self.known.append(draft)
        return answers

    def drafted(self, sayings: Sequence[Saying]) -> tuple[Facts, list[str | None]]:
        """The facts as they would be after some sayings, with no regard to closed periods. Raises Refused."""
        draft = self.facts.copy()
        draft.met_before, draft.changed = frozenset(self.facts.parties), False
        answers = []
        for saying in sayings:
            before = draft.copy()
            answers.append(self._take(draft, saying))
            draft.changed |= draft != before
        return draft, answers

    def _take(self, draft: Facts, saying: Saying) -> str | None:
        match saying:
            case Quote(rates):
                _quote(draft, rates)
            case Begin(on):
                self._begin(draft, on)
            case Close(through, late):
                draft.closed, draft.late = through, late
            case _:
                return TAKEN_DOWN[type(saying)](draft, saying)
        return None

    def _begin(self, draft: Facts, on: date) -> None:
        """The books start before all that is in them, and once something is, they keep their start (T18)."""
        days = {day for version in range(len(self.known)) for day in self._days(version)}
        days |= {day for slip in draft.documents.values() if slip.amount for day in walked(draft, slip).days}
        first = min(days, default=None)
        if on != draft.starts and first is not None and (first < on or draft.starts is not None):
            raise Refused("begun")
        draft.starts = on

    @staticmethod
    def _closed_for(before: Facts, after: Facts) -> date | None:
        """How far the books are closed for a write: a closing holds from the next one on, an opening at once (T16)."""
        return min(before.closed, after.closed) if before.closed and after.closed else None

    def frozen_at(self, day: date, version: int) -> int:
        """The version whose facts a day shows: that of the last write by then for which the day was open."""
        while version > 0:
            through = self._closed_for(self.known[version - 1], self.known[version])
            if through is None or day > through:
                break
            version -= 1
        return version

    def closed_at(self, day: date) -> int | None:
        """The version that closed a day for good; None if it is open."""
        version = self.version
        while version > 0 and (closed := self.known[version].closed) and day <= closed:
            version -= 1
        return None if version == self.version else version + 1

    def open_on(self, day: date, version: int) -> list[Open]:
        """All that is open at the end of a day, known at a version."""
        shown = self.frozen_at(day, version)
        return [
            Open(slip, part, due, amount, base)
            for slip in self.known[shown].documents.values()
            for (part, due), (amount, base) in self.walk(slip.key, shown).on(day).items()
        ]

    def walk(self, key: Key, version: int) -> Walked:
        """The days of a document as known at a version."""
        walks = self._walks.setdefault(version, {})
        if key not in walks:
            walks[key] = walked(self.known[version], self.known[version].documents[key])
        return walks[key]

    def days(self, version: int) -> list[date]:
        """All days on which what is open may change, known at a version."""
        days = {facts.closed + ONE_DAY for facts in self.known[: version + 1] if facts.closed}
        return sorted(days.union(*(self._days(known) for known in range(version + 1))))

    def _days(self, version: int) -> set[date]:
        """The days on which something happens, by the facts known at a version."""
        slips = self.known[version].documents.values()
        return {day for slip in slips if slip.amount for day in self.walk(slip.key, version).days}


def _quote(draft: Facts, rates: Sequence[tuple[str, date, Any]]) -> None:
    for currency, day, rate in rates:
        if currency == BASE_CURRENCY or not rate > 0:
            raise Refused("bad rate")
        draft.rates[currency, day] = rate
