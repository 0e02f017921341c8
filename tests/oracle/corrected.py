"""How the oracle takes down corrections: each replaces a slip as if it had always said so, and all is looked at again.

Units: minor units; days are calendar days.
Holds: it shares no code with the ledger.
"""

from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import Any

from tests.oracle.checked import check, place
from tests.oracle.ruled import booked, due_dates, opening_reasons, part_reasons, return_reasons
from tests.oracle.said import Edit, Merge, Move, Part, Postpone, Progress, TakeBack, Undo
from tests.oracle.slips import BIGGEST, DocumentSlip, Facts, Key, Refused, ShareSlip
from tests.oracle.taken_down import apply, document, party_by_id, who

SAID_OF = {
    "state": {"charge"},
    "due": {"charge"},
    "terms": {"charge"},
    "parts": {"charge"},
    "who": {"charge", "payment", "credit"},
    "currency": {"charge", "payment", "credit"},
    "base": {"charge", "payment", "credit"},
    "reason": {"write_off"},
    "returned": {"payment", "refund"},
}
NEXT = {
    "pending": {"processing", "completed", "failed", "cancelled", "returned"},
    "processing": {"pending", "completed", "failed", "cancelled", "returned"},
    "completed": {"returned"},
    "returned": {"completed", "returned"},
    "failed": {"cancelled"},
    "cancelled": set[str](),
}


def standing(facts: Facts, side: str, kind: str, name: str) -> DocumentSlip:
    """A document that can be corrected."""
    there = document(facts, side, kind, name)
    if there.state == "void":
        raise Refused("undone")
    return there


def share_of(facts: Facts, side: str, name: str) -> ShareSlip:
    """An allocation that was not taken back."""
    there = facts.shares.get(name)
    if there is None or not there.stands or there.source.side != side:
        raise Refused("unknown share")
    return there


def take_back(facts: Facts, said: TakeBack) -> str:
    """As if it had never been, or from a day on."""
    _end(facts, share_of(facts, said.side, said.share), said.on)
    return said.share


def _end(facts: Facts, share: ShareSlip, on: date | None) -> None:
    ended = max(share.on, on or share.on)
    if share.ended is None or ended < share.ended:
        facts.shares[share.name] = replace(share, ended=ended)
        check(facts, "overdrawn")


def move(facts: Facts, said: Move) -> str:
    """Taken back, and applied elsewhere; across parties if it was so before."""
    share = share_of(facts, said.side, said.share)
    across = facts.documents[share.source].party != facts.documents[share.charge].party
    _end(facts, share, said.on)
    document(facts, said.side, "charge", said.to.charge)
    apply(facts, share.source, replace(said.to, on=said.to.on or said.on), across=across)
    return said.to.name


def postpone(facts: Facts, said: Postpone) -> str:
    """What is open of a part from a day on falls due on another."""
    there = standing(facts, said.side, "charge", said.charge)
    reasons = set()
    if not 1 <= said.part <= len(there.parts):
        reasons.add("no such part")
    if said.from_on < there.from_day:
        reasons.add("change too early")
    if reasons:
        raise Refused(*reasons)
    others = [one for one in there.postponed if one[:2] != (said.from_on, said.part)]
    postponed = tuple(sorted([*others, (said.from_on, said.part, said.due)]))
    facts.documents[there.key] = replace(there, postponed=postponed)
    check(facts, "overdrawn")
    return said.charge


def undo(facts: Facts, said: Undo) -> str:
    """Void or deleted, if nothing touches it."""
    there = facts.documents.get(Key(said.side, said.kind, said.document))
    if there is None or there.state == "deleted":
        raise Refused("unknown document")
    if there.state != said.state:
        if _touched(facts, there):
            raise Refused("in the way")
        facts.documents[there.key] = replace(there, state=said.state)
        check(facts, "overdrawn")
    return said.document


def _touched(facts: Facts, slip: DocumentSlip) -> bool:
    """Whether anything that has ever been, or may yet be, touches it (T9)."""
    shares = [
        one
        for one in facts.shares_of(slip.key)
        if one.stands and facts.documents[one.source].status not in ("failed", "cancelled")
    ]
    aimed = [
        one for one in facts.aimed_at(slip.key) if one.state == "issued" and one.status not in ("failed", "cancelled")
    ]
    return bool(shares or aimed)


def progress(facts: Facts, said: Progress) -> str:
    """Money comes further, fails, or comes back."""
    if said.kind not in ("payment", "refund"):
        raise Refused("not that kind")
    there = standing(facts, said.side, said.kind, said.document)
    assert there.status is not None
    if (there.status, there.returned) == (said.status, said.returned):
        return said.document
    reasons = return_reasons(said.status, said.returned, there.from_day)
    if said.status not in NEXT[there.status]:
        reasons.add("bad transition")
    if reasons:
        raise Refused(*reasons)
    facts.documents[there.key] = replace(there, status=said.status, returned=said.returned)
    check(facts, "overdrawn")
    return said.document


def merge(facts: Facts, said: Merge) -> str:
    """All documents of one party become another's."""
    there, into = party_by_id(facts, said.side, said.party), party_by_id(facts, said.side, said.into)
    reasons = {reason for reason, is_so in [("same party", there is into), ("archived", into.archived)] if is_so}
    if reasons:
        raise Refused(*reasons)
    for key, slip in facts.documents.items():
        if (key.side, slip.party) == (said.side, said.party):
            facts.documents[key] = replace(slip, party=said.into)
    facts.parties[said.side, said.party] = replace(there, archived=True)
    return said.into


def edit(facts: Facts, said: Edit) -> str:
    """What a document says is replaced; what is not mentioned stays."""
    there = standing(facts, said.side, said.kind, said.document)
    changes: dict[str, Any] = dict(said.changes)
    if any(there.key.kind not in SAID_OF.get(name, {there.key.kind}) for name in changes):
        raise Refused("not that kind")
    on, reasons = changes.get("on", there.on), set[str]()
    slip = replace(there, on=on, returned=changes.get("returned", there.returned))
    begins = there.key.kind in ("charge", "payment", "credit") and not (there.counts and there.amount)
    if "on" in changes or (
        begins
        and replace(there, state=changes.get("state", there.state)).counts
        and changes.get("amount", there.amount)
    ):
        reasons |= opening_reasons(facts, on, there.opens is not None)
        slip = replace(slip, opens=facts.starts if there.opens else None)
    if there.status:
        reasons |= return_reasons(there.status, slip.returned, slip.from_day)
    slip = replace(slip, state=changes.get("state", there.state), reason=changes.get("reason", there.reason))
    try:
        slip = replace(slip, party=who(facts, said.side, changes["who"]).party if "who" in changes else there.party)
    except Refused as refused:
        raise Refused(*refused.reasons, *reasons) from None
    slip = replace(slip, currency=changes.get("currency", there.currency), amount=changes.get("amount", there.amount))
    if (slip.party, slip.currency) != (there.party, there.currency) and _touched(facts, there):
        reasons.add("in the way")
    base, wrong = _base(facts, changes, there, slip)
    slip, misdated = _dated(facts, changes, there, replace(slip, base=base))
    if slip.key.kind == "charge" and any(
        (one.part or 1) > max(1, len(slip.parts)) and one.stands and facts.documents[one.source].counts
        for one in facts.shares_of(slip.key)
    ):
        reasons.add("no such part")
    if reasons | wrong | misdated:
        raise Refused(*reasons, *wrong, *misdated)
    facts.documents[slip.key] = slip
    if slip.from_day != there.from_day:
        _place_anew(facts, slip)
    check(facts, "overdrawn")
    return said.document


def _base(facts: Facts, changes: dict[str, Any], there: DocumentSlip, slip: DocumentSlip) -> tuple[int, set[str]]:
    """Booked at the base amount said, else at the rate at which it was booked before (T11)."""
    if there.target is not None:
        scaled = round(Fraction(there.base * slip.amount, there.amount))
        wrong = {"negative"} if slip.amount < 0 else {"nothing left"} if slip.amount == 0 else set[str]()
        return scaled, wrong | ({"too large"} if max(slip.amount, scaled) > BIGGEST else set())
    base = changes.get("base")
    if "base" not in changes and slip.currency == there.currency and there.amount:
        base = round(Fraction(there.base * slip.amount, there.amount))
    return booked(facts, slip.amount, slip.currency, base, slip.on)


def _dated(
    facts: Facts, changes: dict[str, Any], there: DocumentSlip, slip: DocumentSlip
) -> tuple[DocumentSlip, set[str]]:
    """Due dates said anew replace all; those that came from terms or from the issue date follow it (T10)."""
    if slip.key.kind != "charge":
        return replace(slip, parts=(Part(slip.on, slip.amount),) if slip.parts else ()), set()
    if changes.keys() & {"due", "terms", "parts"}:
        party = facts.parties[slip.key.side, slip.party]
        given: tuple[Part, ...] = changes.get("parts", ())
        terms = changes.get("terms", there.terms) or party.terms
        parts, due_from, terms = due_dates(slip.on, slip.amount, given, changes.get("due"), terms)
        slip = replace(slip, postponed=())
    elif there.due_from == "given":
        given = there.parts if there.in_parts else ()
        parts, due_from, terms = given or (Part(there.due, slip.amount),), "given", None
    else:
        given = ()
        parts, due_from, terms = due_dates(slip.on, slip.amount, (), None, there.terms)
    reasons = part_reasons(given, slip.amount) | (set() if parts else {"due date"})
    return replace(slip, parts=parts, in_parts=bool(given), due_from=due_from, terms=terms), reasons


def _place_anew(facts: Facts, slip: DocumentSlip) -> None:
    """Allocations that stated no day take the first with room, one after the other; stated ones must still fit (T5).

    Those of money that never came stay as they are; one that is over by the first day it could have needs no room.
    """
    touching = [one for one in facts.shares_of(slip.key) if one.stands and facts.documents[one.source].counts]
    for share in touching:
        if not share.stated:
            facts.shares[share.name] = replace(share, ended=share.on)
    for share in touching:
        earliest = max(facts.documents[end].from_day for end in (share.source, share.charge))
        if share.stated and share.on < earliest:
            raise Refused("too early", "too much", "overdrawn")
        over = [day for day in (share.ended, facts.documents[share.source].returned) if day and day <= earliest]
        if over and not share.stated:
            facts.shares[share.name] = replace(share, on=earliest)
        elif not share.stated:
            place(facts, replace(share, on=earliest), "too much")
