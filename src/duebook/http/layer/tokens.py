"""Tokens: for a client, and for one business that a browser may hold; and who a token belongs to."""

from dataclasses import dataclass
from typing import Annotated, Final, Literal
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import OpenAPIMediaType, OpenAPIType, Operation, RequestBody, Schema
from litestar.params import FromPath, QueryParameter
from msgspec import Meta

from duebook.http.callers import CallerRequest, by_key, live_caller, live_partner
from duebook.http.inputs import parse
from duebook.http.layer.errors import errors
from duebook.http.layer.security import BEARER, CLIENT
from duebook.http.services import Services, TheServices
from duebook.http.shell import AnyRequest
from duebook.http.token_requests import READ, TokenOperation, TokenRequest, check_client, scope_of, token_request
from duebook.oauth.claims import LIFETIME_SECONDS, LONGEST_SECONDS
from duebook.oauth.tokens import Login, issue, login, login_of
from duebook.tenancy.businesses import business
from duebook.tenancy.facts import BusinessId, WireProfile
from duebook.tenancy.partners import partner

_UNCACHED: Final = {"Cache-Control": "no-store"}


class AccessToken(msgspec.Struct):
    """A token; this answer is not wrapped in `data`."""

    access_token: str
    expires_in: int
    token_type: Literal["Bearer"] = "Bearer"


class SessionRequest(msgspec.Struct, kw_only=True):
    """How long a business token lasts, what it is good for, and which shapes its answers have."""

    session_duration: Annotated[int, Meta(ge=1, le=LONGEST_SECONDS)] | None = None
    scope: str | None = None
    wire_profile: WireProfile | None = None


@dataclass
class SessionOperation(Operation):
    """Describes an endpoint whose JSON body may be left out."""

    def __post_init__(self) -> None:
        """Add the body, which the handler reads by itself."""
        whole = [OpenAPIType.INTEGER, OpenAPIType.NULL]
        text = [OpenAPIType.STRING, OpenAPIType.NULL]
        schema = Schema(
            type=OpenAPIType.OBJECT,
            properties={
                "session_duration": Schema(
                    type=whole, minimum=1, maximum=LONGEST_SECONDS, default=LIFETIME_SECONDS, description="Seconds"
                ),
                "scope": Schema(type=text, description=f"With the word `{READ}` in it the token only reads"),
                "wire_profile": Schema(
                    type=text,
                    enum=[*(one.value for one in WireProfile), None],
                    description="Which shapes answers have; those of the token that asks, if it is not given",
                ),
            },
        )
        self.request_body = RequestBody(content={"application/json": OpenAPIMediaType(schema=schema)}, required=False)


class Whoami(msgspec.Struct, rename="camel"):
    """The client that a token belongs to."""

    client_name: str
    client_id: UUID
    type: Literal["whoami"] = "whoami"


class OneWhoami(msgspec.Struct):
    """The client that a token belongs to."""

    data: Whoami


@post(
    "/oauth2/token",
    operation_id="oauth2.token.post",
    operation_class=TokenOperation,
    tags=["Authentication"],
    summary="A client's token",
    description="The client's id and secret are the partner's id and API key: as Basic, or as form fields "
    "`client_id` and `client_secret`. Every `scope` is accepted.",
    status_code=200,
    security=CLIENT,
    responses=errors(413),
)
async def client_token(request: AnyRequest, services: TheServices) -> Response[AccessToken]:
    """A token for the client whose id and secret are given."""
    asked = token_request(request.headers.get("content-type", ""), await request.body())
    caller = await by_key(services, request, _login(request.headers.get("authorization"), asked))
    check_client(asked, caller.partner_id)
    issued = await issue(services.keyring, caller, wire_profile=asked.wire_profile, scope=scope_of(asked.scope))
    return Response(AccessToken(issued.access_token, issued.expires_in), headers=_UNCACHED)


@get(
    "/whoami",
    operation_id="whoami.get",
    tags=["Authentication"],
    summary="Whose token this is",
    guards=[live_caller],
    security=BEARER,
    responses=errors(),
)
async def whoami(request: CallerRequest, services: TheServices) -> OneWhoami:
    """The client behind a token."""
    found = await partner(services.database, request.user.partner_id)
    return OneWhoami(Whoami(found.name, found.id))


@post(
    "/v1/businesses/{businessId:uuid}/auth-token",
    operation_id="business.auth-token.post",
    operation_class=SessionOperation,
    tags=["Authentication"],
    summary="A business token",
    description="A business token is not enough to ask for another one.",
    status_code=200,
    guards=[live_partner],
    security=BEARER,
    responses={200: ResponseSpec(AccessToken, generate_examples=False, description="The token")}
    | errors(403, 404, 413),
)
async def business_token(
    request: CallerRequest, services: TheServices, businessId: FromPath[UUID]
) -> Response[AccessToken]:
    """A token for one business, of at most a day."""
    raw = await request.body()
    asked = parse(SessionRequest, raw) if raw.strip() else SessionRequest()
    return await _business_token(request, services, BusinessId(businessId), asked)


@get(
    "/v1/businesses/{businessId:uuid}/auth-token",
    operation_id="business.auth-token.get",
    tags=["Authentication"],
    summary="A business token, the older way",
    guards=[live_partner],
    security=BEARER,
    responses={200: ResponseSpec(AccessToken, generate_examples=False, description="The token")} | errors(403, 404),
)
async def business_token_by_get(
    request: CallerRequest,
    services: TheServices,
    businessId: FromPath[UUID],
    session_duration: Annotated[
        int, QueryParameter(ge=1, le=LONGEST_SECONDS, description="Seconds")
    ] = LIFETIME_SECONDS,
) -> Response[AccessToken]:
    """A token for one business."""
    asked = SessionRequest(session_duration=session_duration)
    return await _business_token(request, services, BusinessId(businessId), asked)


async def _business_token(
    request: CallerRequest, services: Services, business_id: BusinessId, asked: SessionRequest
) -> Response[AccessToken]:
    found = await business(services.database, request.user.partner_id, business_id)
    issued = await issue(
        services.keyring,
        request.user,
        business_id=found.id,
        wire_profile=asked.wire_profile,
        scope=scope_of(asked.scope),
        seconds=asked.session_duration or LIFETIME_SECONDS,
    )
    return Response(AccessToken(issued.access_token, issued.expires_in), headers=_UNCACHED, status_code=200)


def _login(authorization: str | None, asked: TokenRequest) -> Login | None:
    if authorization is None and asked.client_id is not None and asked.client_secret is not None:
        return login(asked.client_id, asked.client_secret)
    return login_of(authorization)
