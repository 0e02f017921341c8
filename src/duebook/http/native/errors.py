"""How our own paths say that something is wrong: problem details, and one table from exception to status and code.

Holds: 400 is a request that cannot be read, 422 a value that breaks a rule by itself, 409 one that the books do not
allow as they stand; whatever is not to be seen answers 404 with one and the same body.
Source: RFC 9457; docs/reference/api.md, "Errors".
"""

import re
from http import HTTPStatus
from typing import Annotated, Any, Final

import msgspec
import psycopg
from litestar import Response
from litestar.exceptions import ClientException, HTTPException, MethodNotAllowedException, NotFoundException
from litestar.exceptions.http_exceptions import RequestEntityTooLarge
from litestar.openapi.datastructures import ResponseSpec
from msgspec import UNSET, Meta, UnsetType
from psycopg_pool import PoolTimeout

from duebook.aging.errors import AgingError, NoRateInForce, NotClosed
from duebook.http.bodies import bad_inputs
from duebook.http.inputs import BadInput, shown
from duebook.http.intake import BODY_BYTES, BodyTooSlow
from duebook.http.native.health import NotReady
from duebook.http.native.refusals import RefusedCommand
from duebook.http.shell import AnyRequest, QueryTooLong, failure_headers, request_id
from duebook.http.throttle import TooManyFailedLogins
from duebook.ledger import errors as ledger
from duebook.ledger.head_keys import NoHeadKey
from duebook.oauth.errors import AuthError, PartnerOnly
from duebook.tenancy.errors import BusinessNotFound, Busy, KeyRevoked, NotYourBusiness, ReadOnly


class Wrong(msgspec.Struct):
    """A part of a request that breaks a rule."""

    field: Annotated[str, Meta(description="Where it stands, such as commands[3].amount_minor; empty for all of it")]
    value: Annotated[str, Meta(description="What was given there, as JSON; empty if nothing was")]
    rule: str


class Problem(msgspec.Struct, kw_only=True):
    """What went wrong. `instance` is the request's id."""

    title: str
    status: int
    code: Annotated[str, Meta(description="What went wrong, for programs")]
    detail: Annotated[str, Meta(description="What went wrong, for people")]
    instance: str
    errors: Annotated[list[Wrong] | UnsetType, Meta(description="The parts of the request that it is about")] = UNSET
    figures: Annotated[
        dict[str, Any] | UnsetType, Meta(description="What a command or a question was refused for: amounts, days, ids")
    ] = UNSET


_TABLE: Final[dict[type[Exception], tuple[int, str]]] = {
    ClientException: (400, "unreadable"),
    BadInput: (422, "bad_value"),
    AuthError: (401, "not_signed_in"),
    KeyRevoked: (401, "not_signed_in"),
    ReadOnly: (403, "not_allowed"),
    PartnerOnly: (403, "not_allowed"),
    NotYourBusiness: (403, "not_allowed"),
    NotFoundException: (404, "not_found"),
    BusinessNotFound: (404, "not_found"),
    ledger.NotFound: (404, "not_found"),
    NoHeadKey: (404, "no_head_key"),
    MethodNotAllowedException: (405, "method_not_allowed"),
    BodyTooSlow: (408, "body_too_slow"),
    RequestEntityTooLarge: (413, "body_too_large"),
    QueryTooLong: (414, "query_too_long"),
    AgingError: (422, "bad_value"),
    NotClosed: (409, "not_closed"),
    NoRateInForce: (409, "no_rate_in_force"),
    ledger.SumTooLarge: (422, "sum_too_large"),
    NotReady: (503, "not_ready"),
    TooManyFailedLogins: (429, "too_many_failed_logins"),
    Busy: (503, "busy"),
    PoolTimeout: (503, "busy"),
    psycopg.OperationalError: (503, "busy"),
    Exception: (500, "broken"),
}

_BY_ITSELF: Final = (
    *(ledger.NegativeAmount, ledger.TooLarge, ledger.SumTooLarge, ledger.BadRate, ledger.NotThatKind),
    *(ledger.InstalmentsDoNotAddUp, ledger.InstalmentNotFound, ledger.DueDateOutOfRange),
    *(ledger.ReturnDateMissing, ledger.NoParty, ledger.SameParty, ledger.ClosedForGood, ledger.NotFound),
)
"""What is wrong with a command whatever the books hold, or that names something that is not in them."""


def error_answer(request: AnyRequest, error: Exception) -> Response[Problem]:
    """The answer to a request that failed with this error."""
    wrong = bad_inputs(request, error)
    status, code = _status(error, wrong)
    problem = Problem(
        title=HTTPStatus(status).phrase,
        status=status,
        code=code,
        detail=_detail(error, status, wrong),
        instance=request_id(request),
        errors=_wrong(request, error, wrong) or UNSET,
        figures=_figures(error) or UNSET,
    )
    return Response(
        problem, status_code=status, headers=failure_headers(error, status), media_type="application/problem+json"
    )


def _status(error: Exception, wrong: list[BadInput]) -> tuple[int, str]:
    match error:
        case RefusedCommand(error=refused):
            return 422 if isinstance(refused, _BY_ITSELF) else 409, _slug(refused)
        case _ if wrong:
            unreadable = wrong[0].field in ("", "query") and not wrong[0].value
            return _TABLE[ClientException if unreadable else BadInput]
    return next(_TABLE[kind] for kind in type(error).__mro__ if kind in _TABLE)


def _slug(error: ledger.LedgerError) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", type(error).__name__).lower()


def _detail(error: Exception, status: int, wrong: list[BadInput]) -> str:
    match error:
        case RequestEntityTooLarge():
            return f"the body is larger than {BODY_BYTES} bytes"
        case NotReady():
            return str(error)
        case NoHeadKey():
            return "this server signs no heads: it was given no key for that"
        case AgingError(field=field):
            return f"{field}: {error}"
        case _ if wrong:
            return "; ".join(map(str, wrong))
    if status == 404:
        return "there is nothing at this address: no such path, no such business, or nothing with this id in it"
    if status >= 500:
        return "too much is waiting, or the database cannot be reached" if status == 503 else "something is broken here"
    return error.detail if isinstance(error, HTTPException) else str(error)


def _wrong(request: AnyRequest, error: Exception, wrong: list[BadInput]) -> list[Wrong]:
    match error:
        case RefusedCommand(error=refused, field=field, value=value):
            return [Wrong(field, value, _rule(refused))]
        case AgingError(field=field):
            given = request.query_params.get(field)
            return [Wrong(field, "" if given is None else shown(given), _rule(error))]
    return [Wrong(one.field, one.value, one.rule) for one in wrong]


def _rule(error: Exception) -> str:
    """The rule that an error is about, as the first sentence of its class says it."""
    return " ".join((type(error).__doc__ or "").split())


def _figures(error: Exception) -> dict[str, Any]:
    match error:
        case RefusedCommand(error=refused):
            return refused.values
        case AgingError():
            return vars(error)
    return {}


_DESCRIBED: Final = {
    400: "The body or the query cannot be read",
    401: "No credentials, or not good ones",
    403: "The token is for another business, or only reads",
    404: "No such business for this partner, or nothing with this id in it",
    408: "The body did not arrive in time",
    409: "The books do not allow it as they stand",
    413: "The body is too large",
    414: "The query is too long",
    422: "A value breaks a rule",
    429: "Too many failed logins; come again",
    500: "Something is broken here",
    503: "Too much is waiting; come again",
}


def errors(*statuses: int) -> dict[int, ResponseSpec]:
    """The error answers of a route, for its description, with those that every route can give."""
    return {
        status: ResponseSpec(
            Problem, generate_examples=False, description=_DESCRIBED[status], media_type="application/problem+json"
        )
        for status in sorted({*statuses, 400, 401, 403, 404, 414, 422, 429, 500, 503})
    }
