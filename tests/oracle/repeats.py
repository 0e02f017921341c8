"""What was recorded is said again, word for word or nearly."""

from dataclasses import replace
from random import Random

from tests.oracle.drawn import PARTIES, World, a_day, amount, base, one_in, who
from tests.oracle.said import Charge, GiveUp, PayBack, Recover, Saying, Settle


def repeat(rng: Random, world: World) -> Saying | None:
    """What was said once is said again, word for word or nearly; only what has an external id can be known again."""
    slips = [one for one in world.facts.documents.values() if one.key.side == world.side]
    named = [one.said for one in slips if not one.key.document.startswith("#")]
    if not named:
        return None
    saying = rng.choice(named)
    if isinstance(saying, GiveUp | Recover | PayBack):
        return replace(saying, amount=None) if isinstance(saying, Recover) and one_in(rng, 3) else saying
    assert isinstance(saying, Charge | Settle)
    match rng.choice(["nothing", "nothing", "amount", "on", "memo", "who", "base", "details"]):
        case "who" if saying.who:
            return replace(saying, who=who(rng, world, rng.choice(PARTIES)))
        case "amount":
            return replace(saying, amount=amount(rng))
        case "on":
            return replace(saying, on=a_day(rng))
        case "memo":
            return replace(saying, memo="other")
        case "base":
            return replace(saying, base=base(rng, saying.currency, saying.amount))
        case "details":
            return _other_details(rng, saying)
    return saying


def _other_details(rng: Random, saying: Charge | Settle) -> Saying:
    if isinstance(saying, Charge):
        due = rng.choice([None, a_day(rng)])
        return replace(saying, due=due, state="issued", net_days=rng.choice([None, 30]))
    shares = (
        replace(share, on=a_day(rng) if one_in(rng, 3) else share.on, by_id=not share.by_id)
        for share in reversed(saying.shares)
    )
    return replace(saying, shares=tuple(shares))
