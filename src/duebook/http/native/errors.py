"""How our own paths say that something is wrong: problem details.

Source: RFC 9457.
"""

from http import HTTPStatus

import msgspec
from litestar import Response
from litestar.exceptions import HTTPException

from duebook.http.bodies import bad_inputs
from duebook.http.native.health import NotReady
from duebook.http.shell import AnyRequest, QueryTooLong, log_failure, request_id


class Problem(msgspec.Struct, kw_only=True):
    """What went wrong. `instance` is the request's id."""

    title: str
    status: int
    detail: str
    instance: str


def error_answer(request: AnyRequest, error: Exception) -> Response[Problem]:
    """The answer to a request that failed with this error."""
    headers: dict[str, str] = {}
    match error:
        case QueryTooLong():
            status, detail = 414, str(error)
        case NotReady():
            status, detail = 503, str(error)
        case HTTPException(status_code=404 | 405 as status, detail=detail):
            headers = dict(error.headers or {})
        case _ if wrong := bad_inputs(request, error):
            status, detail = 400, "; ".join(map(str, wrong))
        case _:
            status, detail = 500, "something is broken here"
            log_failure(request, error)
    problem = Problem(title=HTTPStatus(status).phrase, status=status, detail=detail, instance=request_id(request))
    return Response(problem, status_code=status, headers=headers, media_type="application/problem+json")
