"""What a server tells of each request that it answers: a line of its log, its metrics, and a span if traces are wanted.

Holds: nothing that a client wrote is told but a usable request id: a path stands as its template, ids only as ids, and
neither a query, nor a header, nor a body ever.
Source: docs/howto/watch-a-server.md.
"""

import asyncio
import logging
from collections.abc import Iterator
from contextlib import nullcontext
from http import HTTPStatus
from time import perf_counter
from typing import Any, Final
from uuid import UUID

from litestar.exceptions import InternalServerException
from litestar.types import Scope

from duebook.http.admission import ClientGone
from duebook.http.limits import Refusals
from duebook.oauth.errors import NoCredentials
from duebook.tenancy.errors import Busy
from duebook.tenancy.facts import Caller
from duebook.watch import metrics
from duebook.watch.traces import exported, mark_failed, request_span

_LOG: Final = logging.getLogger("duebook.request")

NO_ROUTE: Final = "none"
_AT_THE_DOOR: Final = "at the door"
"""A request that is turned away before it is known which route has it: there is no room for more."""

_CLIENT_IS_GONE: Final = 499
_WHY_CHARACTERS: Final = 300
_REFUSALS_LOGGED: Final = 10
"""In one second, in one worker, of those for being too much; the metrics count them all."""
_METHODS: Final = frozenset("GET HEAD POST PUT PATCH DELETE OPTIONS".split())


async def failed(error: Exception, scope: Scope) -> None:
    """A hook of each application: remember what a request failed with, for what is told of it at the end."""
    scope["state"]["error"] = error


class Observed:
    """The server as ASGI, with an eye on each request."""

    def __init__(self, app: Any, *, traced: bool = False) -> None:
        self._app: Final = app
        self._traced: Final = traced

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one request, or live through the server's start and end."""
        if scope["type"] == "http":
            method = scope["method"] if scope["method"] in _METHODS else "OTHER"
            with metrics.IN_PROGRESS.track_inprogress(), request_span(method, scope["headers"]) as span:
                await self._answer(method, span, scope, receive, send)
            return
        sampling = asyncio.create_task(metrics.sample())
        try:
            with exported() if self._traced else nullcontext():
                await self._app(scope, receive, send)
        finally:
            sampling.cancel()

    async def _answer(self, method: str, span: Any, scope: Any, receive: Any, send: Any) -> None:
        scope.setdefault("state", {})
        begun, answered = perf_counter(), 0

        async def send_seen(message: Any) -> None:
            nonlocal answered
            if message["type"] == "http.response.start":
                answered = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, send_seen)
        except Exception as error:
            await failed(error, scope)
            raise
        finally:
            _tell(method, span, scope, answered, perf_counter() - begun)


def _tell(method: str, span: Any, scope: Any, answered: int, seconds: float) -> None:
    error = scope["state"].get("error")
    status = _status(answered, error)
    facts = {"method": method, "route": scope.get("path_template") or NO_ROUTE, "status": status}
    _count(facts, scope["state"].get("dialect", NO_ROUTE), seconds, error)
    _log(facts, scope, seconds, error)
    if span is not None:
        _describe(span, facts, scope, error)


def _status(answered: int, error: Exception | None) -> int:
    """What was answered; 499 for a client that went away, 500 for what was left without an answer."""
    match error:
        case InternalServerException(detail="client disconnected prematurely") | ClientGone():
            return _CLIENT_IS_GONE
    return answered or (_CLIENT_IS_GONE if error is None else HTTPStatus.INTERNAL_SERVER_ERROR.value)


def _count(facts: dict[str, Any], dialect: str, seconds: float, error: Exception | None) -> None:
    route, method, status = facts["route"], facts["method"], facts["status"]
    metrics.REQUESTS.labels(dialect, route, method, f"{status // 100}xx").inc()
    metrics.REQUEST_SECONDS.labels(dialect, route, method).observe(seconds)
    if error is None:
        return
    called = _class(error)
    metrics.ERRORS.labels(called, str(status)).inc()
    match status:
        case HTTPStatus.UNAUTHORIZED if not isinstance(error, NoCredentials):
            metrics.FAILED_LOGINS.labels(called).inc()
        case HTTPStatus.TOO_MANY_REQUESTS:
            metrics.THROTTLED.labels(called).inc()
        case HTTPStatus.SERVICE_UNAVAILABLE:
            metrics.UNAVAILABLE.labels(_AT_THE_DOOR if route == NO_ROUTE else called).inc()
        case _ if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            metrics.BUGS.inc()


_refusals: Final = Refusals()


def _log(facts: dict[str, Any], scope: Any, seconds: float, error: Exception | None) -> None:
    if isinstance(error, Busy) and _refusals.count() > _REFUSALS_LOGGED:
        return  # a line costs more than the refusal
    said, level, trace = [facts["method"], facts["route"], str(facts["status"])], logging.INFO, None
    fields = {
        "request_id": scope["state"].get("request_id"),
        **facts,
        "milliseconds": round(seconds * 1000, 1),
        "dialect": scope["state"].get("dialect"),
        "client": scope["state"].get("client_address"),
        **dict(_who(scope)),
    }
    if error is not None:
        fields["error"] = _class(error)
        if isinstance(error, Busy):
            fields["why"] = str(error)  # and no warning: the server does as it should
        elif facts["status"] == HTTPStatus.SERVICE_UNAVAILABLE:  # its cause is not in the request, nor what it says
            level, fields["why"] = logging.WARNING, " ".join(str(error).split())[:_WHY_CHARACTERS]
        elif facts["status"] >= HTTPStatus.INTERNAL_SERVER_ERROR:
            level, trace = logging.ERROR, error
        said += [fields["error"], *([fields["why"]] if "why" in fields else [])]
    if level > logging.INFO:
        said.append(f"(request {fields['request_id']})")
    known = {name: value for name, value in fields.items() if value is not None}
    _LOG.log(level, " ".join(said), extra=known, exc_info=trace)


def _describe(span: Any, facts: dict[str, Any], scope: Any, error: Exception | None) -> None:
    """Name and describe a span by the semantic conventions for HTTP, but for the address as it was sent."""
    span.update_name(f"{facts['method']} {facts['route']}")
    span.set_attributes(
        {
            "http.request.method": facts["method"],
            "http.route": facts["route"],
            "http.response.status_code": facts["status"],
            "url.scheme": scope.get("scheme", "http"),
            "duebook.request_id": scope["state"].get("request_id", ""),
            **{f"duebook.{name}": value for name, value in _who(scope)},
        }
    )
    if error is not None and facts["status"] >= HTTPStatus.INTERNAL_SERVER_ERROR:
        span.set_attribute("error.type", _class(error))
        mark_failed(span)


def _class(error: Exception) -> str:
    """The class of an error, or of what the ledger refused if that is what it tells of."""
    return type(getattr(error, "error", error)).__name__


def _who(scope: Any) -> Iterator[tuple[str, str]]:
    """The caller and the business, as far as the request came."""
    named, caller = scope.get("path_params", {}), scope.get("user")
    asked = named.get("business_id") or named.get("businessId")
    if isinstance(caller, Caller):
        yield "partner_id", str(caller.partner_id)
        if caller.key_id is not None:
            yield "key_id", str(caller.key_id)
        asked = asked or caller.business_id
    if isinstance(asked, UUID):
        yield "business_id", str(asked)
