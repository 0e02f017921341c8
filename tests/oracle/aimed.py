"""How the oracle takes down what is aimed at another document: write-offs, recoveries and refunds.

Units: minor units; days are calendar days.
Holds: it shares no code with the ledger.
"""

from dataclasses import replace
from datetime import date
from fractions import Fraction

from tests.oracle.checked import check, least_left, left_on, recovered
from tests.oracle.ruled import opening_reasons, return_reasons
from tests.oracle.said import GiveUp, PayBack, Recover
from tests.oracle.slips import BIGGEST, DocumentSlip, Facts, Key, Refused
from tests.oracle.taken_down import document
from tests.oracle.walked import paid_less_refunded, walked


def give_up(facts: Facts, said: GiveUp) -> str:
    """A charge is written off."""
    target = document(facts, said.side, "charge", said.charge)
    slip = _aimed(said, Key(said.side, "write_off", said.document), target)
    return _aim(facts, replace(slip, reason=said.reason), said.amount)


def recover(facts: Facts, said: Recover) -> str:
    """A write-off is reversed."""
    target = document(facts, said.side, "write_off", said.write_off)
    return _aim(facts, _aimed(said, Key(said.side, "recovery", said.document), target), said.amount)


def pay_back(facts: Facts, said: PayBack) -> str:
    """Money is refunded."""
    reasons = return_reasons(said.status, said.returned, said.on)
    if said.of_kind not in ("charge", "payment", "credit"):
        reasons.add("not that kind")
    if reasons:
        raise Refused(*reasons)
    target = document(facts, said.side, said.of_kind, said.of)
    slip = _aimed(said, Key(said.side, "refund", said.document), target)
    return _aim(facts, replace(slip, status=said.status, returned=said.returned), said.amount)


def _aimed(said: GiveUp | Recover | PayBack, key: Key, target: DocumentSlip) -> DocumentSlip:
    return DocumentSlip(
        key=key,
        said=said,
        party=target.party,
        on=said.on,
        parts=(),
        currency=target.currency,
        amount=0,
        base=0,
        target=target.key,
    )


def _aim(facts: Facts, slip: DocumentSlip, amount: int | None) -> str:
    """Write down what is aimed at another document; with no amount, all that is left on every day from there."""
    target = facts.documents[slip.target] if slip.target else slip
    there = facts.documents.get(slip.key)
    if there is not None:
        same = (there.target, there.state, there.on, there.reason) == (slip.target, "issued", slip.on, slip.reason)
        if not same or amount not in (None, there.amount):
            raise Refused("conflict")
        return slip.key.document
    if not target.counts:
        raise Refused("not open")
    first = max(slip.on, target.from_day)
    left = _left_for(facts, slip, target, first)
    amount = left if amount is None else amount
    reasons = {reason for reason, is_so in [("negative", amount < 0), ("nothing left", amount == 0)] if is_so}
    reasons |= opening_reasons(facts, slip.on, opening=False)
    base = round(Fraction(target.base * amount, target.amount)) if target.amount else 0
    if max(amount, base) > BIGGEST:
        reasons |= {"too large", "too much"}
    elif amount > left and slip.counts:
        reasons.add("too much")
    if reasons:
        raise Refused(*reasons)
    facts.documents[slip.key] = replace(slip, amount=amount, base=base)
    check(facts, "too much")
    return slip.key.document


def _left_for(facts: Facts, slip: DocumentSlip, target: DocumentSlip, first: date) -> int:
    """How much can be given up, recovered or refunded: for a refund at least on its own day."""
    if slip.key.kind == "recovery":
        return target.amount - recovered(facts, target)
    if slip.key.kind == "write_off":
        return least_left(facts, target, first)
    if target.key.kind == "charge":
        return paid_less_refunded(facts, target, first)
    return left_on(walked(facts, target), first)
