"""Two years of invoices, bills, credits and payments up to a day, made up from a seed, with a few episodes at the end.

Units: amounts are minor units of the base currency; dates are calendar days.
Holds: the same day and seed give the same facts; nothing lies after the day; no document is ever paid over.
"""

import random
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from itertools import groupby
from typing import Final, NamedTuple, TypeVar

from duebook.demo.episodes import episodes
from duebook.demo.people import Person, everyone
from duebook.ledger.commands import AddCharge, AddSettlement, Command, NewAllocation, NewParty, PutParty
from duebook.ledger.facts import Kind, Side

CURRENCY: Final = "USD"
SEED: Final = 20_260_101

_YEARS_DAYS: Final = 730
_CREDITED: Final = 0.03
_OVERPAID: Final = 0.02
_ON_ACCOUNT: Final = 0.15
"""How often a party leaves an open deposit or credit behind."""
_FIRST_NUMBER: Final = 1001
_PREFIXES: Final = {
    (Side.RECEIVABLE, Kind.CHARGE): "INV",
    (Side.RECEIVABLE, Kind.PAYMENT): "RCPT",
    (Side.RECEIVABLE, Kind.CREDIT): "CN",
    (Side.PAYABLE, Kind.CHARGE): "BILL",
    (Side.PAYABLE, Kind.PAYMENT): "PMT",
    (Side.PAYABLE, Kind.CREDIT): "VC",
}


class _Part(NamedTuple):
    """A part of a charge that is paid on a day."""

    paid_on: date
    charge: str
    amount_minor: int


def history(today: date, seed: int = SEED) -> list[list[Command]]:
    """What to record, in order: the parties, their dealings a quarter of a year at a time, then a few episodes."""
    people = everyone()
    rng = random.Random(seed)
    charges = _numbered(_charge(person, day, rng) for person in people for day in _days(person, today, rng))
    by_party: dict[str, list[AddCharge]] = defaultdict(list)
    for charge in charges:
        by_party[_party_of(charge)].append(charge)
    settlements = _numbered(
        settlement
        for person in people
        for settlement in _settlements(person, by_party[person.external_id], today, rng)
        if settlement.settled_on <= today
    )
    return [[_put(person) for person in people], *_quarters([*charges, *settlements]), *episodes(today)]


def _put(person: Person) -> PutParty:
    return PutParty(side=person.side, external_id=person.external_id, name=person.name, terms=person.terms)


def _days(person: Person, today: date, rng: random.Random) -> Iterator[date]:
    day = today - timedelta(days=_YEARS_DAYS - rng.randrange(person.every_days))
    while day <= today:
        yield day
        day += timedelta(days=max(3, round(rng.gauss(person.every_days, person.every_days / 4))))


def _charge(person: Person, day: date, rng: random.Random) -> AddCharge:
    return AddCharge(
        side=person.side,
        party=NewParty(person.external_id, person.name),
        issued_on=day,
        terms=person.terms,
        currency=CURRENCY,
        amount_minor=round(person.typical_minor * rng.lognormvariate(0, 0.5)),
    )


def _settlements(
    person: Person, charges: Iterable[AddCharge], today: date, rng: random.Random
) -> Iterator[AddSettlement]:
    """Credits on some of the charges, payments for what is left of them, and money that nobody has applied yet."""
    parts: list[_Part] = []
    for charge in charges:
        left_minor = charge.amount_minor
        if rng.random() < _CREDITED:
            credited_minor = left_minor // 10
            left_minor -= credited_minor
            day = charge.issued_on + timedelta(days=rng.randrange(3, 15))
            yield _settlement(person, Kind.CREDIT, day, [_Part(day, str(charge.external_id), credited_minor)])
        parts += _parts(person, charge, left_minor, rng)
    for paid_on, paid in _payments(person, parts):
        extra_minor = 5_000 * rng.randrange(1, 5) if rng.random() < _OVERPAID else 0
        yield _settlement(person, Kind.PAYMENT, paid_on, paid, extra_minor)
    if rng.random() < _ON_ACCOUNT:
        kind = rng.choice((Kind.PAYMENT, Kind.CREDIT))
        yield _settlement(person, kind, today - timedelta(days=rng.randrange(80)), [], 10_000 * rng.randrange(1, 9))


def _parts(person: Person, charge: AddCharge, left_minor: int, rng: random.Random) -> Iterator[_Part]:
    """When a charge is paid: at once, in two parts of which the second may never come, or not at all."""
    habit = person.payer.value
    due_on = person.terms.due_on(charge.issued_on)
    paid_on = due_on + timedelta(days=round(rng.gauss(habit.late_days, habit.spread_days)))
    paid_on = max(paid_on, charge.issued_on + timedelta(days=1))
    if rng.random() < habit.never:
        return
    first_minor = left_minor
    if rng.random() < habit.in_parts:
        first_minor = left_minor * rng.randrange(30, 70) // 100
        if rng.random() > habit.never:
            later = paid_on + timedelta(days=rng.randrange(10, 50))
            yield _Part(later, str(charge.external_id), left_minor - first_minor)
    yield _Part(paid_on, str(charge.external_id), first_minor)


def _payments(person: Person, parts: Iterable[_Part]) -> Iterator[tuple[date, list[_Part]]]:
    """Each part a payment of its own, or one payment for all that falls due up to the next run: the 10th or 25th."""
    if not person.payer.value.by_run:
        for part in parts:
            yield part.paid_on, [part]
        return
    runs: dict[date, list[_Part]] = defaultdict(list)
    for part in parts:
        runs[_next_run(part.paid_on)].append(part)
    yield from sorted(runs.items())


def _next_run(day: date) -> date:
    while day.day not in (10, 25):
        day += timedelta(days=1)
    return day


def _settlement(person: Person, kind: Kind, day: date, parts: Iterable[_Part], extra_minor: int = 0) -> AddSettlement:
    by_charge: dict[str, int] = defaultdict(int)
    for part in parts:
        by_charge[part.charge] += part.amount_minor
    return AddSettlement(
        side=person.side,
        kind=kind,
        party=NewParty(person.external_id, person.name),
        settled_on=day,
        currency=CURRENCY,
        amount_minor=sum(by_charge.values()) + extra_minor,
        allocations=tuple(NewAllocation(charge=charge, amount_minor=minor) for charge, minor in by_charge.items()),
    )


_Numbered = TypeVar("_Numbered", AddCharge, AddSettlement)


def _numbered(made: Iterable[_Numbered]) -> list[_Numbered]:
    """The documents in order of their days, each with a number in a row of its kind, which is its external id too."""
    counts: dict[tuple[Side, Kind], int] = defaultdict(lambda: _FIRST_NUMBER)
    numbered = []
    for one in sorted(made, key=lambda one: (_day(one), _party_of(one))):
        what = one.side, _kind(one)
        number = f"{_PREFIXES[what]}-{counts[what]}"
        counts[what] += 1
        numbered.append(replace(one, number=number, external_id=number))
    return numbered


def _quarters(documents: Iterable[AddCharge | AddSettlement]) -> Iterator[list[Command]]:
    """The documents a quarter at a time, charges before what settles them on the same day."""
    in_order = sorted(documents, key=lambda one: (_day(one), isinstance(one, AddSettlement)))
    for _, quarter in groupby(in_order, key=lambda one: (_day(one).year, (_day(one).month - 1) // 3)):
        yield list(quarter)


def _day(document: AddCharge | AddSettlement) -> date:
    return document.issued_on if isinstance(document, AddCharge) else document.settled_on


def _kind(document: AddCharge | AddSettlement) -> Kind:
    return document.kind if isinstance(document, AddSettlement) else Kind.CHARGE


def _party_of(document: AddCharge | AddSettlement) -> str:
    return document.party.external_id if isinstance(document.party, NewParty) else ""
