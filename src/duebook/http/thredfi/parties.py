"""Customers and vendors: one shape, one way to make, change, find, list and archive them.

Units: cents of the business's currency.
Holds: the name in reports is the company's, else the individual's; what is outstanding of a party is as of today where
the business is, the same figure as in the report.
Source: docs/reference/thredfi.md, "Customers and vendors".
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from msgspec import Meta

from duebook.days import Terms
from duebook.http.fields import Cents, ExternalId, Free, LongText, PositiveCents, Text, check_free, told
from duebook.http.inputs import BadInput, shown
from duebook.http.services import Services
from duebook.http.thredfi.tags import ApiTag, NewTag, api_tags, tags_of
from duebook.http.writes import RefusedWrite, recorded
from duebook.ledger import lists, views
from duebook.ledger.commands import ArchiveParty, NewParty, PartyRef, PutParty
from duebook.ledger.errors import ExternalIdConflict
from duebook.ledger.facts import Party, PartyId, Side
from duebook.ledger.lists import Page, PartyFilter
from duebook.ledger.views import PartyView, Tx
from duebook.tenancy.facts import BusinessId, Caller
from duebook.tenancy.gate import read_tx, write_tx

NOUNS: Final = {Side.RECEIVABLE: "customer", Side.PAYABLE: "vendor"}

_LATEST_TERMS_DAYS: Final = 3650
_ADDRESS: Final = ("address_line1", "address_line2", "postal_code", "city", "state_county", "country")


TermsDays = Annotated[
    int,
    Meta(ge=0, le=_LATEST_TERMS_DAYS, description="Days from the issue date to the due date of what names none"),
]


class PartyProfile(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What may be said of a customer or a vendor, given back as it was said."""

    reference_number: Text | None = None
    individual_name: Text | None = None
    company_name: Text | None = None
    email: Text | None = None
    mobile_phone: Text | None = None
    office_phone: Text | None = None
    address_string: Text | None = None
    address_line1: Text | None = None
    address_line2: Text | None = None
    city: Text | None = None
    state_county: Text | None = None
    postal_code: Text | None = None
    country: Text | None = None
    vat_number: Text | None = None
    tax_exempt: bool | None = None
    credit_limit_cents: PositiveCents | None = None
    memo: LongText | None = None
    metadata: Free | None = None


class PartyRequest(PartyProfile, kw_only=True, omit_defaults=True):
    """A customer or a vendor: one of the names is needed. `name` and `notes` are other words for two of the fields.

    A `status` is left alone.
    """

    external_id: ExternalId | None = None
    name: Annotated[Text | None, Meta(description="Another word for company_name")] = None
    notes: Annotated[LongText | None, Meta(description="Another word for memo")] = None
    payment_terms_days: TermsDays | None = None
    transaction_tags: list[NewTag] | None = None
    status: Text | None = None


class PartyData(PartyProfile, kw_only=True):
    """A customer or a vendor."""

    id: UUID
    business_id: UUID
    external_id: str | None
    display_name: str
    full_address: str
    payment_terms_days: int | None
    credit_limit: Cents | None
    outstanding_balance: Cents
    status: Annotated[str, Meta(description="active or archived")]
    is_active: bool
    is_archived: bool
    transaction_tags: list[ApiTag]
    notes: str | None
    documents: list[Free]
    created_at: datetime
    updated_at: datetime
    archived_at: datetime | None


async def create(
    services: Services, caller: Caller, business_id: BusinessId, side: Side, asked: PartyRequest
) -> tuple[dict[str, Any], bool]:
    """Make a party, or find the one with this external id and content; and whether it was made.

    Raises BadInput, TenancyError, RefusedWrite.
    """
    said = _said(asked)
    if not (name := _name(said)):
        raise BadInput("company_name", "", "or individual_name is required")
    async with write_tx(services.database, caller, business_id, f"create {NOUNS[side]}") as tx:
        there = await named(tx, side, asked.external_id)
        command = PutParty(
            side=side,
            external_id=asked.external_id,
            name=name,
            terms=_terms(asked),
            tags=tags_of(asked.transaction_tags),
            profile=said,
        )
        if there is None or _is_only_named(there):
            (done,) = await recorded(tx, [lambda _: command], side=side, fields={})
            return await _fields_of(tx, side, PartyId(done.id)), done.created
        if differing := _differing(there, command):
            raise RefusedWrite(ExternalIdConflict(str(asked.external_id), differing), side, {})
        return await _fields_of(tx, side, there.id), False


async def update(
    services: Services, caller: Caller, business_id: BusinessId, side: Side, party_id: UUID, asked: PartyRequest
) -> dict[str, Any]:
    """Change what the request mentions. Raises BadInput, TenancyError, PartyNotFound, RefusedWrite."""
    said = _said(asked)
    async with write_tx(services.database, caller, business_id, f"update {NOUNS[side]}") as tx:
        known = (await views.party(tx, side, PartyId(party_id))).party
        profile = {**known.profile, **said}
        command = PutParty(
            side=side,
            id=known.id,
            external_id=asked.external_id,
            name=_name(profile) or known.name,
            terms=known.terms if asked.payment_terms_days is None else _terms(asked),
            tags=known.tags if asked.transaction_tags is None else tags_of(asked.transaction_tags),
            profile=profile,
        )
        await recorded(tx, [lambda _: command], side=side, fields={}, named=party_id)
        return await _fields_of(tx, side, known.id)


async def archive(
    services: Services, caller: Caller, business_id: BusinessId, side: Side, party_id: UUID
) -> dict[str, Any]:
    """Hide a party from lists; it keeps its documents and balances. Raises TenancyError, PartyNotFound."""
    async with write_tx(services.database, caller, business_id, f"archive {NOUNS[side]}") as tx:
        await recorded(tx, [lambda _: ArchiveParty(side, PartyId(party_id))], side=side, fields={}, named=party_id)
        return await _fields_of(tx, side, PartyId(party_id))


async def find(
    services: Services, caller: Caller, business_id: BusinessId, side: Side, party_id: UUID
) -> dict[str, Any]:
    """One party, archived or not, by field. Raises TenancyError, PartyNotFound."""
    async with read_tx(services.database, caller, business_id) as tx:
        return await _fields_of(tx, side, PartyId(party_id))


async def page(
    services: Services, caller: Caller, business_id: BusinessId, which: PartyFilter, part: Page
) -> tuple[list[dict[str, Any]], int]:
    """One page of parties by field, and how many there are on all pages. Raises TenancyError."""
    async with read_tx(services.database, caller, business_id) as tx:
        found = [one.view for one in await lists.parties(tx, which, part)]
        return await all_fields(tx, which.side, found), await lists.count_parties(tx, which)


async def named(tx: Tx, side: Side, external_id: str | None) -> Party | None:
    """The party with this external id, archived or not."""
    if external_id is None:
        return None
    which = PartyFilter(side=side, archived=None, external_id=external_id)
    return next((one.view.party for one in await lists.parties(tx, which, Page(limit=1))), None)


async def sought(tx: Tx, side: Side, given_ids: Sequence[UUID] | None, external_id: str | None) -> list[PartyId] | None:
    """Whose documents a list is asked for, by ids, by an external id or by both; None for everybody's.

    An external id that is nobody's finds nothing. Raises BadInput if the two do not agree.
    """
    if not external_id:
        return None if given_ids is None else [PartyId(one) for one in given_ids]
    there = await named(tx, side, external_id)
    if given_ids is not None and (there is None or there.id not in given_ids):
        noun = NOUNS[side]
        raise BadInput(f"{noun}_external_id", shown(external_id), f"is of one that {noun}_id names, if both are given")
    return [there.id] if there else []


async def all_fields(tx: Tx, side: Side, found: list[PartyView]) -> list[dict[str, Any]]:
    """What is said of parties, by field."""
    outstanding = await views.open_by_party(tx, side, [one.party.id for one in found])
    return [_fields(tx.business.id, one, outstanding[one.party.id]) for one in found]


def party_ref(side: Side, party_id: UUID | None, external_id: str | None) -> PartyRef:
    """Whose a document is: by id, or by an external id that makes the party if it is not there. Raises BadInput.

    Who names it both ways is taken at the id's word.
    """
    if party_id is not None:
        return PartyId(party_id)
    if external_id is not None:
        return NewParty(external_id, external_id)
    raise BadInput(f"{NOUNS[side]}_id", "", f"or {NOUNS[side]}_external_id is required")


def _said(asked: PartyRequest) -> dict[str, Any]:
    check_free("", asked)
    for field, other in (("name", "company_name"), ("notes", "memo")):
        both = getattr(asked, field), getattr(asked, other)
        if None not in both and both[0] != both[1]:
            raise BadInput(field, shown(both[0]), f"is the same as {other}, if both are given")
    said = {name: getattr(asked, name) for name in PartyProfile.__struct_fields__}
    said |= {"company_name": asked.company_name or asked.name, "memo": asked.memo or asked.notes}
    return {name: value for name, value in said.items() if value is not None}


def _name(profile: Mapping[str, Any]) -> str:
    return (profile.get("company_name") or "").strip() or (profile.get("individual_name") or "").strip()


def _terms(asked: PartyRequest) -> Terms | None:
    return None if asked.payment_terms_days is None else Terms(asked.payment_terms_days)


def _is_only_named(party: Party) -> bool:
    """Whether a document made the party: nothing was said of it but its external id."""
    return party.name == party.external_id and not party.profile and party.terms is None


def _differing(there: Party, asked: PutParty) -> str | None:
    for field in sorted({*there.profile, *asked.profile}):
        if there.profile.get(field) != asked.profile.get(field):
            return field
    if there.terms != asked.terms:
        return "payment_terms_days"
    return "transaction_tags" if there.tags != asked.tags else None


async def _fields_of(tx: Tx, side: Side, party_id: PartyId) -> dict[str, Any]:
    (fields,) = await all_fields(tx, side, [await views.party(tx, side, party_id)])
    return fields


def _fields(business_id: BusinessId, view: PartyView, outstanding_minor: int) -> dict[str, Any]:
    party, known = view.party, told(PartyProfile, view.party.profile)
    lines = ", ".join(str(known[name]) for name in _ADDRESS if known.get(name))
    return {
        **{name: known.get(name) for name in PartyProfile.__struct_fields__},
        "metadata": known.get("metadata", {}),
        "id": party.id,
        "business_id": business_id,
        "external_id": party.external_id,
        "display_name": party.name,
        "company_name": known.get("company_name") or (None if known.get("individual_name") else party.name),
        "full_address": known.get("address_string") or lines,
        "address_string": known.get("address_string") or lines or None,
        "payment_terms_days": party.terms.net_days if party.terms and not party.terms.end_of_month else None,
        "credit_limit": known.get("credit_limit_cents"),
        "outstanding_balance": outstanding_minor,
        "status": "archived" if party.archived else "active",
        "is_active": not party.archived,
        "is_archived": party.archived,
        "transaction_tags": api_tags(party.tags),
        "notes": known.get("memo"),
        "documents": [],
        "created_at": view.created_at.astimezone(UTC),
        "updated_at": view.updated_at.astimezone(UTC),
        "archived_at": view.updated_at.astimezone(UTC) if party.archived else None,
    }
