"""Histories of writes: mostly sensible, some not. Here is what is recorded for the first time, or once more.

Holds: a writer knows the oracle's facts when he speaks, so that most of what he says can be said.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import date
from decimal import Decimal
from random import Random

from hypothesis import strategies as st

from tests.oracle import corrections
from tests.oracle.drawn import (
    CURRENCIES,
    LATE,
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
from tests.oracle.frames import EARLY, books, leave
from tests.oracle.repeats import repeat
from tests.oracle.said import (
    Apply,
    Begin,
    Charge,
    GiveUp,
    History,
    PayBack,
    Quote,
    Recover,
    Saying,
    Settle,
    Share,
    Who,
    Write,
)
from tests.oracle.slips import DocumentSlip, Refused
from tests.oracle.slow import Oracle


def histories(longest: int = 20) -> st.SearchStrategy[History]:
    """Some writes, one after another, on both sides, made up from a seed."""
    return st.binary(min_size=8, max_size=8).map(lambda seed: made_up(Random(seed), longest))


def made_up(rng: Random, longest: int = 20) -> History:
    """Some writes, one after another, on both sides; equal seeds give equal histories."""
    worlds = [World(side, rng.choice(CURRENCIES)) for side in ("receivable", "payable")]
    oracle = Oracle()
    history: list[Write] = []
    if not one_in(rng, 8):
        history.append((Quote((("KWD", EARLY, Decimal("3.25")), ("JPY", EARLY, Decimal("0.0067")))),))
    if one_in(rng, 5):
        history.append((Begin(a_day(rng)),))
    for write in history:
        oracle.write(write)
    for _ in range(rng.randint(1, longest)):
        history.append(_write(rng, worlds, oracle))
        with suppress(Refused):
            oracle.write(history[-1])
    return tuple(history)


def _write(rng: Random, worlds: list[World], oracle: Oracle) -> Write:
    """One to three sayings; one that must be refused is mostly thought better of, and else the last."""
    write: Write = ()
    for world in worlds:
        world.facts = oracle.facts
    for _ in range(rng.choice([1, 1, 1, 2, 3])):
        for _ in range(4):
            saying = _saying(rng, worlds[one_in(rng, 6)])
            try:
                facts, _ = oracle.drafted((*write, saying))
            except Refused:
                if one_in(rng, 4):
                    return (*write, saying)
            else:
                write = (*write, saying)
                for world in worlds:
                    world.facts = facts
                break
    return write or (_charge(rng, worlds[0]),)


def _saying(rng: Random, world: World) -> Saying:
    """Anything that can be said now; a charge while there are few, or if nothing else could be said."""
    if len(world.documents("charge")) < rng.randint(1, 3):
        return _charge(rng, world)
    said = (say(rng, world) for say in rng.choices(_SAYINGS, k=5))
    return next((saying for saying in said if saying is not None), None) or _charge(rng, world)


def _charge(rng: Random, world: World) -> Charge:
    currency = rng.choice(CURRENCIES) if one_in(rng, 3) else world.usual_currency
    terms = rng.choice([None, None, 0, 30]) if not one_in(rng, 60) else 10**7
    owed = amount(rng)
    charge = Charge(
        side=world.side,
        document=world.name(rng, "invoice"),
        who=who(rng, world, rng.choice(PARTIES)),
        state="draft" if one_in(rng, 15) else "issued",
        on=_dated(rng, world),
        due=None if one_in(rng, 3) else a_day(rng),
        net_days=terms,
        end_of_month=terms is not None and one_in(rng, 2),
        parts=parts(rng, owed) if one_in(rng, 3) else (),
        currency=currency,
        amount=owed,
        base=base(rng, currency, owed),
        opening=_opening(rng, world),
    )
    if charge.opening and world.facts.starts:
        charge = replace(charge, on=min(charge.on, world.facts.starts))
    if not one_in(rng, 8):
        return charge
    share = Share(name=world.fresh(), charge=charge.document, amount=rng.randint(0, max(owed, 0)))
    return replace(charge, settles=(_settlement(rng, world, None, currency, charge.on, (share,)),))


def _dated(rng: Random, world: World) -> date:
    day, starts = a_day(rng), world.facts.starts
    return day if starts is None or one_in(rng, 10) else max(day, starts)


def _opening(rng: Random, world: World) -> bool:
    return one_in(rng, 3 if world.facts.starts else 40)


def _settle(rng: Random, world: World) -> Settle | None:
    """A payment or credit, mostly for charges of one party and currency that still have something open."""
    charges = world.documents("charge")
    still_open = [slip for slip in charges if world.left(slip) > 0 or one_in(rng, 20)]
    if not still_open:
        return None
    first = rng.choice(still_open)
    alike = [slip for slip in still_open if (slip.party, slip.currency) == (first.party, first.currency)]
    others = rng.choices(charges if one_in(rng, 12) else alike, k=rng.randint(0, 2))
    chosen = {slip.key: slip for slip in [*([] if one_in(rng, 6) else [first]), *others]}
    foreign = one_in(rng, 6)
    currency = rng.choice(CURRENCIES) if foreign else first.currency
    shares = tuple(_share(rng, world, one, currency, world.left(one)) for one in chosen.values())
    settling = who(rng, world, first.party) if one_in(rng, 2) or not shares else None
    return _settlement(rng, world, settling, currency, _dated(rng, world), shares)


def _settlement(
    rng: Random, world: World, settling: Who | None, currency: str, on: date, shares: tuple[Share, ...]
) -> Settle:
    kind = rng.choice(["payment", "payment", "credit"])
    enough = sum(max(share.paid or share.amount or 0, 0) for share in shares)
    paid = amount(rng) if one_in(rng, 10) else enough + rng.choice([0, 0, 1, 50])
    status = "completed"
    if kind == "payment" and one_in(rng, 4):
        status = rng.choice(["pending", "processing", "returned", "failed"])
    return Settle(
        side=world.side,
        kind=kind,
        document=world.name(rng, kind),
        who=settling,
        on=on,
        currency=currency,
        amount=paid,
        base=base(rng, currency, paid),
        shares=shares,
        across=one_in(rng, 5),
        status=status,
        returned=day_from(rng, on) if (status == "returned") is not one_in(rng, 40) else None,
        opening=_opening(rng, world),
    )


def _share(rng: Random, world: World, charge: DocumentSlip, currency: str, most: int) -> Share:
    """An allocation to a charge of money in a currency."""
    applied: int | None = part_of(rng, most)
    paid = None
    if currency != charge.currency and one_in(rng, 2):
        applied, paid = rng.choice([(applied, rng.randint(1, 300)), (None, applied)])
    return Share(
        name=world.fresh(),
        charge="nothing" if one_in(rng, 60) else charge.key.document,
        amount=applied,
        paid=paid,
        on=rng.choice([a_day(rng), LATE]) if one_in(rng, 4) else None,
        part=rng.randint(1, len(charge.parts) + one_in(rng, 20)) if one_in(rng, 6) else None,
        by_id=one_in(rng, 2),
    )


def _apply(rng: Random, world: World) -> Apply | None:
    """Unapplied money for a charge, mostly of the same party."""
    sources = [one for one in world.documents("payment", "credit") if world.left(one) > 0 or one_in(rng, 20)]
    if not sources:
        return None
    source = rng.choice(sources)
    open_charges = [one for one in world.documents("charge") if world.left(one) > 0]
    alike = [one for one in open_charges if (one.party, one.currency) == (source.party, source.currency)]
    charges = open_charges if one_in(rng, 5) or not alike else alike
    if not charges:
        return None
    charge = rng.choice(charges)
    share = _share(rng, world, charge, source.currency, min(world.left(charge), world.left(source)))
    key = source.key
    return Apply(side=world.side, kind=key.kind, document=key.document, shares=(share,), across=one_in(rng, 3))


def _give_up(rng: Random, world: World) -> GiveUp | None:
    charges = [one for one in world.documents("charge") if world.left(one) > 0 or one_in(rng, 15)]
    if not charges:
        return None
    charge = rng.choice(charges)
    return GiveUp(
        side=world.side,
        document=world.name(rng, "write_off"),
        charge=charge.key.document,
        on=_dated(rng, world),
        amount=None if one_in(rng, 3) else part_of(rng, world.left(charge)),
        reason=rng.choice(["bad_debt", "discount"]),
    )


def _recover(rng: Random, world: World) -> Recover | None:
    write_offs = world.documents("write_off")
    if not write_offs:
        return None
    write_off = rng.choice(write_offs)
    return Recover(
        side=world.side,
        document=world.name(rng, "recovery"),
        write_off=write_off.key.document,
        on=day_from(rng, write_off.on),
        amount=None if one_in(rng, 5) else part_of(rng, write_off.amount // 2),
    )


def _pay_back(rng: Random, world: World) -> PayBack | None:
    """Unapplied money paid out, or some of what was paid of a charge."""
    money = [one for one in world.documents("payment", "credit") if world.left(one) > 0]
    money += [world.facts.documents[one.charge] for one in world.shares() if one.source.kind == "payment"]
    money = world.documents("charge", "write_off") if one_in(rng, 25) else money
    if not money:
        return None
    target = rng.choice(money)
    status = rng.choice(["completed", "completed", "pending", "returned"])
    on = day_from(rng, target.from_day)
    most = world.left(target) if target.key.kind != "charge" else target.amount // 2
    return PayBack(
        side=world.side,
        document=world.name(rng, "back"),
        of_kind=target.key.kind,
        of=target.key.document,
        on=on,
        amount=amount(rng) if one_in(rng, 10) else part_of(rng, most),
        status=status,
        returned=day_from(rng, on) if (status == "returned") is not one_in(rng, 40) else None,
    )


_SAYINGS: list[Callable[[Random, World], Saying | None]] = [
    _charge,
    *[_settle] * 6,
    *[_apply] * 3,
    *[_give_up] * 2,
    *[_recover] * 2,
    *[_pay_back] * 2,
    repeat,
    leave,
    *[books] * 2,
    *corrections.SAYINGS,
]
