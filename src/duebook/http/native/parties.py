"""Customers and vendors read back, as known at a version.

Source: docs/reference/api.md, "Parties".
"""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Response, get
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, FromQuery, QueryParameter

from duebook.aging.question import moment_of
from duebook.http.callers import CallerRequest, signed_in
from duebook.http.native.answers import answered_at
from duebook.http.native.errors import errors
from duebook.http.native.known import KnownAtText, known_at_of
from duebook.http.native.paging import Cursor, Limit, cut, place, written
from duebook.http.native.paths import PATH
from duebook.http.native.refusals import known_parameters
from duebook.http.native.security import ANYONE
from duebook.http.native.shapes import ExternalIdFilter, Tag, Terms
from duebook.http.native.stamps import Recorded, created, updated
from duebook.http.services import TheServices
from duebook.ledger import history
from duebook.ledger.errors import PartyNotFound
from duebook.ledger.facts import Side
from duebook.tenancy.facts import BusinessId
from duebook.tenancy.gate import read_tx

NameFilter = Annotated[
    str | None, QueryParameter(description="The whole name", schema_extra={"type": "string", "one_of": None})
]


class PartyData(msgspec.Struct, kw_only=True):
    """A customer or a vendor as known at a version."""

    id: UUID
    side: Side
    external_id: str | None
    name: str
    archived: bool
    terms: Terms | None
    tags: list[Tag]
    profile: dict[str, Any]
    created: Recorded
    updated: Recorded


class PartyAnswer(msgspec.Struct, kw_only=True):
    """One party."""

    known_at: int
    party: PartyData


class PartyPage(msgspec.Struct, kw_only=True):
    """One page of parties in the order in which they were recorded."""

    known_at: int
    parties: list[PartyData]
    next_cursor: str | None


@get(
    f"{PATH}/parties/{{party_id:uuid}}",
    operation_id="get_party",
    tags=["Parties"],
    summary="Find a party",
    guards=[signed_in, known_parameters],
    security=ANYONE,
    responses={200: ResponseSpec(PartyAnswer, generate_examples=False, description="The party")} | errors(),
)
async def get_party(
    request: CallerRequest,
    services: TheServices,
    business_id: FromPath[UUID],
    party_id: FromPath[UUID],
    known_at: KnownAtText = None,
) -> Response[bytes]:
    """One party, an archived one too."""
    known = known_at_of(known_at)
    async with read_tx(services.database, request.user, BusinessId(business_id)) as tx:
        moment = await moment_of(tx, None, known)

        async def body() -> PartyAnswer:
            found = await history.parties_by_id(tx, moment.known_at, [party_id])
            if not found:
                raise PartyNotFound(Side.RECEIVABLE, party_id)
            return PartyAnswer(known_at=moment.known_at, party=party_data(found[0]))

        return await answered_at(request, services, tx, moment, {"party_id": party_id}, body)


@get(
    f"{PATH}/parties",
    operation_id="list_parties",
    tags=["Parties"],
    summary="List parties",
    description="In the order in which they were recorded.",
    guards=[signed_in, known_parameters],
    security=ANYONE,
    responses={200: ResponseSpec(PartyPage, generate_examples=False, description="One page")} | errors(),
)
async def list_parties(
    request: CallerRequest,
    services: TheServices,
    business_id: FromPath[UUID],
    side: FromQuery[Side | None] = None,
    external_id: ExternalIdFilter = None,
    name: NameFilter = None,
    archived: Annotated[bool, QueryParameter(description="Whether archived ones are listed too")] = False,
    known_at: KnownAtText = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Response[bytes]:
    """A page of parties."""
    known, after = known_at_of(known_at), place(cursor)
    which = history.Parties(side=side, external_id=external_id, name=name, archived=archived)
    async with read_tx(services.database, request.user, BusinessId(business_id)) as tx:
        moment = await moment_of(tx, None, known)

        async def body() -> PartyPage:
            page, last = cut(await history.parties(tx, moment.known_at, which, after, limit + 1), limit)
            return PartyPage(
                known_at=moment.known_at,
                parties=[party_data(one) for one in page],
                next_cursor=written(last.stamps.place) if last else None,
            )

        asked = {"which": which, "after": after, "limit": limit}
        return await answered_at(request, services, tx, moment, asked, body)


def party_data(known: history.KnownParty) -> PartyData:
    """A party as our own API shows it."""
    party = known.party
    return PartyData(
        id=party.id,
        side=party.side,
        external_id=party.external_id,
        name=party.name,
        archived=party.archived,
        terms=msgspec.convert(party.terms, Terms | None, from_attributes=True),
        tags=[msgspec.convert(one, Tag, from_attributes=True) for one in party.tags],
        profile=dict(party.profile),
        created=created(known.stamps),
        updated=updated(known.stamps),
    )
