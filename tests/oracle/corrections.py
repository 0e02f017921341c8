"""Drawn corrections: edits, returns, allocations taken back or moved, due dates put off, documents undone, merges."""

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from tests.oracle.drawn import (
    World,
    amount,
    base,
    currencies,
    day_from,
    days,
    one_in,
    part_of,
    parties,
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


def _edit(draw: DrawFn, world: World) -> Edit | None:
    slips = world.documents(*KINDS)
    if not slips:
        return None
    slip = draw(st.sampled_from(slips))
    fields = draw(st.lists(st.sampled_from(FIELDS[slip.key.kind]), min_size=1, max_size=2, unique=True))
    if one_in(draw, 40):
        fields = ["terms"]
    changes = {name: _said_anew(draw, world, slip, name) for name in fields}
    if slip.in_parts and "amount" in changes and not one_in(draw, 5):
        changes["parts"] = parts(draw, changes["amount"])
    key = slip.key
    return Edit(side=world.side, kind=key.kind, document=key.document, changes=tuple(changes.items()))


def _said_anew(draw: DrawFn, world: World, slip: DocumentSlip, name: str) -> Any:
    match name:
        case "on":
            return draw(days) if one_in(draw, 2) else day_from(draw, slip.on)
        case "due":
            return draw(st.one_of(days, days, st.none()))
        case "terms":
            return draw(st.sampled_from([None, (0, False), (30, False), (10, True)]))
        case "parts":
            return parts(draw, slip.amount) if not one_in(draw, 4) else ()
        case "amount":
            return draw(st.sampled_from([slip.amount + 7, slip.amount // 2, slip.amount, amount(draw)]))
        case "base":
            return base(draw, slip.currency, slip.amount)
        case "who":
            return who(draw, world, draw(parties))
        case "currency":
            return draw(currencies)
        case "state":
            return "issued"
        case "reason":
            return draw(st.sampled_from(["discount", "rounding"]))
    return day_from(draw, slip.from_day)


def _share(draw: DrawFn, world: World) -> ShareSlip | None:
    shares = world.shares()
    return draw(st.sampled_from(shares)) if shares else None


def _take_back(draw: DrawFn, world: World) -> TakeBack | None:
    share = _share(draw, world)
    if share is None:
        return None
    name = "nothing" if one_in(draw, 40) else share.name
    return TakeBack(side=world.side, share=name, on=day_from(draw, share.on) if draw(st.booleans()) else None)


def _move(draw: DrawFn, world: World) -> Move | None:
    share = _share(draw, world)
    if share is None:
        return None
    source = world.facts.documents[share.source]
    alike = [one for one in world.documents("charge") if one.party == source.party or one_in(draw, 10)]
    if not alike:
        return None
    charge = draw(st.sampled_from(alike))
    applied = st.sampled_from([share.amount, share.amount, part_of(draw, world.left(charge))])
    to = Share(
        name=world.fresh(),
        charge=charge.key.document,
        amount=draw(applied),
        on=draw(days) if one_in(draw, 8) else None,
        part=draw(st.integers(1, len(charge.parts))) if one_in(draw, 8) else None,
    )
    return Move(side=world.side, share=share.name, to=to, on=day_from(draw, share.on) if draw(st.booleans()) else None)


def _postpone(draw: DrawFn, world: World) -> Postpone | None:
    charges = world.documents("charge")
    if not charges:
        return None
    charge = draw(st.sampled_from(charges))
    return Postpone(
        side=world.side,
        charge=charge.key.document,
        from_on=day_from(draw, charge.from_day),
        due=draw(days),
        part=draw(st.integers(1, len(charge.parts) + one_in(draw, 20))),
    )


def _undo(draw: DrawFn, world: World) -> Undo | None:
    """Mostly what nothing touches."""
    slips = world.documents(*KINDS)
    touched = {end for one in world.shares() for end in (one.source, one.charge)}
    touched |= {one.target for one in slips if one.target and one.state == "issued"}
    free = [one for one in slips if one.key not in touched or one_in(draw, 10)]
    if not free:
        return None
    key = draw(st.sampled_from(free)).key
    state = draw(st.sampled_from(["void", "deleted"]))
    return Undo(side=world.side, kind=key.kind, document=key.document, state=state)


def _progress(draw: DrawFn, world: World) -> Progress | None:
    slips = [one for one in world.documents("payment", "refund") if one.state == "issued"]
    slips = world.documents(*KINDS) if one_in(draw, 40) else slips
    if not slips:
        return None
    slip = draw(st.sampled_from(slips))
    likely = {"completed": ["returned"], "returned": ["completed", "returned"], "failed": ["failed", "completed"]}
    going = ["processing", "completed", "failed", "cancelled", "returned"]
    status = draw(st.sampled_from(going if one_in(draw, 10) else likely.get(slip.status or "", going)))
    returned = day_from(draw, slip.from_day) if (status == "returned") is not one_in(draw, 40) else None
    key = slip.key
    return Progress(side=world.side, kind=key.kind, document=key.document, status=status, returned=returned)


def _merge(draw: DrawFn, world: World) -> Merge | None:
    if not one_in(draw, 2):
        return None
    return Merge(side=world.side, party=draw(parties), into=draw(parties))


SAYINGS: list[Callable[[DrawFn, World], Saying | None]] = [
    *[_edit] * 6,
    *[_take_back] * 2,
    *[_move] * 2,
    *[_postpone] * 2,
    *[_undo] * 3,
    *[_progress] * 4,
    _merge,
]
"""Each with its weight."""
