"""How the oracle takes down what is recorded for the first time: parties, charges, payments and credits.

Units: minor units; days are calendar days.
Holds: it shares no code with the ledger. A refused saying may leave a draft half written: drafts are thrown away.
"""

from dataclasses import replace

from tests.oracle.checked import place
from tests.oracle.ruled import booked, due_date, due_dates, opening_reasons, part_reasons, return_reasons
from tests.oracle.said import BASE_CURRENCY, Apply, Charge, Leave, Meet, Part, Settle, Share, Who
from tests.oracle.slips import BIGGEST, DocumentSlip, Facts, Key, PartySlip, Refused, ShareSlip


def meet(facts: Facts, said: Meet) -> str:
    """A party is made, or known better."""
    there = facts.parties.get((said.side, said.party))
    terms = None if said.net_days is None else (said.net_days, said.end_of_month)
    archived = there is not None and there.archived
    facts.parties[said.side, said.party] = PartySlip(said.side, said.party, said.name, archived, terms)
    return said.party


def leave(facts: Facts, said: Leave) -> str:
    """A party is archived, or is so no more."""
    there = party_by_id(facts, said.side, said.party)
    facts.parties[said.side, said.party] = replace(there, archived=not said.back)
    return said.party


def party_by_id(facts: Facts, side: str, party: str) -> PartySlip:
    """A party as those know it who were told its id: it must have stood before this write."""
    there = facts.parties.get((side, party))
    if there is None or (side, party) not in facts.met_before:
        raise Refused("unknown party")
    return there


def who(facts: Facts, side: str, said: Who) -> PartySlip:
    """The party that is meant, made if it is new."""
    if said.new_name is None:
        return party_by_id(facts, side, said.party)
    return facts.parties.setdefault((side, said.party), PartySlip(side, said.party, said.new_name))


def charge(facts: Facts, said: Charge) -> str:
    """An invoice or a bill."""
    key = Key(said.side, "charge", said.document)
    party = who(facts, said.side, said.who)
    there = facts.documents.get(key)
    if there is not None:
        if not _same_charge(there, said):
            raise Refused("conflict", *(["due date"] if due_date(said.on, _terms(said)) is None else []))
        return said.document
    parts, due_from, terms = due_dates(said.on, said.amount, said.parts, said.due, _terms(said) or party.terms)
    base, reasons = booked(facts, said.amount, said.currency, said.base, said.on)
    reasons |= opening_reasons(facts, said.on, said.opening) | part_reasons(said.parts, said.amount)
    if party.archived:
        reasons.add("archived")
    if not parts:
        reasons.add("due date")
    if reasons:
        raise Refused(*reasons)
    facts.documents[key] = DocumentSlip(
        key=key,
        said=said,
        party=party.party,
        state=said.state,
        on=said.on,
        opens=facts.starts if said.opening else None,
        parts=parts,
        in_parts=bool(said.parts),
        due_from=due_from,
        terms=terms,
        currency=said.currency,
        amount=said.amount,
        base=base,
    )
    for one in said.settles:
        was_there = Key(one.side, one.kind, one.document) in facts.documents
        settle(facts, one)
        if was_there:  # it came along with another charge, or by itself
            raise Refused("conflict")
    return said.document


def _terms(said: Charge) -> tuple[int, bool] | None:
    return None if said.net_days is None else (said.net_days, said.end_of_month)


def _same_charge(there: DocumentSlip, said: Charge) -> bool:
    """A repeat may leave its terms out, or name others that come to the same due date; or its base amount."""
    was = there.said
    assert isinstance(was, Charge)
    same_due = said.parts == (there.parts if there.in_parts else ())
    if not there.in_parts:
        same_due = same_due and said.due == (there.due if there.due_from == "given" else None)
        if said.due is None and said.net_days is not None:
            same_due = same_due and due_date(said.on, _terms(said)) == there.due
    same = (there.party, there.state, there.opens is not None) == (said.who.party, said.state, said.opening)
    return same_due and same and _same_money(there, said) and was.memo == said.memo


def _same_money(there: DocumentSlip, said: Charge | Settle) -> bool:
    base = said.amount if said.currency == BASE_CURRENCY else said.base
    same_base = base is None or base == there.base
    return same_base and (there.currency, there.amount, there.on) == (said.currency, said.amount, said.on)


def settle(facts: Facts, said: Settle) -> str:
    """A payment or a credit."""
    key = Key(said.side, said.kind, said.document)
    charges = [facts.documents.get(Key(said.side, "charge", share.charge)) for share in said.shares]
    known = [one for one in charges if one is not None and one.state != "deleted"]
    if len(known) < len(charges):
        raise Refused("unknown document", *(["unknown party"] if said.who and said.who.new_name is None else []))
    if said.who is None and not known:
        raise Refused("no party")
    party = who(facts, said.side, said.who).party if said.who else known[0].party
    there = facts.documents.get(key)
    if there is not None:
        if not _same_settlement(facts, there, said, party):
            raise Refused("conflict")
        return said.document
    base, reasons = booked(facts, said.amount, said.currency, said.base, said.on)
    reasons |= opening_reasons(facts, said.on, said.opening)
    opens = facts.starts if said.opening else None
    is_payment = said.kind == "payment"
    if is_payment:
        reasons |= return_reasons(said.status, said.returned, opens or said.on)
    if reasons:
        raise Refused(*reasons)
    facts.documents[key] = DocumentSlip(
        key=key,
        said=said,
        party=party,
        on=said.on,
        opens=opens,
        parts=(Part(said.on, said.amount),),
        currency=said.currency,
        amount=said.amount,
        base=base,
        status=said.status if is_payment else None,
        returned=said.returned if is_payment else None,
    )
    for one in said.shares:
        apply(facts, key, one, across=said.across)
    return said.document


def _same_settlement(facts: Facts, there: DocumentSlip, said: Settle, party: str) -> bool:
    """Every allocation that stands is said again, and no other; what is left out of one is not compared."""
    was = there.said
    assert isinstance(was, Settle)
    standing = [one for one in facts.shares_of(there.key) if one.stands]
    for share in said.shares:
        if share.amount or share.paid:
            same = [one for one in standing if _same_share(one, share)]
            if not same:
                return False
            standing.remove(same[0])
    same_party = (there.party, there.state, there.opens is not None) == (party, "issued", said.opening)
    return not standing and same_party and _same_money(there, said) and was.memo == said.memo


def _same_share(there: ShareSlip, said: Share) -> bool:
    return (
        there.charge.document == said.charge
        and said.amount in (None, there.amount)
        and said.paid in (None, there.paid)
        and said.on == (there.on if there.stated else None)
        and said.part == there.part
    )


def more(facts: Facts, said: Apply) -> str:
    """More of a payment or credit is allocated."""
    key = document(facts, said.side, said.kind, said.document).key
    for share in said.shares:
        document(facts, said.side, "charge", share.charge)
        apply(facts, key, share, across=said.across)
    return said.document


def document(facts: Facts, side: str, kind: str, name: str) -> DocumentSlip:
    """A document that was not deleted."""
    there = facts.documents.get(Key(side, kind, name))
    if there is None or there.state == "deleted":
        raise Refused("unknown document")
    return there


def apply(facts: Facts, key: Key, said: Share, *, across: bool) -> None:
    """Part of a payment or credit goes to a charge."""
    source, charge = facts.documents[key], facts.documents[Key(key.side, "charge", said.charge)]
    reasons = set()
    if charge.party != source.party and not across:
        reasons.add("other party")
    if not (charge.counts and source.counts):
        reasons.add("not open")
    if said.part is not None and not 1 <= said.part <= len(charge.parts):
        reasons.add("no such part")
    earliest = max(source.from_day, charge.from_day)
    if said.on is not None and said.on < earliest:
        reasons.add("too early")
    amount, paid = said.amount, said.paid
    if amount is None and paid is not None:
        amount = facts.worth(paid, source.currency, charge.currency, said.on or earliest)
    elif paid is None and amount is not None:
        paid = facts.worth(amount, charge.currency, source.currency, said.on or earliest)
    elif amount is None or (source.currency == charge.currency and amount != paid):
        reasons.add("amounts differ")
    if amount is None or paid is None:
        raise Refused(*reasons, "no rate")
    if min(amount, paid) < 0:
        reasons.add("negative")
    if max(amount, paid) > BIGGEST:
        reasons.add("too large")
    if reasons:
        raise Refused(*reasons)
    if amount or paid:
        share = ShareSlip(
            name=said.name,
            source=key,
            charge=charge.key,
            on=said.on or earliest,
            stated=said.on is not None,
            amount=amount,
            paid=paid,
            part=said.part,
        )
        place(facts, share, "too much")
