"""What every drawn saying is made of: days, amounts and names on which books go wrong, and the world known by then."""

from dataclasses import dataclass, field
from datetime import date, timedelta

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from tests.oracle.said import Part, Who
from tests.oracle.slips import DocumentSlip, Facts, Key, ShareSlip
from tests.oracle.walked import walked

MIDDLE = date(2024, 2, 10)
CORNERS = ["2024-02-28", "2024-02-29", "2024-03-01", "2023-12-31", "2024-01-31", "2024-08-01"]

days = st.one_of(
    st.integers(-45, 75).map(lambda offset: MIDDLE + timedelta(days=offset)),
    st.sampled_from([date.fromisoformat(corner) for corner in CORNERS]),
)
small = st.integers(0, 1000)
huge = st.sampled_from([2**62, 2**63 - 1])
wrong = st.sampled_from([-1, 2**63])
currencies = st.sampled_from(["USD", "KWD", "KWD", "JPY"])
names = st.sampled_from(["Ada", "Bo", "Ça", "ada", ""])
parties = st.sampled_from("aaab")


@dataclass
class World:
    """What one side's writers know when they speak."""

    side: str
    usual_currency: str
    facts: Facts = field(default_factory=Facts)
    unnamed: int = 0

    def documents(self, *kinds: str) -> list[DocumentSlip]:
        """The documents of these kinds that were issued, or are drafts."""
        slips = self.facts.documents.values()
        return [one for one in slips if one.key.side == self.side and one.key.kind in kinds and one.state != "deleted"]

    def shares(self) -> list[ShareSlip]:
        """The allocations that hold on some day."""
        return [one for one in self.facts.shares.values() if one.source.side == self.side and one.stands]

    def left(self, slip: DocumentSlip) -> int:
        """What is open of a document in the end."""
        return sum(open_minor for open_minor, _ in walked(self.facts, slip).on(date.max).values())

    def name(self, draw: DrawFn, kind: str) -> str:
        """A name for a document, with an external id or without; seldom one that may be taken."""
        if one_in(draw, 25):
            return kind[:2] + draw(st.sampled_from("12"))
        return f"{draw(st.sampled_from(['#', 'x']))}{kind[:2]}{self.fresh()}"

    def fresh(self) -> str:
        """A name that nothing has."""
        self.unnamed += 1
        return f"{self.side[0]}{self.unnamed}"

    def known(self, key: Key) -> bool:
        """Whether a document is there."""
        return key in self.facts.documents


def one_in(draw: DrawFn, many: int) -> bool:
    """True for one draw in so many; shrinks to False."""
    return draw(st.integers(1, many)) == many


def day_from(draw: DrawFn, first: date) -> date:
    """A day, mostly on or soon after another."""
    return draw(days) if one_in(draw, 8) else first + timedelta(days=draw(st.integers(0, 40)))


def amount(draw: DrawFn) -> int:
    """Mostly small."""
    if one_in(draw, 30):
        return draw(wrong if one_in(draw, 4) else huge)
    return draw(small)


def part_of(draw: DrawFn, most: int) -> int:
    """Mostly some or all of an amount, seldom a little more or less than nothing."""
    if one_in(draw, 20):
        return draw(st.sampled_from([most + 1, -1]))
    most = max(most, 0)
    some = st.integers(0, max(most // 3, min(most, 9)))
    return draw(st.one_of(some, some, st.just(most)))


def base(draw: DrawFn, currency: str, amount: int) -> int | None:
    """A base amount; often half the amount or one and a half, where rounding has two equally near."""
    if currency == "USD" or one_in(draw, 4):
        return None
    if one_in(draw, 30):
        return draw(st.sampled_from([-1, 2**63]))
    return draw(st.one_of(st.integers(0, 3000), st.sampled_from([abs(amount) // 2, abs(amount) * 3 // 2])))


def parts(draw: DrawFn, amount: int) -> tuple[Part, ...]:
    """Two or three due dates for an amount; seldom ones that do not add up."""
    dues = sorted(draw(st.lists(days, min_size=2, max_size=3)))
    shares = [amount // len(dues)] * (len(dues) - 1) if draw(st.booleans()) else [1] * (len(dues) - 1)
    last = amount - sum(shares) + one_in(draw, 30)
    return tuple(Part(due, share) for due, share in zip(dues, [*shares, last], strict=True))


def who(draw: DrawFn, world: World, party: str) -> Who:
    """A party, by its id or by its external id."""
    by_id = one_in(draw, 20 if (world.side, party) not in world.facts.parties else 2)
    return Who(party=party, new_name=None if by_id else draw(names))
