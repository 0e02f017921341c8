"""What is said of parties, rates and the books as a whole."""

from datetime import date
from decimal import Decimal
from random import Random

from tests.oracle.drawn import MIDDLE, NAMES, PARTIES, World, a_day, one_in
from tests.oracle.said import Begin, Close, Leave, Meet, Quote, Saying

EARLY = date(2023, 12, 1)
RATES = {"KWD": ["3.25", "3.2501", "2"], "JPY": ["0.0067", "0.01", "0.00666667"]}


def _meet(rng: Random, world: World) -> Meet:
    terms = rng.choice([None, 0, 10, 30, -3])
    end_of_month = terms is not None and one_in(rng, 2)
    return Meet(
        side=world.side, party=rng.choice(PARTIES), name=rng.choice(NAMES), net_days=terms, end_of_month=end_of_month
    )


def leave(rng: Random, world: World) -> Leave | Meet:
    if one_in(rng, 4):
        return Leave(side=world.side, party=rng.choice(PARTIES), back=one_in(rng, 3))
    return _meet(rng, world)


def _quote(rng: Random) -> Quote:
    rates = [(one, rng.choice([EARLY, a_day(rng)]), Decimal(rng.choice(RATES[one]))) for one in ("KWD", "JPY")]
    return Quote((*rates, ("USD", MIDDLE, Decimal(1))) if one_in(rng, 20) else tuple(rates[rng.randint(0, 1) :]))


def books(rng: Random, world: World) -> Saying:
    """Rates, and where the books begin and end."""
    if one_in(rng, 2):
        return _quote(rng)
    if one_in(rng, 12):
        return Begin(a_day(rng))
    through = rng.choice([None, a_day(rng), a_day(rng), MIDDLE])
    return Close(through, rng.choice(["refuse", "shift", "shift"]))
