"""Tokens: a partner's own, and one for a single business that a browser may hold."""

from typing import Final, Literal
from uuid import UUID

import msgspec
from litestar import Response, post
from litestar.params import FromPath

from duebook.http.callers import CallerRequest, key_holder, live_partner
from duebook.http.services import TheServices
from duebook.http.thredfi.errors import errors
from duebook.http.thredfi.security import BASIC, PARTNER
from duebook.http.token_requests import TokenOperation, check_client, scope_of, token_request
from duebook.oauth.tokens import issue
from duebook.tenancy.businesses import business
from duebook.tenancy.facts import BusinessId

_UNCACHED: Final = {"Cache-Control": "no-store"}


class PartnerToken(msgspec.Struct):
    """Opens every business of the partner."""

    access_token: str
    token_type: Literal["Bearer"]
    expires_in: int


class BusinessToken(PartnerToken):
    """Opens one business."""

    scope: Literal["business_access"]
    business_id: UUID


@post(
    "/v1/platform/oauth2/token",
    operation_id="get_partner_token",
    operation_class=TokenOperation,
    tags=["Authentication"],
    summary="A partner's token",
    status_code=200,
    guards=[key_holder],
    security=BASIC,
    responses=errors(401, 413),
)
async def partner_token(request: CallerRequest, services: TheServices) -> Response[PartnerToken]:
    """A token for the partner whose id and key are given."""
    asked = token_request(request.headers.get("content-type", ""), await request.body())
    check_client(asked, request.user.partner_id)
    issued = await issue(services.keyring, request.user, wire_profile=asked.wire_profile, scope=scope_of(asked.scope))
    return Response(PartnerToken(issued.access_token, "Bearer", issued.expires_in), headers=_UNCACHED)


@post(
    "/v1/platform/{business_id:uuid}/oauth2/token",
    operation_id="get_business_token",
    operation_class=TokenOperation,
    tags=["Authentication"],
    summary="A business token",
    description="A business token is not enough to ask for another one.",
    status_code=200,
    guards=[live_partner],
    security=PARTNER,
    responses=errors(401, 403, 404, 413),
)
async def business_token(
    request: CallerRequest, services: TheServices, business_id: FromPath[UUID]
) -> Response[BusinessToken]:
    """A token for one business of the partner."""
    asked = token_request(request.headers.get("content-type", ""), await request.body())
    check_client(asked, request.user.partner_id)
    found = await business(services.database, request.user.partner_id, BusinessId(business_id))
    issued = await issue(
        services.keyring,
        request.user,
        business_id=found.id,
        wire_profile=asked.wire_profile,
        scope=scope_of(asked.scope),
    )
    return Response(
        BusinessToken(issued.access_token, "Bearer", issued.expires_in, "business_access", found.id), headers=_UNCACHED
    )
