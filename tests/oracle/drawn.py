"""What every drawn saying is made of: days, amounts and names on which books go wrong, and the world known by then."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

from tests.oracle.said import Part, Who
from tests.oracle.slips import DocumentSlip, Facts, Key, ShareSlip
from tests.oracle.walked import walked

MIDDLE = date(2024, 2, 10)
CORNERS = [date(2024, 2, 28), date(2024, 2, 29), date(2024, 3, 1), date(2023, 12, 31), date(2024, 1, 31)]
LATE = date(2024, 8, 1)
CURRENCIES = ["USD", "KWD", "KWD", "JPY"]
NAMES = ["Ada", "Bo", "Ça", "ada", ""]
PARTIES = "aaab"


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

    def name(self, rng: Random, kind: str) -> str:
        """A name for a document, with an external id or without; seldom one that may be taken."""
        if one_in(rng, 25):
            return kind[:2] + rng.choice("12")
        return f"{rng.choice(['#', 'x'])}{kind[:2]}{self.fresh()}"

    def fresh(self) -> str:
        """A name that nothing has."""
        self.unnamed += 1
        return f"{self.side[0]}{self.unnamed}"

    def known(self, key: Key) -> bool:
        """Whether a document is there."""
        return key in self.facts.documents


def one_in(rng: Random, many: int) -> bool:
    """True for one draw in so many."""
    return rng.randrange(many) == 0


def a_day(rng: Random) -> date:
    """A day in a few months, seldom late, often one on which calendars turn."""
    if one_in(rng, 6):
        return rng.choice([*CORNERS, LATE])
    return MIDDLE + timedelta(days=rng.randint(-45, 75))


def day_from(rng: Random, first: date) -> date:
    """A day, mostly on or soon after another."""
    return a_day(rng) if one_in(rng, 8) else first + timedelta(days=rng.randint(0, 40))


def amount(rng: Random) -> int:
    """Mostly small."""
    if one_in(rng, 30):
        return rng.choice([-1, 2**63]) if one_in(rng, 4) else rng.choice([2**62, 2**63 - 1])
    return rng.choice([0, 1, 7]) if one_in(rng, 12) else rng.randint(8, 1000)


def part_of(rng: Random, most: int) -> int:
    """Mostly some or all of an amount, seldom a little more or less than nothing."""
    if one_in(rng, 20):
        return rng.choice([most + 1, -1])
    most = max(most, 0)
    return most if one_in(rng, 3) else rng.randint(0, max(most // 2, min(most, 9)))


def base(rng: Random, currency: str, amount: int) -> int | None:
    """A base amount; often half the amount or one and a half, where rounding has two equally near."""
    if currency == "USD" or one_in(rng, 4):
        return None
    if one_in(rng, 30):
        return rng.choice([-1, 2**63])
    return rng.choice([rng.randint(0, 3000), abs(amount) // 2, abs(amount) * 3 // 2])


def parts(rng: Random, amount: int) -> tuple[Part, ...]:
    """Two or three due dates for an amount; seldom ones that do not add up."""
    dues = sorted(a_day(rng) for _ in range(rng.choice([2, 2, 3])))
    shares = [amount // len(dues)] * (len(dues) - 1) if rng.randrange(4) else [1] * (len(dues) - 1)
    last = amount - sum(shares) + one_in(rng, 30)
    return tuple(Part(due, share) for due, share in zip(dues, [*shares, last], strict=True))


def who(rng: Random, world: World, party: str) -> Who:
    """A party, by its id or by its external id."""
    by_id = one_in(rng, 20 if (world.side, party) not in world.facts.parties else 2)
    return Who(party=party, new_name=None if by_id else rng.choice(NAMES))
