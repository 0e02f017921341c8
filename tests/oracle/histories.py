"""Histories of writes: mostly sensible, some not, with the days, amounts and names on which books go wrong."""

from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from tests.oracle.said import Charge, History, Leave, Meet, Saying, Settle, Share, Who

MIDDLE = date(2024, 2, 10)

days = st.one_of(
    st.integers(-45, 75).map(lambda offset: MIDDLE + timedelta(days=offset)),
    st.sampled_from(["2024-02-28", "2024-02-29", "2024-03-01", "2023-12-31", "2024-01-31", "2024-08-01"]).map(
        date.fromisoformat
    ),
)
small = st.integers(0, 1000)
amounts = st.one_of(small, small, small, small, st.sampled_from([1, 3, 7, 2**62, 2**63 - 1, 2**63, -1]))
currencies = st.sampled_from(["USD", "USD", "USD", "EUR", "JPY"])
names = st.sampled_from(["Ada", "Bo", "Ça", "ada", ""])


@dataclass
class World:
    """What has been said so far: enough to say something that makes sense with it."""

    side: str
    charges: list[Charge] = field(default_factory=list)
    said: list[Charge | Settle] = field(default_factory=list)
    unnamed: int = 0

    def document(self, draw: DrawFn, stem: str) -> str:
        """A name for a document: seldom one that may be taken."""
        if draw(st.sampled_from(["own", "own", "own", "shared"])) == "shared":
            return stem + draw(st.sampled_from("123"))
        self.unnamed += 1
        return f"{draw(st.sampled_from(['#', 'x']))}{stem}{self.unnamed}"


@st.composite
def histories(draw: DrawFn, longest: int = 7) -> History:
    """Some writes, one after another, on both sides."""
    worlds = [World("receivable"), World("payable")]
    return tuple(
        tuple(_saying(draw, draw(st.sampled_from(worlds[:1] * 3 + worlds))) for _ in range(draw(st.integers(1, 4))))
        for _ in range(draw(st.integers(1, longest)))
    )


def _saying(draw: DrawFn, world: World) -> Saying:
    what = draw(st.sampled_from(["charge"] * 5 + ["settle"] * 6 + ["meet"] * 2 + ["leave", "repeat", "repeat"]))
    if what == "meet":
        terms = draw(st.sampled_from([None, 0, 10, 30, -3, 10**7]))
        return Meet(
            side=world.side,
            party=_party(draw),
            name=draw(names),
            net_days=terms,
            end_of_month=terms is not None and draw(st.booleans()),
        )
    if what == "leave":
        return Leave(side=world.side, party=_party(draw))
    if what == "repeat" and world.said:
        return _repeat(draw, draw(st.sampled_from(world.said)))
    saying = _charge(draw, world) if what == "charge" or not world.charges else _settle(draw, world)
    world.said.append(saying)
    return saying


def _party(draw: DrawFn) -> str:
    return draw(st.sampled_from("ab"))


def _who(draw: DrawFn, party: str) -> Who:
    return Who(party=party, new_name=draw(st.one_of(names, names, names, st.none())))


def _charge(draw: DrawFn, world: World) -> Charge:
    currency = draw(currencies)
    terms = draw(st.sampled_from([None, None, None, 0, 30, 10**7]))
    charge = Charge(
        side=world.side,
        document=world.document(draw, "i"),
        who=_who(draw, _party(draw)),
        state=draw(st.sampled_from(["issued"] * 8 + ["draft", "void"])),
        on=draw(days),
        due=draw(st.one_of(days, days, st.none())),
        net_days=terms,
        end_of_month=terms is not None and draw(st.booleans()),
        currency=currency,
        amount=draw(amounts),
        base=_base(draw, currency),
    )
    world.charges.append(charge)
    if draw(st.integers(0, 5)) == 0:
        charge = replace(charge, settles=(_settle(draw, world, charge),))
        world.charges[-1] = charge
    return charge


def _settle(draw: DrawFn, world: World, charge: Charge | None = None) -> Settle:
    """A payment or credit, mostly for charges of one party and currency."""
    first = charge or draw(st.sampled_from(world.charges))
    alike = [one for one in world.charges if (one.who.party, one.currency) == (first.who.party, first.currency)]
    pool = st.sampled_from([*alike * 3, *world.charges])
    targets = [first, *(draw(pool) for _ in range(draw(st.sampled_from([0, 0, 1, 2]))))]
    shares = tuple(_share(draw, one) for one in targets[draw(st.sampled_from([0, 0, 0, 0, 1])) :])
    enough = sum(max(share.amount, 0) for share in shares)
    currency = draw(st.sampled_from([first.currency] * 9 + ["USD"]))
    is_payment = draw(st.booleans())
    return Settle(
        side=world.side,
        kind="payment" if is_payment else "credit",
        document=world.document(draw, "p" if is_payment else "c"),
        who=draw(st.one_of(st.none(), st.just(_who(draw, first.who.party)))),
        on=draw(days),
        currency=currency,
        amount=draw(st.one_of(st.just(enough), small.map(lambda more: enough + more), amounts)),
        base=_base(draw, currency),
        shares=shares,
    )


def _share(draw: DrawFn, charge: Charge) -> Share:
    part = st.integers(0, max(charge.amount, 0))
    return Share(
        charge=draw(st.sampled_from([charge.document] * 20 + ["nothing"])),
        amount=draw(st.one_of(part, part, st.just(charge.amount), st.just(charge.amount // 2), st.just(-1))),
        on=draw(st.one_of(st.none(), st.none(), days)),
        by_id=draw(st.booleans()),
    )


def _base(draw: DrawFn, currency: str) -> int | None:
    if currency == "USD":
        return None
    return draw(st.one_of(st.integers(0, 3000), st.integers(0, 3000), st.sampled_from([None, 1, -1, 2**63])))


def _repeat(draw: DrawFn, saying: Charge | Settle) -> Saying:
    """What was said once is said again, word for word or nearly; only what has an external id can be known again."""
    if saying.document.startswith("#"):
        return Meet(side=saying.side, party=_party(draw), name=draw(names))
    change = draw(st.sampled_from(["nothing", "nothing", "amount", "on", "memo", "who", "base", "more"]))
    if change == "who" and saying.who:
        return replace(saying, who=Who(party=_party(draw), new_name="Eve"))
    if change == "amount":
        return replace(saying, amount=draw(amounts))
    if change == "on":
        return replace(saying, on=draw(days))
    if change == "memo":
        return replace(saying, memo="other")
    if change == "base":
        return replace(saying, base=_base(draw, saying.currency))
    if change == "more":
        return _other_details(draw, saying)
    return saying


def _other_details(draw: DrawFn, saying: Charge | Settle) -> Saying:
    if isinstance(saying, Charge):
        return replace(
            saying, due=draw(st.one_of(days, st.none())), state="issued", net_days=draw(st.sampled_from([None, 5]))
        )
    shares = tuple(
        replace(share, on=draw(st.one_of(st.none(), days)), by_id=not share.by_id) for share in reversed(saying.shares)
    )
    return replace(saying, shares=shares)
