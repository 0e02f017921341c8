"""Record parties, charges, payments and credits; the same external id with the same content adds nothing.

Units: minor units; dates are calendar days.
Source: docs/rule.md, T4, T5, T11, T18.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from itertools import pairwise
from typing import NamedTuple

from duebook.canonical import canonical_json
from duebook.days import Terms
from duebook.ids import new_id
from duebook.ledger import errors
from duebook.ledger.aimed import check_return
from duebook.ledger.allocating import apply
from duebook.ledger.commands import AddCharge, AddSettlement, ArchiveParty, PutParty, UnarchiveParty
from duebook.ledger.facts import Document, DueFrom, Instalment, Kind, Party, PartyId, State
from duebook.ledger.working import Recorded, Working


class Dues(NamedTuple):
    """When a charge falls due, and how that was found."""

    due_on: date
    due_from: DueFrom
    terms: Terms | None
    instalments: tuple[Instalment, ...]


def put_party(working: Working, command: PutParty) -> Recorded:
    """Make a party, or replace what is known of it. Raises PartyNotFound, ExternalIdStays."""
    known = (
        working.party(command.side, command.id)
        if command.id
        else working.party_by_external_id(command.side, command.external_id)
    )
    if known and command.external_id is not None and command.external_id != known.external_id:
        raise errors.ExternalIdStays(known.id, known.external_id, command.external_id)
    party = Party(
        id=known.id if known else PartyId(new_id()),
        side=command.side,
        external_id=known.external_id if known else command.external_id,
        name=command.name,
        archived=known.archived if known else False,
        terms=command.terms,
        tags=command.tags,
        profile=command.profile,
    )
    if party != known:
        working.keep_party(party)
    return Recorded(party.id, created=known is None)


def archive(working: Working, command: ArchiveParty | UnarchiveParty) -> Recorded:
    """Hide a party from lists, or show it there again."""
    party = working.party(command.side, command.id)
    archived = isinstance(command, ArchiveParty)
    if party.archived is not archived:
        working.keep_party(replace(party, archived=archived))
    return Recorded(party.id, created=False)


def add_charge(working: Working, command: AddCharge) -> Recorded:
    """An invoice or a bill, with the payments that came along."""
    known = working.document_by_external_id(command.side, Kind.CHARGE, command.external_id)
    party = working.party_for(command.side, command.party)
    if known:
        _raise_if_other_content(working, command, known, party.id)
        return Recorded(known.id, created=False)
    if party.archived:
        raise errors.PartyIsArchived(party.id)
    opening_on = working.counts_from(command.issued_on, command.opening)
    base_minor = working.booked(command.amount_minor, command.currency, command.base_minor, command.issued_on)
    check_instalments(command.instalments, command.amount_minor, command.currency)
    due_on, due_from, terms, instalments = dues(
        command.issued_on, command.due_on, command.terms or party.terms, command.instalments
    )
    document = Document(
        id=command.id,
        side=command.side,
        kind=Kind.CHARGE,
        external_id=command.external_id,
        state=command.state,
        party_id=party.id,
        number=command.number,
        issued_on=command.issued_on,
        received_on=command.received_on,
        due_on=due_on,
        due_from=due_from,
        currency=command.currency,
        amount_minor=command.amount_minor,
        base_minor=base_minor,
        tags=command.tags,
        body=command.body,
        opening_on=opening_on,
        terms=terms,
        instalments=instalments,
    )
    working.keep_document(document)
    for place, settlement in enumerate(command.settlements):
        with errors.placed(settlement=place):
            if not add_settlement(working, settlement).created:
                raise errors.ExternalIdConflict(str(settlement.external_id), "charge")
    return Recorded(document.id, created=True)


def add_settlement(working: Working, command: AddSettlement) -> Recorded:
    """A payment or a credit, and what it is allocated to."""
    kinds = (Kind.PAYMENT, Kind.CREDIT)
    if command.kind not in kinds:
        raise errors.NotThatKind("kind", command.kind, kinds)
    known = working.document_by_external_id(command.side, command.kind, command.external_id)
    charges = _charges(working, command)
    if command.party is None and not charges:
        raise errors.NoParty
    party_id = working.party_for(command.side, command.party).id if command.party else charges[0].party_id
    if known:
        _raise_if_other_content(working, command, known, party_id)
        _raise_if_other_allocations(working, command, known, charges)
        return Recorded(known.id, created=False)
    is_payment = command.kind is Kind.PAYMENT
    opening_on = working.counts_from(command.settled_on, command.opening)
    if is_payment:
        check_return(command.status, command.returned_on, opening_on or command.settled_on)
    document = Document(
        id=command.id,
        side=command.side,
        kind=command.kind,
        external_id=command.external_id,
        state=State.ISSUED,
        party_id=party_id,
        number=command.number,
        issued_on=command.settled_on,
        received_on=None,
        due_on=command.settled_on,
        due_from=DueFrom.ISSUE_DATE,
        currency=command.currency,
        amount_minor=command.amount_minor,
        base_minor=working.booked(command.amount_minor, command.currency, command.base_minor, command.settled_on),
        tags=command.tags,
        body=command.body,
        opening_on=opening_on,
        status=command.status if is_payment else None,
        returned_on=command.returned_on if is_payment else None,
    )
    working.keep_document(document)
    for place, (charge, allocation) in enumerate(zip(charges, command.allocations, strict=True)):
        with errors.placed(allocation=place):
            apply(working, document, charge, allocation, across_parties=command.across_parties)
    return Recorded(document.id, created=True)


def _charges(working: Working, command: AddSettlement) -> list[Document]:
    found = []
    for place, one in enumerate(command.allocations):
        with errors.placed(allocation=place):
            found.append(working.document(command.side, Kind.CHARGE, one.charge))
    return found


def dues(issued_on: date, due_on: date | None, terms: Terms | None, instalments: tuple[Instalment, ...] = ()) -> Dues:
    """When a charge falls due: at its instalments, on the day given, by terms, or when issued (T4).

    Raises DueDateOutOfRange.
    """
    if instalments:
        return Dues(instalments[-1].due_on, DueFrom.GIVEN, None, instalments)
    if due_on is not None:
        return Dues(due_on, DueFrom.GIVEN, None, ())
    if terms is None:
        return Dues(issued_on, DueFrom.ISSUE_DATE, None, ())
    try:
        return Dues(terms.due_on(issued_on), DueFrom.TERMS, terms, ())
    except OverflowError:
        raise errors.DueDateOutOfRange(issued_on, terms.net_days) from None


def check_instalments(instalments: tuple[Instalment, ...], amount_minor: int, currency: str) -> None:
    """They add up to the amount, each is above zero, and they stand in order. Raises InstalmentsDoNotAddUp."""
    sum_minor = sum(one.amount_minor for one in instalments)
    in_order = all(one.due_on <= after.due_on for one, after in pairwise(instalments))
    positive = all(one.amount_minor > 0 for one in instalments)
    if instalments and not (in_order and positive and sum_minor == amount_minor):
        raise errors.InstalmentsDoNotAddUp(sum_minor, amount_minor, currency)


def _raise_if_other_content(
    working: Working, command: AddCharge | AddSettlement, known: Document, party_id: PartyId
) -> None:
    for name, there, offered in _content(known, command, party_id, working.base_currency):
        if there != offered:
            raise errors.ExternalIdConflict(str(command.external_id), name)


def _content(
    known: Document, command: AddCharge | AddSettlement, party_id: PartyId, base_currency: str
) -> Iterable[tuple[str, object, object]]:
    """What a repeated external id must repeat: the name of each part, what is there, what is offered."""
    yield "party", known.party_id, party_id
    yield "number", known.number, command.number
    yield "currency", known.currency, command.currency
    yield "amount", known.amount_minor, command.amount_minor
    if command.currency == base_currency or command.base_minor is not None:
        given = command.amount_minor if command.currency == base_currency else command.base_minor
        yield "base_amount", known.base_minor, given
    yield "tags", known.tags, command.tags
    yield "opening", known.opening_on is not None, command.opening
    if isinstance(command, AddCharge):
        yield "state", known.state, command.state
        yield "issued_on", known.issued_on, command.issued_on
        yield "received_on", known.received_on, command.received_on
        yield "instalments", known.instalments, command.instalments
        if not known.instalments:
            yield "due_on", known.due_on if known.due_from is DueFrom.GIVEN else None, command.due_on
            if command.due_on is None and command.terms:
                yield "terms", known.due_on, dues(command.issued_on, None, command.terms).due_on
    else:
        yield "state", known.state, State.ISSUED
        yield "settled_on", known.issued_on, command.settled_on
    for name in sorted(known.body.keys() | command.body.keys()):
        yield name, canonical_json(known.body.get(name)), canonical_json(command.body.get(name))


def _raise_if_other_allocations(
    working: Working, command: AddSettlement, known: Document, charges: list[Document]
) -> None:
    """What is not said, an amount that came from the rates or a day that was found, is not compared."""
    there = [one for one in working.web.touching(known.id) if one.source_id == known.id and one.stands]
    for charge, offered in zip(charges, command.allocations, strict=True):
        if not (offered.amount_minor or offered.source_minor):
            continue
        same = next(
            (
                one
                for one in there
                if one.charge_id == charge.id
                and offered.amount_minor in (None, one.amount_minor)
                and offered.source_minor in (None, one.source_minor)
                and offered.effective_on == (one.effective_on if one.stated else None)
                and offered.instalment == one.instalment
            ),
            None,
        )
        if same is None:
            raise errors.ExternalIdConflict(str(command.external_id), "allocations")
        there.remove(same)
    if there:
        raise errors.ExternalIdConflict(str(command.external_id), "allocations")
