"""Drawn corrections: edits, returns, allocations taken back or moved, due dates put off, documents undone, merges."""

from collections.abc import Callable
from random import Random
from typing import Any

from tests.oracle.drawn import (
    CURRENCIES,
    PARTIES,
    World,
    a_day,
    amount,
    base,
    day_from,
    one_in,
    part_of,
    parts,
    who,
)
from tests.oracle.said import Edit, Merge, Move, Postpone, Progress, Saying, Share, TakeBack, Undo
from tests.oracle.slips import DocumentSlip, ShareSlip

KINDS = ("charge", "payment", "credit", "write_off", "recovery", "refund")
FIELDS = {
    "charge": ["on", "on", "due", "due", "terms", "parts", "amount", "amount", "base", "who", "currency", "state"],
    "payment": ["on", "on", "amount", "amount", "base", "who", "currency", "returned"],
    "credit": ["on", "on", "amount", "amount", "base", "who", "currency"],
    "write_off": ["on", "amount", "reason"],
    "recovery": ["on", "amount"],
    "refund": ["on", "amount", "returned"],
}


def _edit(rng: Random, world: World) -> Edit | None:
    slips = world.documents(*KINDS)
    if not slips:
        return None
    slip = rng.choice(slips)
    fields = sorted({rng.choice(FIELDS[slip.key.kind]) for _ in range(rng.choice([1, 1, 2]))})
    if one_in(rng, 40):
        fields = ["terms"]
    changes = {name: _said_anew(rng, world, slip, name) for name in fields}
    if slip.in_parts and "amount" in changes and not one_in(rng, 5):
        changes["parts"] = parts(rng, changes["amount"])
    key = slip.key
    return Edit(side=world.side, kind=key.kind, document=key.document, changes=tuple(changes.items()))


def _said_anew(rng: Random, world: World, slip: DocumentSlip, name: str) -> Any:
    match name:
        case "on":
            return a_day(rng) if one_in(rng, 2) else day_from(rng, slip.on)
        case "due":
            return None if one_in(rng, 3) else a_day(rng)
        case "terms":
            return rng.choice([None, (0, False), (30, False), (10, True)])
        case "parts":
            return parts(rng, slip.amount) if not one_in(rng, 4) else ()
        case "amount":
            return rng.choice([slip.amount + 7, slip.amount // 2, slip.amount, amount(rng)])
        case "base":
            return base(rng, slip.currency, slip.amount)
        case "who":
            return who(rng, world, rng.choice(PARTIES))
        case "currency":
            return rng.choice(CURRENCIES)
        case "state":
            return "issued"
        case "reason":
            return rng.choice(["discount", "rounding"])
    return day_from(rng, slip.from_day)


def _share(rng: Random, world: World) -> ShareSlip | None:
    shares = world.shares()
    return rng.choice(shares) if shares else None


def _take_back(rng: Random, world: World) -> TakeBack | None:
    share = _share(rng, world)
    if share is None:
        return None
    name = "nothing" if one_in(rng, 40) else share.name
    return TakeBack(side=world.side, share=name, on=day_from(rng, share.on) if one_in(rng, 2) else None)


def _move(rng: Random, world: World) -> Move | None:
    share = _share(rng, world)
    if share is None:
        return None
    source = world.facts.documents[share.source]
    alike = [one for one in world.documents("charge") if one.party == source.party or one_in(rng, 10)]
    if not alike:
        return None
    charge = rng.choice(alike)
    to = Share(
        name=world.fresh(),
        charge=charge.key.document,
        amount=rng.choice([share.amount, share.amount, part_of(rng, world.left(charge))]),
        on=a_day(rng) if one_in(rng, 8) else None,
        part=rng.randint(1, len(charge.parts)) if one_in(rng, 8) else None,
    )
    return Move(side=world.side, share=share.name, to=to, on=day_from(rng, share.on) if one_in(rng, 2) else None)


def _postpone(rng: Random, world: World) -> Postpone | None:
    charges = world.documents("charge")
    if not charges:
        return None
    charge = rng.choice(charges)
    return Postpone(
        side=world.side,
        charge=charge.key.document,
        from_on=day_from(rng, charge.from_day),
        due=a_day(rng),
        part=rng.randint(1, len(charge.parts) + one_in(rng, 20)),
    )


def _undo(rng: Random, world: World) -> Undo | None:
    """Mostly what nothing touches."""
    slips = world.documents(*KINDS)
    touched = {end for one in world.shares() for end in (one.source, one.charge)}
    touched |= {one.target for one in slips if one.target and one.state == "issued"}
    free = [one for one in slips if one.key not in touched or one_in(rng, 10)]
    if not free:
        return None
    key = rng.choice(free).key
    state = rng.choice(["void", "deleted"])
    return Undo(side=world.side, kind=key.kind, document=key.document, state=state)


def _progress(rng: Random, world: World) -> Progress | None:
    slips = [one for one in world.documents("payment", "refund") if one.state == "issued"]
    slips = world.documents(*KINDS) if one_in(rng, 40) else slips
    if not slips:
        return None
    slip = rng.choice(slips)
    likely = {
        "completed": ["returned"],
        "returned": ["completed", "returned"],
        "failed": ["failed", "cancelled", "completed"],
    }
    going = ["processing", "completed", "failed", "cancelled", "returned"]
    status = rng.choice(going if one_in(rng, 10) else likely.get(slip.status or "", going))
    returned = day_from(rng, slip.from_day) if (status == "returned") is not one_in(rng, 40) else None
    key = slip.key
    return Progress(side=world.side, kind=key.kind, document=key.document, status=status, returned=returned)


def _merge(rng: Random, world: World) -> Merge | None:
    if not one_in(rng, 2):
        return None
    return Merge(side=world.side, party=rng.choice(PARTIES), into=rng.choice(PARTIES))


SAYINGS: list[Callable[[Random, World], Saying | None]] = [
    *[_edit] * 6,
    *[_take_back] * 2,
    *[_move] * 2,
    *[_postpone] * 2,
    *[_undo] * 3,
    *[_progress] * 4,
    _merge,
]
"""Each with its weight."""
