"""Histories of writes: mostly sensible, some not, with the days, amounts and names on which books go wrong."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from tests.oracle.said import Charge, History, Leave, Meet, Saying, Settle, Share, Who, Write
from tests.oracle.slow import DocumentSlip, Oracle, Refused

MIDDLE = date(2024, 2, 10)
CORNERS = ["2024-02-28", "2024-02-29", "2024-03-01", "2023-12-31", "2024-01-31", "2024-08-01"]

days = st.one_of(
    st.integers(-45, 75).map(lambda offset: MIDDLE + timedelta(days=offset)),
    st.sampled_from([date.fromisoformat(corner) for corner in CORNERS]),
)
small = st.integers(0, 1000)
huge = st.sampled_from([2**62, 2**63 - 1])
wrong = st.sampled_from([-1, 2**63])
currencies = st.sampled_from(["USD", "EUR", "EUR", "JPY"])
names = st.sampled_from(["Ada", "Bo", "Ça", "ada", ""])
parties = st.sampled_from("aaab")


@dataclass
class World:
    """What one side's writers know when they speak: an oracle that heard all before."""

    side: str
    usual_currency: str
    oracle: Oracle = field(default_factory=Oracle)
    unnamed: int = 0
    said: list[Charge | Settle] = field(default_factory=list)

    @property
    def charges(self) -> list[DocumentSlip]:
        """The charges that stand."""
        return [slip for slip in self.oracle.documents if (slip.key.side, slip.key.kind) == (self.side, "charge")]

    def name(self, draw: DrawFn, stem: str) -> str:
        """A name for a document, with an external id or without; seldom one that may be taken."""
        if one_in(draw, 8):
            return stem + draw(st.sampled_from("12"))
        self.unnamed += 1
        return f"{draw(st.sampled_from(['#', 'x']))}{stem}{self.unnamed}"


def one_in(draw: DrawFn, many: int) -> bool:
    """True for one draw in so many; shrinks to False."""
    return draw(st.integers(1, many)) == many


@st.composite
def histories(draw: DrawFn, longest: int = 8) -> History:
    """Some writes, one after another, on both sides."""
    worlds = [World(side, draw(currencies)) for side in ("receivable", "payable")]
    history: list[Write] = []
    for _ in range(draw(st.integers(1, longest))):
        history.append(())
        for _ in range(draw(st.sampled_from([1, 1, 2, 3]))):
            history[-1] = (*history[-1], _saying(draw, worlds[one_in(draw, 5)]))
            for world in worlds:
                world.oracle = heard(history)
    return tuple(history)


def heard(history: Iterable[Write]) -> Oracle:
    """An oracle that was told this much."""
    oracle = Oracle()
    for write in history:
        with suppress(Refused):
            oracle.write(write)
    return oracle


def _saying(draw: DrawFn, world: World) -> Saying:
    what = draw(st.sampled_from(["charge"] * 3 + ["settle"] * 9 + ["meet", "repeat", "leave"]))
    if what == "meet" or (what == "leave" and not one_in(draw, 3)):
        terms = draw(st.sampled_from([None, 0, 10, 30, -3]))
        end_of_month = terms is not None and draw(st.booleans())
        return Meet(side=world.side, party=draw(parties), name=draw(names), net_days=terms, end_of_month=end_of_month)
    if what == "leave":
        return Leave(side=world.side, party=draw(parties))
    if what == "repeat" and world.said:
        return _repeat(draw, world)
    can_settle = any(_left(world, slip) for slip in world.charges) or one_in(draw, 20)
    saying = _settle(draw, world) if what == "settle" and can_settle and world.charges else _charge(draw, world)
    world.said.append(saying)
    return saying


def _who(draw: DrawFn, world: World, party: str) -> Who:
    by_id = one_in(draw, 20 if world.oracle.party(world.side, party) is None else 2)
    return Who(party=party, new_name=None if by_id else draw(names))


def _charge(draw: DrawFn, world: World) -> Charge:
    currency = draw(currencies) if one_in(draw, 4) else world.usual_currency
    terms = draw(st.sampled_from([None, None, 0, 30])) if not one_in(draw, 60) else 10**7
    charge = Charge(
        side=world.side,
        document=world.name(draw, "i"),
        who=_who(draw, world, draw(parties)),
        state=draw(st.sampled_from(["draft", "void"])) if one_in(draw, 12) else "issued",
        on=draw(days),
        due=None if one_in(draw, 3) else draw(days),
        net_days=terms,
        end_of_month=terms is not None and draw(st.booleans()),
        currency=currency,
        amount=_amount(draw),
    )
    charge = replace(charge, base=_base(draw, currency, charge.amount))
    if not one_in(draw, 6):
        return charge
    share = Share(charge=charge.document, amount=draw(st.integers(0, max(charge.amount, 0))))
    return replace(charge, settles=(_settlement(draw, world, None, currency, charge.on, (share,)),))


def _settle(draw: DrawFn, world: World) -> Settle:
    """A payment or credit, mostly for charges of one party and currency that still have something open."""
    still_open = [slip for slip in world.charges if _left(world, slip) > 0 or one_in(draw, 20)] or world.charges
    first = draw(st.sampled_from(still_open))
    alike = [slip for slip in still_open if (slip.party, slip.currency) == (first.party, first.currency)]
    others = draw(st.lists(st.sampled_from(world.charges if one_in(draw, 12) else alike), max_size=3))
    charges = dict.fromkeys([*([] if one_in(draw, 6) else [first]), *others])
    shares = tuple(_share(draw, world, one) for one in charges)
    who = _who(draw, world, first.party) if one_in(draw, 2) or not shares else None
    currency = "USD" if one_in(draw, 20) else first.currency
    return _settlement(draw, world, who, currency, draw(days), shares)


def _settlement(
    draw: DrawFn, world: World, who: Who | None, currency: str, on: date, shares: tuple[Share, ...]
) -> Settle:
    is_payment = draw(st.booleans())
    enough = sum(max(share.amount, 0) for share in shares)
    amount = _amount(draw) if one_in(draw, 10) else enough + draw(st.sampled_from([0, 0, 1, 50]))
    return Settle(
        side=world.side,
        kind="payment" if is_payment else "credit",
        document=world.name(draw, "p" if is_payment else "c"),
        who=who,
        on=on,
        currency=currency,
        amount=amount,
        base=_base(draw, currency, amount),
        shares=shares,
    )


def _left(world: World, slip: DocumentSlip) -> int:
    return world.oracle.open_on(slip, date.max)


def _share(draw: DrawFn, world: World, charge: DocumentSlip) -> Share:
    left = _left(world, charge)
    part = st.integers(0, max(left // 3, min(left, 9)))
    return Share(
        charge="nothing" if one_in(draw, 40) else charge.key.document,
        amount=draw(st.sampled_from([left + 1, -1]))
        if one_in(draw, 20)
        else draw(st.one_of(part, part, st.just(left))),
        on=draw(st.one_of(days, st.just(date(2024, 8, 2)))) if one_in(draw, 4) else None,
        by_id=draw(st.booleans()),
    )


def _amount(draw: DrawFn) -> int:
    if one_in(draw, 12):
        return draw(wrong if one_in(draw, 4) else huge)
    return draw(small)


def _base(draw: DrawFn, currency: str, amount: int) -> int | None:
    """A base amount; often half the amount or one and a half, where rounding has two equally near."""
    if currency == "USD":
        return None
    if one_in(draw, 20):
        return draw(st.sampled_from([None, -1, 2**63]))
    return draw(st.one_of(st.integers(0, 3000), st.sampled_from([abs(amount) // 2, abs(amount) * 3 // 2])))


def _repeat(draw: DrawFn, world: World) -> Saying:
    """What was said once is said again, word for word or nearly; only what has an external id can be known again."""
    named = [one for one in world.said if not one.document.startswith("#")]
    if not named:
        return _charge(draw, world)
    saying = draw(st.sampled_from(named))
    match draw(st.sampled_from(["nothing", "nothing", "amount", "on", "memo", "who", "base", "details"])):
        case "who" if saying.who:
            return replace(saying, who=_who(draw, world, draw(parties)))
        case "amount":
            return replace(saying, amount=_amount(draw))
        case "on":
            return replace(saying, on=draw(days))
        case "memo":
            return replace(saying, memo="other")
        case "base":
            return replace(saying, base=_base(draw, saying.currency, saying.amount))
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
