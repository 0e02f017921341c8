"""How this dialect says that something is wrong: one table from exception to status, type and enum value.

Holds: every type and enum value is one of those that the dialect publishes; no enum value on a 5xx; whatever is not to
be seen answers 404 with one and the same body.
Source: docs/reference/layer.md, "Errors".
"""

from enum import StrEnum
from http import HTTPStatus
from typing import Annotated, Any, Final, NamedTuple

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
from msgspec import UNSET, Meta, UnsetType
from psycopg_pool import PoolTimeout

from duebook.http.bodies import bad_inputs
from duebook.http.inputs import BadInput
from duebook.http.intake import BODY_BYTES, BodyTooSlow
from duebook.http.layer.refusals import (
    BadBatch,
    BadCursor,
    BadEffectiveDate,
    BadQuery,
    ConflictingParameters,
    EmptyBatch,
    SeveralTagKeys,
    UnknownParameter,
    UnknownTag,
)
from duebook.http.limits import TooManyRequests
from duebook.http.shell import AnyRequest, QueryTooLong, failure_headers
from duebook.http.throttle import TooManyFailedLogins
from duebook.http.writes import RefusedWrite
from duebook.ledger import errors as ledger
from duebook.ledger.facts import Side
from duebook.oauth.errors import AuthError, PartnerOnly
from duebook.tenancy.errors import BusinessConflict, BusinessNotFound, Busy, KeyRevoked, NotYourBusiness, ReadOnly


class ApiErrorType(StrEnum):
    """What kind of error it is, in the words that the dialect publishes."""

    AUTH_FAILURE = "AuthFailure"
    BAD_REQUEST = "BadRequest"
    CONFLICT = "Conflict"
    INVALID_PARAMETERS = "InvalidParameters"
    INVALID_STATE = "InvalidState"
    JSON_SERIALIZATION = "JsonSerialization"
    LEDGER_OPERATION_FAILED = "LedgerOperationFailed"
    PAGINATION_CURSOR = "PaginationCursor"
    RESOURCE_ARCHIVED = "ResourceArchived"
    RESOURCE_NOT_FOUND = "ResourceNotFound"
    UNKNOWN = "Unknown"


class ApiEnumErrorType(StrEnum):
    """What exactly is wrong, for programs."""

    BILL_STATE_ERROR = "BillStateError"
    CONFLICTING_QUERY_PARAMS = "ConflictingQueryParams"
    DOES_NOT_MATCH_EXISTING_ENTITY = "DoesNotMatchExistingEntity"
    EMPTY_BATCH_REQUEST = "EmptyBatchRequest"
    EXTERNAL_ID_CONFLICT = "ExternalIdConflict"
    INVALID_EFFECTIVE_DATE = "InvalidEffectiveDate"
    INVALID_LEDGER_OPERATION = "InvalidLedgerOperation"
    INVALID_PAGINATION_CURSOR = "InvalidPaginationCursor"
    INVALID_PAYLOAD = "InvalidPayload"
    INVOICE_STATE_ERROR = "InvoiceStateError"
    MANUAL_RATE_LIMIT = "ManualRateLimit"
    MULTIPLE_TAG_KEY_FILTERS_UNSUPPORTED = "MultipleTagKeyFiltersUnsupported"
    PERIOD_IS_CLOSED = "PeriodIsClosed"
    QUERY_PARAM_FORMAT = "QueryParamFormat"
    RESOURCE_ARCHIVED = "ResourceArchived"
    SPECIFIED_BAD_REQUEST = "SpecifiedBadRequest"
    SPECIFIED_ID_NOT_FOUND = "SpecifiedIdNotFound"
    TAG_FILTER_NOT_FOUND = "TagFilterNotFound"
    UNEXPECTED_QUERY_PARAM = "UnexpectedQueryParam"


class ApiError(msgspec.Struct, kw_only=True):
    """An error."""

    type: ApiErrorType
    description: Annotated[str, Meta(description="What went wrong, for people")]
    error_enum: Annotated[
        ApiEnumErrorType | UnsetType, Meta(description="What went wrong, for programs; on 4xx only")
    ] = UNSET
    meta: Annotated[dict[str, Any] | UnsetType, Meta(description="Which field and which values it is about")] = UNSET


class Answer(NamedTuple):
    """What an error is answered with."""

    status: int
    type: ApiErrorType
    enum: ApiEnumErrorType | None = None


_NOT_FOUND: Final = Answer(404, ApiErrorType.RESOURCE_NOT_FOUND, ApiEnumErrorType.SPECIFIED_ID_NOT_FOUND)
_BUSY: Final = Answer(503, ApiErrorType.UNKNOWN)

_TABLE: Final[dict[type[Exception], Answer]] = {
    BadInput: Answer(400, ApiErrorType.INVALID_PARAMETERS, ApiEnumErrorType.INVALID_PAYLOAD),
    BadQuery: Answer(400, ApiErrorType.INVALID_PARAMETERS, ApiEnumErrorType.QUERY_PARAM_FORMAT),
    UnknownParameter: Answer(400, ApiErrorType.INVALID_PARAMETERS, ApiEnumErrorType.UNEXPECTED_QUERY_PARAM),
    ConflictingParameters: Answer(400, ApiErrorType.INVALID_PARAMETERS, ApiEnumErrorType.CONFLICTING_QUERY_PARAMS),
    SeveralTagKeys: Answer(400, ApiErrorType.INVALID_PARAMETERS, ApiEnumErrorType.MULTIPLE_TAG_KEY_FILTERS_UNSUPPORTED),
    UnknownTag: Answer(400, ApiErrorType.INVALID_PARAMETERS, ApiEnumErrorType.TAG_FILTER_NOT_FOUND),
    BadCursor: Answer(400, ApiErrorType.PAGINATION_CURSOR, ApiEnumErrorType.INVALID_PAGINATION_CURSOR),
    BadEffectiveDate: Answer(400, ApiErrorType.INVALID_PARAMETERS, ApiEnumErrorType.INVALID_EFFECTIVE_DATE),
    BadBatch: Answer(400, ApiErrorType.BAD_REQUEST, ApiEnumErrorType.INVALID_PAYLOAD),
    EmptyBatch: Answer(400, ApiErrorType.BAD_REQUEST, ApiEnumErrorType.EMPTY_BATCH_REQUEST),
    ClientException: Answer(400, ApiErrorType.BAD_REQUEST, ApiEnumErrorType.SPECIFIED_BAD_REQUEST),
    AuthError: Answer(401, ApiErrorType.AUTH_FAILURE),
    KeyRevoked: Answer(401, ApiErrorType.AUTH_FAILURE),
    ReadOnly: Answer(403, ApiErrorType.AUTH_FAILURE),
    PartnerOnly: Answer(403, ApiErrorType.AUTH_FAILURE),
    NotFoundException: _NOT_FOUND,
    BusinessNotFound: _NOT_FOUND,
    NotYourBusiness: _NOT_FOUND,
    ledger.NotFound: _NOT_FOUND,
    MethodNotAllowedException: Answer(405, ApiErrorType.BAD_REQUEST),
    BodyTooSlow: Answer(408, ApiErrorType.BAD_REQUEST),
    BusinessConflict: Answer(409, ApiErrorType.CONFLICT, ApiEnumErrorType.EXTERNAL_ID_CONFLICT),
    RequestEntityTooLarge: Answer(413, ApiErrorType.BAD_REQUEST, ApiEnumErrorType.INVALID_PAYLOAD),
    QueryTooLong: Answer(414, ApiErrorType.BAD_REQUEST, ApiEnumErrorType.QUERY_PARAM_FORMAT),
    ledger.SumTooLarge: Answer(422, ApiErrorType.LEDGER_OPERATION_FAILED, ApiEnumErrorType.INVALID_LEDGER_OPERATION),
    TooManyRequests: Answer(429, ApiErrorType.BAD_REQUEST, ApiEnumErrorType.MANUAL_RATE_LIMIT),
    TooManyFailedLogins: Answer(429, ApiErrorType.BAD_REQUEST, ApiEnumErrorType.MANUAL_RATE_LIMIT),
    Busy: _BUSY,
    PoolTimeout: _BUSY,
    psycopg.OperationalError: _BUSY,
    Exception: Answer(500, ApiErrorType.UNKNOWN),
}

_REFUSED: Final[dict[type[Exception], Answer]] = {
    ledger.LedgerError: Answer(400, ApiErrorType.INVALID_PARAMETERS, ApiEnumErrorType.INVALID_PAYLOAD),
    ledger.NotFound: Answer(400, ApiErrorType.INVALID_PARAMETERS, ApiEnumErrorType.SPECIFIED_ID_NOT_FOUND),
    ledger.OtherParty: Answer(400, ApiErrorType.INVALID_PARAMETERS, ApiEnumErrorType.DOES_NOT_MATCH_EXISTING_ENTITY),
    ledger.NoRate: Answer(400, ApiErrorType.INVALID_PARAMETERS, ApiEnumErrorType.DOES_NOT_MATCH_EXISTING_ENTITY),
    ledger.OverAllocated: Answer(400, ApiErrorType.INVALID_PARAMETERS),
    ledger.Overdrawn: Answer(400, ApiErrorType.INVALID_PARAMETERS),
    ledger.OverRefunded: Answer(400, ApiErrorType.INVALID_PARAMETERS),
    ledger.NotOpen: Answer(409, ApiErrorType.INVALID_STATE),
    ledger.InTheWay: Answer(409, ApiErrorType.INVALID_STATE),
    ledger.BadTransition: Answer(409, ApiErrorType.INVALID_STATE),
    ledger.IsUndone: Answer(409, ApiErrorType.INVALID_STATE),
    ledger.PeriodIsClosed: Answer(409, ApiErrorType.INVALID_STATE, ApiEnumErrorType.PERIOD_IS_CLOSED),
    ledger.PartyIsArchived: Answer(409, ApiErrorType.RESOURCE_ARCHIVED, ApiEnumErrorType.RESOURCE_ARCHIVED),
    ledger.Conflict: Answer(409, ApiErrorType.CONFLICT, ApiEnumErrorType.EXTERNAL_ID_CONFLICT),
}
"""What the ledger refuses of a body. An error without an enum value here is about the state of an invoice or a bill."""

_STATE_ERRORS: Final = {
    Side.RECEIVABLE: ApiEnumErrorType.INVOICE_STATE_ERROR,
    Side.PAYABLE: ApiEnumErrorType.BILL_STATE_ERROR,
}
_BUSINESS_FIELDS: Final = {"name": "legal_name"}


def error_answer(request: AnyRequest, error: Exception) -> Response[ApiError]:
    """The answer to a request that failed with this error."""
    error = _own(request, error)
    answer = _answer(error)
    body = ApiError(
        type=answer.type,
        description=_description(error, answer.status),
        error_enum=answer.enum or UNSET,
        meta=_meta(error) or UNSET,
    )
    return Response(
        body, status_code=answer.status, headers=failure_headers(error, answer.status), media_type=MediaType.JSON
    )


def _own(request: AnyRequest, error: Exception) -> Exception:
    """What the framework finds wrong, the first of it, in our own words: a body that is not there, or a parameter."""
    if not isinstance(error, ValidationException) or not (wrong := bad_inputs(request, error)):
        return error
    first = wrong[0]
    return BadQuery(first.field, first.value, first.rule) if first.field else first


def _answer(error: Exception) -> Answer:
    match error:
        case RefusedWrite(error=refused, side=side):
            found = _of(refused, _REFUSED)
            return found._replace(enum=found.enum or _STATE_ERRORS[side])
        case BadInput(field="") if not isinstance(error, BadBatch):
            return _of(error, _TABLE)._replace(type=ApiErrorType.JSON_SERIALIZATION)
        case BadInput(field="query"):
            return _TABLE[BadQuery]
    return _of(error, _TABLE)


def _of(error: Exception, table: dict[type[Exception], Answer]) -> Answer:
    return next(table[kind] for kind in type(error).__mro__ if kind in table)


def _description(error: Exception, status: int) -> str:
    match error:
        case RequestEntityTooLarge():
            return f"the body is larger than {BODY_BYTES} bytes"
        case HTTPException(detail=detail) if status < 500 and status != 404:
            return detail
    if status == 404:
        return "there is nothing at this address: no such path, no such business, or nothing with this id in it"
    return str(error) if status < 500 else HTTPStatus(status).phrase


def _meta(error: Exception) -> dict[str, Any]:
    match error:
        case RefusedWrite(field=field, said=rule, values=values):
            return {"field": field, "rule": rule, **values}
        case BadInput(field=field, value=value, rule=rule):
            return {"field": field, "value": value, "rule": rule}
        case BusinessConflict(differing=differing):
            return {"field": _BUSINESS_FIELDS.get(differing, differing), "external_id": error.external_id}
    return {}


_DESCRIBED: Final = {
    400: "A part of the request breaks a rule, or names something that is not there",
    401: "No credentials, or not good ones",
    403: "A business token where the partner itself must ask, or a key or token that only reads",
    404: "No such business, or nothing with this id in it",
    408: "The body did not arrive in time",
    409: "The external id is taken with other content, or the object is not in a state for this",
    413: "The body is too large",
    414: "The query is too long",
    422: "A sum does not fit 64 bits of cents",
    429: "Too many requests in this second, or too many failed logins; come again",
    500: "Something is broken here",
    503: "Too much is waiting; come again",
}


def errors(*statuses: int) -> dict[int, ResponseSpec]:
    """The error answers of a route, for its description, with those that every route can give."""
    return {
        status: ResponseSpec(ApiError, generate_examples=False, description=_DESCRIBED[status])
        for status in sorted({*statuses, 400, 401, 403, 414, 429, 500, 503})
    }
