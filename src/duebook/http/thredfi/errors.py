"""How this dialect says that something is wrong: one table from exception to status and code."""

from http import HTTPStatus
from typing import Annotated, Any, Final

import msgspec
import psycopg
from litestar import MediaType, Response
from litestar.exceptions import (
    ClientException,
    HTTPException,
    MethodNotAllowedException,
    NotFoundException,
    ValidationException,
)
from litestar.exceptions.http_exceptions import RequestEntityTooLarge
from litestar.openapi.datastructures import ResponseSpec
from msgspec import Meta
from psycopg_pool import PoolTimeout

from duebook.http.bodies import bad_inputs
from duebook.http.inputs import BadInput
from duebook.http.intake import BODY_BYTES, BodyTooSlow
from duebook.http.kept_answers import KeyReused
from duebook.http.shell import AnyRequest, QueryTooLong, failure_headers, request_id
from duebook.http.throttle import TooManyFailedLogins
from duebook.http.writes import RefusedWrite
from duebook.ledger import errors as ledger
from duebook.ledger.facts import Kind, Side
from duebook.oauth.errors import AuthError, NoCredentials, PartnerOnly
from duebook.tenancy.errors import BusinessConflict, BusinessNotFound, Busy, KeyRevoked, NotYourBusiness, ReadOnly


class ErrorResponse(msgspec.Struct, kw_only=True):
    """Every error but a validation error."""

    error_code: Annotated[str, Meta(description="What went wrong, for programs")]
    message: Annotated[str | None, Meta(description="What went wrong, for people")]
    detail: Annotated[dict[str, Any], Meta(description="Which values it is about")] = msgspec.field(
        default_factory=dict
    )
    request_id: Annotated[str, Meta(description="The id under which the request is logged")]


class ValidationErrorResponse(msgspec.Struct, kw_only=True):
    """A part of the request breaks a rule: `detail.field_errors` lists the rules by field."""

    error_code: str
    message: str | None
    detail: dict[str, Any]
    request_id: str


_TABLE: Final[dict[type[Exception], tuple[int, str]]] = {
    BadInput: (400, "validation_error"),
    ValidationException: (400, "validation_error"),
    ClientException: (400, "validation_error"),
    NoCredentials: (401, "authentication_required"),
    AuthError: (401, "invalid_token"),
    KeyRevoked: (401, "invalid_token"),
    ReadOnly: (403, "permission_denied"),
    PartnerOnly: (403, "permission_denied"),
    NotYourBusiness: (403, "permission_denied"),
    BusinessNotFound: (404, "business_not_found"),
    ledger.PartyNotFound: (404, "party_not_found"),
    ledger.DocumentNotFound: (404, "document_not_found"),
    ledger.AllocationNotFound: (404, "allocation_not_found"),
    NotFoundException: (404, "not_found"),
    MethodNotAllowedException: (405, "method_not_allowed"),
    BodyTooSlow: (408, "request_timeout"),
    BusinessConflict: (409, "duplicate_external_id"),
    RequestEntityTooLarge: (413, "payload_too_large"),
    QueryTooLong: (414, "query_too_long"),
    KeyReused: (409, "idempotency_key_reused"),
    ledger.SumTooLarge: (422, "sum_too_large"),
    TooManyFailedLogins: (429, "too_many_requests"),
    Busy: (503, "service_unavailable"),
    PoolTimeout: (503, "service_unavailable"),
    psycopg.OperationalError: (503, "service_unavailable"),
    Exception: (500, "internal_server_error"),
}


_REFUSED: Final[dict[type[Exception], tuple[int, str]]] = {
    ledger.LedgerError: (400, "validation_error"),
    ledger.ExternalIdConflict: (409, "duplicate_external_id"),
    ledger.PeriodIsClosed: (409, "period_closed"),
    ledger.InTheWay: (409, "invalid_state"),
    ledger.OverRefunded: (409, "invalid_state"),
    ledger.IsUndone: (409, "invalid_state"),
    ledger.NotOpen: (409, "invalid_state"),
    ledger.BadTransition: (409, "invalid_state"),
    ledger.PartyIsArchived: (409, "invalid_state"),
    ledger.SumTooLarge: (422, "sum_too_large"),
}
"""What the ledger refuses of a body."""

_NOUNS: Final[dict[tuple[Side, str], str]] = {
    (Side.RECEIVABLE, Kind.CHARGE): "invoice",
    (Side.RECEIVABLE, Kind.CREDIT): "customer_credit",
    (Side.RECEIVABLE, Kind.REFUND): "refund",
    (Side.PAYABLE, Kind.CHARGE): "bill",
    (Side.PAYABLE, Kind.CREDIT): "vendor_credit",
    (Side.PAYABLE, Kind.REFUND): "vendor_refund",
}
"""What an error code calls a document, if not by its kind."""

_FIELDS: Final = {"name": "legal_name"}
"""What this dialect calls a field of a business that has another name with us."""


def error_answer(request: AnyRequest, error: Exception) -> Response[ErrorResponse]:
    """The answer to a request that failed with this error."""
    status, code = _status(error)
    identity = request_id(request)
    return Response(
        ErrorResponse(
            error_code=code,
            message=_message(request, error, status),
            detail=_detail(request, error),
            request_id=identity,
        ),
        status_code=status,
        headers=failure_headers(error, status),
        media_type=MediaType.JSON,
    )


def _status(error: Exception) -> tuple[int, str]:
    match error:
        case RefusedWrite(error=refused):
            return next(_REFUSED[kind] for kind in type(refused).__mro__ if kind in _REFUSED)
        case ledger.PartyNotFound(side=side):
            return 404, "customer_not_found" if side is Side.RECEIVABLE else "vendor_not_found"
        case ledger.DocumentNotFound(side=side, what=what):
            return 404, f"{_noun(side, what)}_not_found"
    return next(_TABLE[kind] for kind in type(error).__mro__ if kind in _TABLE)


def _message(request: AnyRequest, error: Exception, status: int) -> str:
    if status >= 500:
        return HTTPStatus(status).phrase
    if isinstance(error, RequestEntityTooLarge):
        return f"the body is larger than {BODY_BYTES} bytes"
    if wrong := bad_inputs(request, error):
        return "; ".join(map(str, wrong))
    if isinstance(error, NotFoundException):
        return "there is nothing at this address: no such path, or an id in it is not a UUID"
    if isinstance(error, ledger.DocumentNotFound):
        return f"no {_noun(error.side, error.what).replace('_', ' ')} {error.given}"
    return error.detail if isinstance(error, HTTPException) else str(error)


def _noun(side: Side, what: str) -> str:
    return _NOUNS.get((side, what), what.replace(" ", "_"))


def _detail(request: AnyRequest, error: Exception) -> dict[str, Any]:
    match error:
        case BusinessConflict(external_id=external_id, differing=differing):
            return {"external_id": external_id, "differing_field": _FIELDS.get(differing, differing)}
        case BusinessNotFound(business_id=business_id) | NotYourBusiness(business_id=business_id):
            return {"business_id": str(business_id)}
        case RefusedWrite(field=field, said=said, values=values):
            return {"field_errors": {field: [said]}, **values}
        case ledger.NotFound():
            return {"id": str(error.values["given"])}
    wrong = bad_inputs(request, error)
    return {"field_errors": {one.field or "body": [one.said] for one in wrong}} if wrong else {}


_DESCRIBED: Final = {
    400: "A part of the request breaks a rule",
    401: "No credentials, or not good ones",
    403: "The token is for another business, for one where the partner itself must ask, or only reads",
    404: "No such business for this partner, or nothing with this id in it",
    408: "The body did not arrive in time",
    409: "The external id or the idempotency key was sent with other content, or the books do not allow it",
    413: "The body is too large",
    414: "The query is too long",
    422: "A sum does not fit 64 bits of cents",
    429: "Too many failed logins; come again",
    500: "Something is broken here",
    503: "Too much is waiting; come again",
}


def errors(*statuses: int) -> dict[int, ResponseSpec]:
    """The error answers of a route, for its description; with those that every route can give."""
    return {
        status: ResponseSpec(
            ValidationErrorResponse if status == 400 else ErrorResponse,
            generate_examples=False,
            description=_DESCRIBED[status],
        )
        for status in sorted({*statuses, 400, 414, 429, 500, 503})
    }
