"""Histories of writes: mostly sensible, some not. Here is what is recorded for the first time, or once more.

Holds: a writer knows the oracle's facts when he speaks, so that most of what he says can be said.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import date
from decimal import Decimal

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from tests.oracle import corrections
from tests.oracle.drawn import (
    MIDDLE,
    World,
    amount,
    base,
    currencies,
    day_from,
    days,
    names,
    one_in,
    part_of,
    parties,
    parts,
    who,
)
from tests.oracle.said import (
    Apply,
    Begin,
    Charge,
    Close,
    GiveUp,
    History,
    Leave,
    Meet,
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

__all__ = ["MIDDLE", "histories"]

RATES = {"KWD": ["3.25", "3.2501", "2"], "JPY": ["0.0067", "0.01", "0.00666667"]}


@st.composite
def histories(draw: DrawFn, longest: int = 12) -> History:
    """Some writes, one after another, on both sides."""
    worlds = [World(side, draw(currencies)) for side in ("receivable", "payable")]
    oracle = Oracle()
    history: list[Write] = []
    if draw(st.booleans()):
        history.append((_quote(draw),))
    if one_in(draw, 4):
        history.append((Begin(draw(days)),))
    for write in history:
        with suppress(Refused):
            oracle.write(write)
    for _ in range(draw(st.integers(1, longest))):
        history.append(_write(draw, worlds, oracle))
        with suppress(Refused):
            oracle.write(history[-1])
    return tuple(history)


def _write(draw: DrawFn, worlds: list[World], oracle: Oracle) -> Write:
    """One to three sayings; one that must be refused is the last."""
    write: Write = ()
    for world in worlds:
        world.facts = oracle.facts
    for _ in range(draw(st.sampled_from([1, 1, 1, 2, 3]))):
        write = (*write, _saying(draw, worlds[one_in(draw, 5)]))
        try:
            facts, _ = oracle.drafted(write)
        except Refused:
            break
        for world in worlds:
            world.facts = facts
    return write


def _saying(draw: DrawFn, world: World) -> Saying:
    """Anything that can be said now; a charge if there is nothing that it could be said of."""
    say = draw(st.sampled_from(_SAYINGS))
    return say(draw, world) or _charge(draw, world)


def _charge(draw: DrawFn, world: World) -> Charge:
    currency = draw(currencies) if one_in(draw, 3) else world.usual_currency
    terms = draw(st.sampled_from([None, None, 0, 30])) if not one_in(draw, 60) else 10**7
    owed = amount(draw)
    charge = Charge(
        side=world.side,
        document=world.name(draw, "invoice"),
        who=who(draw, world, draw(parties)),
        state="draft" if one_in(draw, 15) else "issued",
        on=_dated(draw, world),
        due=None if one_in(draw, 3) else draw(days),
        net_days=terms,
        end_of_month=terms is not None and draw(st.booleans()),
        parts=parts(draw, owed) if one_in(draw, 3) else (),
        currency=currency,
        amount=owed,
        base=base(draw, currency, owed),
        opening=_opening(draw, world),
    )
    if charge.opening and world.facts.starts:
        charge = replace(charge, on=min(charge.on, world.facts.starts))
    if not one_in(draw, 8):
        return charge
    share = Share(name=world.fresh(), charge=charge.document, amount=draw(st.integers(0, max(owed, 0))))
    return replace(charge, settles=(_settlement(draw, world, None, currency, charge.on, (share,)),))


def _dated(draw: DrawFn, world: World) -> date:
    day, starts = draw(days), world.facts.starts
    return day if starts is None or one_in(draw, 10) else max(day, starts)


def _opening(draw: DrawFn, world: World) -> bool:
    return one_in(draw, 3 if world.facts.starts else 40)


def _settle(draw: DrawFn, world: World) -> Settle | None:
    """A payment or credit, mostly for charges of one party and currency that still have something open."""
    charges = world.documents("charge")
    still_open = [slip for slip in charges if world.left(slip) > 0 or one_in(draw, 20)]
    if not still_open:
        return None
    first = draw(st.sampled_from(still_open))
    alike = [slip for slip in still_open if (slip.party, slip.currency) == (first.party, first.currency)]
    others = draw(st.lists(st.sampled_from(charges if one_in(draw, 12) else alike), max_size=2))
    chosen = {slip.key: slip for slip in [*([] if one_in(draw, 6) else [first]), *others]}
    foreign = one_in(draw, 6)
    currency = draw(currencies) if foreign else first.currency
    shares = tuple(_share(draw, world, one, currency, world.left(one)) for one in chosen.values())
    settling = who(draw, world, first.party) if one_in(draw, 2) or not shares else None
    return _settlement(draw, world, settling, currency, _dated(draw, world), shares)


def _settlement(
    draw: DrawFn, world: World, settling: Who | None, currency: str, on: date, shares: tuple[Share, ...]
) -> Settle:
    kind = draw(st.sampled_from(["payment", "payment", "credit"]))
    enough = sum(max(share.paid or share.amount or 0, 0) for share in shares)
    paid = amount(draw) if one_in(draw, 10) else enough + draw(st.sampled_from([0, 0, 1, 50]))
    status = "completed"
    if kind == "payment" and one_in(draw, 4):
        status = draw(st.sampled_from(["pending", "processing", "returned", "failed"]))
    return Settle(
        side=world.side,
        kind=kind,
        document=world.name(draw, kind),
        who=settling,
        on=on,
        currency=currency,
        amount=paid,
        base=base(draw, currency, paid),
        shares=shares,
        across=one_in(draw, 5),
        status=status,
        returned=day_from(draw, on) if (status == "returned") is not one_in(draw, 40) else None,
        opening=_opening(draw, world),
    )


def _share(draw: DrawFn, world: World, charge: DocumentSlip, currency: str, most: int) -> Share:
    """An allocation to a charge of money in a currency."""
    applied: int | None = part_of(draw, most)
    paid = None
    if currency != charge.currency and one_in(draw, 2):
        applied, paid = draw(st.sampled_from([(applied, draw(st.integers(1, 300))), (None, applied)]))
    return Share(
        name=world.fresh(),
        charge="nothing" if one_in(draw, 60) else charge.key.document,
        amount=applied,
        paid=paid,
        on=draw(st.one_of(days, st.just(date(2024, 8, 2)))) if one_in(draw, 4) else None,
        part=draw(st.integers(1, len(charge.parts) + one_in(draw, 20))) if one_in(draw, 6) else None,
        by_id=draw(st.booleans()),
    )


def _apply(draw: DrawFn, world: World) -> Apply | None:
    """Unapplied money for a charge, mostly of the same party."""
    sources = [one for one in world.documents("payment", "credit") if world.left(one) > 0 or one_in(draw, 20)]
    if not sources:
        return None
    source = draw(st.sampled_from(sources))
    open_charges = [one for one in world.documents("charge") if world.left(one) > 0]
    alike = [one for one in open_charges if (one.party, one.currency) == (source.party, source.currency)]
    charges = open_charges if one_in(draw, 5) or not alike else alike
    if not charges:
        return None
    charge = draw(st.sampled_from(charges))
    share = _share(draw, world, charge, source.currency, min(world.left(charge), world.left(source)))
    key = source.key
    return Apply(side=world.side, kind=key.kind, document=key.document, shares=(share,), across=one_in(draw, 3))


def _give_up(draw: DrawFn, world: World) -> GiveUp | None:
    charges = [one for one in world.documents("charge") if world.left(one) > 0 or one_in(draw, 15)]
    if not charges:
        return None
    charge = draw(st.sampled_from(charges))
    return GiveUp(
        side=world.side,
        document=world.name(draw, "write_off"),
        charge=charge.key.document,
        on=_dated(draw, world),
        amount=None if one_in(draw, 3) else part_of(draw, world.left(charge)),
        reason=draw(st.sampled_from(["bad_debt", "discount"])),
    )


def _recover(draw: DrawFn, world: World) -> Recover | None:
    write_offs = world.documents("write_off")
    if not write_offs:
        return None
    write_off = draw(st.sampled_from(write_offs))
    return Recover(
        side=world.side,
        document=world.name(draw, "recovery"),
        write_off=write_off.key.document,
        on=day_from(draw, write_off.on),
        amount=None if one_in(draw, 3) else part_of(draw, write_off.amount),
    )


def _pay_back(draw: DrawFn, world: World) -> PayBack | None:
    """Unapplied money paid out, or some of what was paid of a charge."""
    money = [one for one in world.documents("payment", "credit") if world.left(one) > 0]
    money += [world.facts.documents[one.charge] for one in world.shares() if one.source.kind == "payment"]
    money = world.documents("charge", "write_off") if one_in(draw, 25) else money
    if not money:
        return None
    target = draw(st.sampled_from(money))
    status = draw(st.sampled_from(["completed", "completed", "pending", "returned"]))
    on = day_from(draw, target.from_day)
    return PayBack(
        side=world.side,
        document=world.name(draw, "back"),
        of_kind=target.key.kind,
        of=target.key.document,
        on=on,
        amount=part_of(draw, world.left(target) if target.key.kind != "charge" else target.amount // 2),
        status=status,
        returned=day_from(draw, on) if (status == "returned") is not one_in(draw, 40) else None,
    )


def _repeat(draw: DrawFn, world: World) -> Saying | None:
    """What was said once is said again, word for word or nearly; only what has an external id can be known again."""
    slips = [one for one in world.facts.documents.values() if one.key.side == world.side]
    named = [one.said for one in slips if not one.key.document.startswith("#")]
    if not named:
        return None
    saying = draw(st.sampled_from(named))
    if isinstance(saying, GiveUp | Recover | PayBack):
        return replace(saying, amount=None) if isinstance(saying, Recover) and one_in(draw, 3) else saying
    assert isinstance(saying, Charge | Settle)
    match draw(st.sampled_from(["nothing", "nothing", "amount", "on", "memo", "who", "base", "details"])):
        case "who" if saying.who:
            return replace(saying, who=who(draw, world, draw(parties)))
        case "amount":
            return replace(saying, amount=amount(draw))
        case "on":
            return replace(saying, on=draw(days))
        case "memo":
            return replace(saying, memo="other")
        case "base":
            return replace(saying, base=base(draw, saying.currency, saying.amount))
        case "details":
            return _other_details(draw, saying)
    return saying


def _other_details(draw: DrawFn, saying: Charge | Settle) -> Saying:
    if isinstance(saying, Charge):
        due = draw(st.one_of(st.none(), days))
        return replace(saying, due=due, state="issued", net_days=draw(st.sampled_from([None, 30])))
    shares = (
        replace(share, on=draw(days) if one_in(draw, 3) else share.on, by_id=not share.by_id)
        for share in reversed(saying.shares)
    )
    return replace(saying, shares=tuple(shares))


def _meet(draw: DrawFn, world: World) -> Meet:
    terms = draw(st.sampled_from([None, 0, 10, 30, -3]))
    end_of_month = terms is not None and draw(st.booleans())
    return Meet(side=world.side, party=draw(parties), name=draw(names), net_days=terms, end_of_month=end_of_month)


def _leave(draw: DrawFn, world: World) -> Leave | Meet:
    return Leave(side=world.side, party=draw(parties)) if one_in(draw, 4) else _meet(draw, world)


def _quote(draw: DrawFn) -> Quote:
    early = st.sampled_from([date(2023, 12, 1), MIDDLE])
    quotes = draw(st.lists(st.sampled_from(["KWD", "JPY"]), min_size=1, max_size=3))
    rates = [(one, draw(st.one_of(early, days)), Decimal(draw(st.sampled_from(RATES[one])))) for one in quotes]
    return Quote((*rates, ("USD", MIDDLE, Decimal(1))) if one_in(draw, 20) else tuple(rates))


def _books(draw: DrawFn, world: World) -> Saying:
    """Rates, and where the books begin and end."""
    if draw(st.booleans()):
        return _quote(draw)
    if one_in(draw, 12):
        return Begin(draw(days))
    through = draw(st.one_of(st.none(), days, days, st.just(MIDDLE)))
    return Close(through, draw(st.sampled_from(["refuse", "shift", "shift"])))


_SAYINGS: list[Callable[[DrawFn, World], Saying | None]] = [
    *[_charge] * 5,
    *[_settle] * 6,
    *[_apply] * 3,
    *[_give_up] * 2,
    _recover,
    *[_pay_back] * 2,
    _repeat,
    _leave,
    *[_books] * 2,
    *corrections.SAYINGS,
]
