"""The canonical entries of a document: what its facts give when replayed in order of effective date (T0).

Units: minor units; positive raises what is owed.
Holds: entries depend on the facts alone, so what must be written after a change is the canonical entries less those
already there; whatever settles a document is an interval of days, and ends by giving back exactly what it had taken;
the base balance of an item on any day is base amount x open / amount, rounded half to even (T11).
Source: docs/rule.md, T0, T4-T6, T9-T11.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from typing import Final, NamedTuple

from duebook.ledger.effects import Effect, Web, effects, refunds_of_charge
from duebook.ledger.facts import Allocation, AllocationId, Document, DocumentId, Entry, EntryKind, Item, Kind
from duebook.money import portion, split


class NoRoom(Exception):
    """An allocation to one instalment finds less open than it takes."""

    def __init__(self, instalment: int, on: date, left_minor: int) -> None:
        self.instalment, self.on, self.left_minor = instalment, on, left_minor
        super().__init__(f"instalment {instalment} is {left_minor} short on {on}")


def differences(wanted: Iterable[Entry], there: Iterable[Entry], closed_through: date | None = None) -> list[Entry]:
    """What must be added to the entries that are there, so that each item adds up as wanted on each day.

    What would take effect by the day through which the books are closed takes effect on the day after (T16).
    """
    sums: dict[Entry, list[int]] = defaultdict(lambda: [0, 0])
    for sign, entries in ((1, wanted), (-1, there)):
        for entry in entries:
            amounts = sums[_key(entry, closed_through)]
            amounts[0] += sign * entry.amount_minor
            amounts[1] += sign * entry.base_minor
    return [
        replace(key, amount_minor=amount_minor, base_minor=base_minor)
        for key, (amount_minor, base_minor) in sums.items()
        if amount_minor or base_minor
    ]


def _key(entry: Entry, closed_through: date | None) -> Entry:
    effective_on = entry.effective_on
    if closed_through is not None and effective_on <= closed_through:
        effective_on = closed_through + timedelta(days=1)
    return Entry(
        item=entry.item,
        kind=entry.kind,
        cause_id=entry.cause_id,
        effective_on=effective_on,
        amount_minor=0,
        base_minor=0,
    )


class _Step(NamedTuple):
    """An entry, the effect that begins or ends with it, and whether it ends."""

    entry: Entry
    effect: Effect | None = None
    ends: bool = False


_Turn = tuple[AllocationId, bool]
"""Where an allocation begins, or ends."""

_OPENS, _DUE_CHANGES, _ENDS, _BEGINS, _CLOSES = range(5)
"""What comes first on a day."""


class Replay:
    """Entries worked out from a web of facts, each document replayed once."""

    def __init__(self, web: Web) -> None:
        self._web: Final = web
        self._steps: Final[dict[DocumentId, list[_Step]]] = {}
        self._moved: Final[dict[DocumentId, dict[_Turn, int]]] = {}

    def canonical(self, document: Document) -> list[Entry]:
        """The entries of a document's own items. Raises NoRoom if an instalment is over-allocated."""
        steps = self._walked(document)
        if document.kind is Kind.CHARGE:
            refunds = refunds_of_charge(document, self._web) if document.counts else []
            return [*self._with_exchange(steps), *_refunded(document, refunds)]
        return [step.entry for step in steps]

    def _walked(self, document: Document) -> list[_Step]:
        if document.id not in self._steps:
            self._steps[document.id] = list(_walk(document, self._web))
        return self._steps[document.id]

    def _with_exchange(self, steps: list[_Step]) -> Iterator[Entry]:
        """The part of a change of base that is not the settling money's own is an exchange difference (T11)."""
        weights: dict[_Turn, list[int]] = defaultdict(list)
        for entry, effect, ends in steps:
            if effect is not None and effect.allocation is not None:
                weights[effect.allocation.id, ends].append(entry.amount_minor)
        moved: dict[_Turn, Iterator[int]] = {}
        for entry, effect, ends in steps:
            if effect is None or effect.allocation is None:
                yield entry
                continue
            allocation, turn = effect.allocation, (effect.allocation.id, ends)
            if turn not in moved:
                moved[turn] = iter(split(self._base_moved(allocation, ends), weights[turn]))
            own_minor = -next(moved[turn])
            yield replace(entry, base_minor=own_minor)
            if own_minor != entry.base_minor:
                yield replace(
                    entry,
                    kind=EntryKind.EXCHANGE,
                    cause_id=allocation.source_id,
                    amount_minor=0,
                    base_minor=entry.base_minor - own_minor,
                )

    def _base_moved(self, allocation: Allocation, ends: bool) -> int:
        """By how much the source's base balance rises where an allocation begins or ends."""
        source = self._web.documents[allocation.source_id]
        if source.base_minor == source.amount_minor:
            return -allocation.source_minor if ends else allocation.source_minor
        if source.id not in self._moved:
            moved: dict[_Turn, int] = defaultdict(int)
            for entry, effect, ending in self._walked(source):
                if effect is not None and effect.allocation is not None:
                    moved[effect.allocation.id, ending] += entry.base_minor
            self._moved[source.id] = moved
        return self._moved[source.id][allocation.id, ends]


def check_room(document: Document, web: Web) -> None:
    """See that each instalment has room for what fills it. Raises NoRoom."""
    for _ in _walk(document, web):
        pass


def _walk(document: Document, web: Web) -> Iterator[_Step]:
    """Each change of each instalment in order: what opens comes first on a day, then what ends, then what begins."""
    if not document.counts or document.amount_minor == 0 or document.kind not in AGED:
        return
    instalments = _Instalments(document)
    found = effects(document, web)
    steps: list[tuple[date, int, int, Callable[[], Iterator[_Step]]]] = [
        (document.counts_on, _OPENS, 0, instalments.opened)
    ]
    for place, change in enumerate(document.due_changes):
        move = (change.from_on, change.instalment - 1, change.due_on)
        steps.append((change.from_on, _DUE_CHANGES, place, partial(instalments.moved, *move)))
    for place, effect in enumerate(found):
        steps.append((effect.start, _BEGINS, place, partial(instalments.filled, effect)))
        if effect.end is not None:
            steps.append((effect.end, _ENDS, place, partial(instalments.reopened, effect, effect.end)))
    if document.returned_on is not None:
        steps.append((document.returned_on, _CLOSES, 0, partial(instalments.returned, document.returned_on)))
    for *_, step in sorted(steps, key=lambda one: one[:3]):
        yield from step()


AGED: Final = frozenset({Kind.CHARGE, Kind.PAYMENT, Kind.CREDIT})


class _Instalments:
    """What is open of each instalment while a document is replayed; unapplied money is one instalment below zero."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._sign = 1 if document.kind is Kind.CHARGE else -1
        self._amounts = [one.amount_minor for one in document.schedule]
        self._bases = split(document.base_minor, self._amounts)
        self._open = [0] * len(self._amounts)
        self._due = [one.due_on for one in document.schedule]
        self._oldest_first = self._in_order()
        self._taken: dict[int, list[tuple[int, int]]] = {}

    def opened(self) -> Iterator[_Step]:
        document = self._document
        for place, amount_minor in enumerate(self._amounts):
            yield _Step(self._entry(place, amount_minor, EntryKind(document.kind), document.id, document.counts_on))

    def returned(self, on: date) -> Iterator[_Step]:
        """The money goes back: nothing is left of it, not even what was unapplied."""
        yield _Step(self._entry(0, -self._amounts[0], EntryKind.RETURN, self._document.id, on))

    def moved(self, on: date, place: int, due_on: date) -> Iterator[_Step]:
        if due_on == self._due[place]:
            return
        open_minor, cause_id = self._open[place], self._document.id
        if open_minor:
            yield _Step(self._entry(place, -open_minor, EntryKind.DUE_CHANGE, cause_id, on))
        self._due[place] = due_on
        self._oldest_first = self._in_order()
        if open_minor:
            yield _Step(self._entry(place, open_minor, EntryKind.DUE_CHANGE, cause_id, on))

    def filled(self, effect: Effect) -> Iterator[_Step]:
        """Take the effect's amount from the oldest due date first, or from the instalment that it names."""
        named = effect.allocation.instalment if effect.allocation else None
        only = named if self._document.kind is Kind.CHARGE else None
        places = [only - 1] if only else self._oldest_first
        left_minor = effect.amount_minor
        taken = self._taken[id(effect)] = []
        for place in places:
            if not left_minor:
                break
            amount_minor = min(left_minor, self._open[place])
            if amount_minor:
                taken.append((place, amount_minor))
                yield _Step(self._entry(place, -amount_minor, effect.kind, effect.cause_id, effect.start), effect)
                left_minor -= amount_minor
        if left_minor:
            raise NoRoom(places[0] + 1, effect.start, left_minor)

    def reopened(self, effect: Effect, on: date) -> Iterator[_Step]:
        """Give back exactly what the effect had taken."""
        for place, amount_minor in self._taken[id(effect)]:
            yield _Step(self._entry(place, amount_minor, effect.end_kind, effect.end_cause_id, on), effect, True)

    def _in_order(self) -> list[int]:
        return sorted(range(len(self._due)), key=lambda place: (self._due[place], place))

    def _entry(self, place: int, change_minor: int, kind: EntryKind, cause_id: DocumentId, on: date) -> Entry:
        before_minor = self._open[place]
        self._open[place] += change_minor
        return Entry(
            item=_item(self._document, place + 1, self._due[place]),
            kind=kind,
            cause_id=cause_id,
            effective_on=on,
            amount_minor=self._sign * change_minor,
            base_minor=self._sign * (self._base(place, self._open[place]) - self._base(place, before_minor)),
        )

    def _base(self, place: int, open_minor: int) -> int:
        return portion(self._bases[place], open_minor, self._amounts[place])


def _item(document: Document, instalment: int, due_on: date) -> Item:
    return Item(
        side=document.side,
        party_id=document.party_id,
        document_id=document.id,
        instalment=instalment,
        unapplied=document.kind is not Kind.CHARGE,
        document_on=document.issued_on,
        received_on=document.received_on,
        due_on=due_on,
        currency=document.currency,
    )


def _refunded(charge: Document, refunds: Iterable[Document]) -> Iterator[Entry]:
    """A refund of a charge is a credit and a payout of the same amount on the same day (T9)."""
    for refund in refunds:
        on = max(refund.issued_on, charge.counts_on)
        base_minor = portion(charge.base_minor, refund.amount_minor, charge.amount_minor)
        paid_out = Entry(
            item=_item(charge, 1, charge.due_on_at(on)),
            kind=EntryKind.REFUND,
            cause_id=refund.id,
            effective_on=on,
            amount_minor=refund.amount_minor,
            base_minor=base_minor,
        )
        yield paid_out
        yield replace(
            paid_out, kind=EntryKind.CREDIT, amount_minor=-refund.amount_minor, base_minor=-paid_out.base_minor
        )
