"""Read the body of a token request: nothing at all, a form, or JSON, by its content type.

Source: RFC 6749, section 4.4.2.
"""

from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl
from uuid import UUID

import msgspec
from litestar.openapi.spec import OpenAPIFormat, OpenAPIMediaType, OpenAPIType, Operation, RequestBody, Schema

from duebook.http.inputs import BadInput, parse, shown
from duebook.tenancy.facts import Scope, WireProfile

_GRANT: Final = "client_credentials"
_MAY_BE_SECRET: Final = ("client_id", "client_secret")


class TokenRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What a client asks for; who it is, its credentials say, which some dialects take from the body."""

    grant_type: str = _GRANT
    client_id: str | None = None
    client_secret: str | None = None
    scope: str | None = None
    wire_profile: WireProfile | None = None


READ: Final = "duebook:read"
"""The word in `scope` that asks for a token which only reads. Clients send others there, which say nothing here."""


def scope_of(scope: str | None) -> Scope:
    """What a token is to be good for, by the words of its request."""
    return Scope.READ if READ in (scope or "").split() else Scope.FULL


_TEXT: Final = [OpenAPIType.STRING, OpenAPIType.NULL]
_SCHEMA: Final = Schema(
    type=OpenAPIType.OBJECT,
    properties={
        "grant_type": Schema(type=OpenAPIType.STRING, enum=[_GRANT], default=_GRANT),
        "client_id": Schema(type=_TEXT, format=OpenAPIFormat.UUID, description="The partner id"),
        "scope": Schema(
            type=_TEXT, description=f"With the word `{READ}` in it the token only reads; all other words are left alone"
        ),
        "wire_profile": Schema(
            type=_TEXT,
            enum=[*(one.value for one in WireProfile), None],
            description="Which shapes answers have; the partner's own choice, if it is not given",
        ),
    },
)


@dataclass
class TokenOperation(Operation):
    """Describes a token endpoint: its body may be left out, be JSON or be a form."""

    def __post_init__(self) -> None:
        """Add the body, which the handler reads by itself."""
        media = OpenAPIMediaType(schema=_SCHEMA)
        self.request_body = RequestBody(
            content={"application/json": media, "application/x-www-form-urlencoded": media}, required=False
        )


def token_request(content_type: str, raw: bytes) -> TokenRequest:
    """What the body asks for. Raises BadInput, which repeats nothing that may be a secret."""
    if not raw.strip():
        return TokenRequest()
    try:
        return _token_request(content_type, raw)
    except BadInput as wrong:
        raise BadInput(wrong.field, "" if wrong.field in _MAY_BE_SECRET else wrong.value, wrong.rule) from None


def _token_request(content_type: str, raw: bytes) -> TokenRequest:
    match content_type.partition(";")[0].strip().lower():
        case "application/json":
            asked = parse(TokenRequest, raw)
        case "" | "application/x-www-form-urlencoded":
            asked = parse(TokenRequest, msgspec.json.encode(_form(raw)))
        case other:
            raise BadInput("Content-Type", shown(other), "is application/json or application/x-www-form-urlencoded")
    if asked.grant_type != _GRANT:
        raise BadInput("grant_type", shown(asked.grant_type), f"is {_GRANT}")
    return asked


def check_client(asked: TokenRequest, partner_id: UUID) -> None:
    """A client that names itself in the body names whom its credentials belong to. Raises BadInput."""
    if asked.client_id is not None and asked.client_id.lower() != str(partner_id):
        raise BadInput("client_id", "", "is the partner id of the credentials")


def _form(raw: bytes) -> dict[str, str]:
    if raw.lstrip().startswith(b"{"):
        raise BadInput("Content-Type", "", "is application/json for a JSON body")
    try:
        pairs = parse_qsl(raw.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=100)
    except ValueError:
        raise BadInput("", "", "the form is not URL-encoded UTF-8 of at most 100 fields") from None
    form = dict(pairs)
    if len(form) < len(pairs):
        twice = next(name for name, _ in pairs if sum(name == other for other, _ in pairs) > 1)
        raise BadInput(twice, "", "is given more than once")
    return form
