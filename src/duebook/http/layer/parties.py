"""Customers and vendors: one shape, one way to write, find, list and archive them.

Holds: the name in reports is the company's, else the individual's; a party that a document made on the fly is called
by its external id until a request names it.
"""

from typing import Annotated, Any, Final, Literal
from uuid import UUID

import msgspec
from litestar.params import QueryParameter
from msgspec import UNSET, UnsetType

from duebook.http.fields import ExternalId, Free, LongText, Text, check_free, kept
from duebook.http.inputs import BadInput
from duebook.http.layer.lists import PARTY_SORTS, ListMeta, Paging
from duebook.http.layer.tags import ApiTag, NewTag, api_tags, tags_of
from duebook.http.services import Services
from duebook.http.writes import write
from duebook.ledger import lists, views
from duebook.ledger.commands import ArchiveParty, MergeParties, NewParty, PartyRef, PutParty, UnarchiveParty
from duebook.ledger.facts import Party, PartyId, Side
from duebook.ledger.lists import PartyFilter
from duebook.tenancy.facts import BusinessId, Caller
from duebook.tenancy.gate import read_tx

FILTERS: Final = ("include_archived", "external_id", "external_id_contains", "name", "name_contains")
FreeText = Annotated[str | None, QueryParameter(schema_extra={"type": "string", "one_of": None})]
"""A text in a query, taken as it is."""

_APART: Final = frozenset({"external_id", "notes", "memo", "tags"})


class NewPartyData(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A customer or a vendor: at least one of the two names is needed. `notes` is an older name of `memo`."""

    external_id: ExternalId | None = None
    individual_name: Text | None = None
    company_name: Text | None = None
    email: Text | None = None
    mobile_phone: Text | None = None
    office_phone: Text | None = None
    address_string: Text | None = None
    memo: LongText | None = None
    notes: LongText | None = None
    tags: list[NewTag] | None = None
    metadata: Free | None = None
    reference_number: Text | None = None


class ApiCustomerData(msgspec.Struct, kw_only=True):
    """A customer or a vendor, as it stands in documents and in reports."""

    id: UUID
    external_id: str | UnsetType = UNSET
    individual_name: str | None
    company_name: str | None
    email: str | None
    mobile_phone: str | None
    office_phone: str | None
    address_string: str | None
    memo: str | None
    status: Literal["ACTIVE", "ARCHIVED"]
    transaction_tags: list[ApiTag]


async def put(
    services: Services,
    caller: Caller,
    business_id: BusinessId,
    side: Side,
    asked: NewPartyData,
    party_id: UUID | None = None,
) -> tuple[Party, bool]:
    """Make a party, or replace what is known of the one with this id or external id; and whether it was made.

    Raises TenancyError, BadInput, RefusedWrite, PartyNotFound.
    """
    name = (asked.company_name or "").strip() or (asked.individual_name or "").strip()
    if not name:
        raise BadInput("company_name", "", "or individual_name is required")
    check_free("", asked)
    memo = asked.memo if asked.memo is not None else asked.notes
    command = PutParty(
        side=side,
        id=None if party_id is None else PartyId(party_id),
        external_id=asked.external_id,
        name=name,
        tags=tags_of(asked.tags),
        profile=kept(asked, without=_APART) | ({} if memo is None else {"memo": memo}),
    )
    (done,) = await write(
        services, caller, business_id, f"put {_noun(side)}", [lambda _: command], side=side, fields={}, named=party_id
    )
    return await find(services, caller, business_id, side, done.id), done.created


async def find(services: Services, caller: Caller, business_id: BusinessId, side: Side, party_id: UUID) -> Party:
    """One party, archived or not. Raises TenancyError, PartyNotFound."""
    async with read_tx(services.database, caller, business_id) as tx:
        return (await views.party(tx, side, PartyId(party_id))).party


async def move(
    services: Services,
    caller: Caller,
    business_id: BusinessId,
    doing: str,
    command: ArchiveParty | UnarchiveParty | MergeParties,
) -> Party:
    """Hide a party from lists, show it again or merge it; the party that is left.

    Raises TenancyError, RefusedWrite, PartyNotFound.
    """
    noun = _noun(command.side)
    (done,) = await write(
        services,
        caller,
        business_id,
        f"{doing} {noun}",
        [lambda _: command],
        side=command.side,
        fields=dict.fromkeys(["party", "into"], f"into_{noun}_id"),
        named=command.id,
    )
    return await find(services, caller, business_id, command.side, done.id)


async def page(
    services: Services, caller: Caller, business_id: BusinessId, which: PartyFilter, paging: Paging
) -> tuple[list[Party], ListMeta]:
    """One page of parties. Raises TenancyError."""
    asked = paging.sorted_by(PARTY_SORTS)
    async with read_tx(services.database, caller, business_id) as tx:
        found = await lists.parties(tx, which, asked.page, asked.sort)
        total = await lists.count_parties(tx, which) if asked.counts else None
    cut, meta = asked.cut(found, total)
    return [one.party for one in cut], meta


def fields(business_id: BusinessId, party: Party) -> dict[str, Any]:
    """What is said of a party in documents and in reports, by field."""
    known = party.profile
    named = known.get("individual_name") or known.get("company_name") or party.name == party.external_id
    return {
        "id": party.id,
        "external_id": party.external_id or UNSET,
        "individual_name": known.get("individual_name"),
        "company_name": known.get("company_name") if named else party.name,
        "email": known.get("email"),
        "mobile_phone": known.get("mobile_phone"),
        "office_phone": known.get("office_phone"),
        "address_string": known.get("address_string"),
        "memo": known.get("memo"),
        "status": "ARCHIVED" if party.archived else "ACTIVE",
        "transaction_tags": api_tags(business_id, party.tags),
    }


def more_fields(business_id: BusinessId, party: Party) -> dict[str, Any]:
    """The same, and what only the party's own endpoints say."""
    return {
        **fields(business_id, party),
        "reference_number": party.profile.get("reference_number"),
        "metadata": party.profile.get("metadata", {}),
    }


def party_ref(at: str, word: str, party_id: UUID | None, external_id: str | None) -> PartyRef:
    """Whose a document is: by id, or by an external id that makes the party if it is not there. Raises BadInput."""
    match party_id, external_id:
        case UUID(), None:
            return PartyId(party_id)
        case None, str():
            return NewParty(external_id, external_id)
    rule = f"or {word}_external_id is required" if party_id is None else f"and {word}_external_id exclude each other"
    raise BadInput(f"{at}{word}_id", "", rule)


def _noun(side: Side) -> str:
    return "customer" if side is Side.RECEIVABLE else "vendor"
