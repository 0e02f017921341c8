"""What a server tells of each request that it answers: one line of its log.

Holds: nothing that a client wrote is logged but a usable request id: a path stands as its template, ids only as ids,
and neither a query, nor a header, nor a body ever.
Source: docs/howto/watch-a-server.md.
"""

import logging
from collections.abc import Iterator
from http import HTTPStatus
from time import perf_counter
from typing import Any, Final
from uuid import UUID

from litestar.exceptions import InternalServerException
from litestar.types import Scope

from duebook.http.admission import ClientGone
from duebook.tenancy.errors import Busy
from duebook.tenancy.facts import Caller

_LOG: Final = logging.getLogger("duebook.request")

NO_ROUTE: Final = "none"
_CLIENT_IS_GONE: Final = 499
_METHODS: Final = frozenset("GET HEAD POST PUT PATCH DELETE OPTIONS".split())


async def failed(error: Exception, scope: Scope) -> None:
    """A hook of each application: remember what a request failed with, for what is told of it at the end."""
    scope["state"]["error"] = error


class Observed:
    """The server as ASGI, with an eye on each request."""

    def __init__(self, app: Any) -> None:
        self._app: Final = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one request, or live through the server's start and end."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        method = scope["method"] if scope["method"] in _METHODS else "OTHER"
        state = scope.setdefault("state", {})
        begun, status = perf_counter(), 500

        async def send_seen(message: Any) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, send_seen)
        except Exception as error:
            state["error"] = error
            raise
        finally:
            _tell(scope, method, _status(status, state.get("error")), perf_counter() - begun)


def _status(answered: int, error: Exception | None) -> int:
    match error:
        case InternalServerException(detail="client disconnected prematurely") | ClientGone():
            return _CLIENT_IS_GONE
    return answered


def _tell(scope: Any, method: str, status: int, seconds: float) -> None:
    state = scope["state"]
    error: Exception | None = state.get("error")
    route = scope.get("path_template") or NO_ROUTE
    fields = {
        "request_id": state.get("request_id"),
        "method": method,
        "route": route,
        "status": status,
        "milliseconds": round(seconds * 1000, 1),
        "dialect": state.get("dialect"),
        "client": state.get("client_address"),
        **dict(_who(scope)),
    }
    level, trace = logging.INFO, None
    if error is not None:
        fields["error"] = type(getattr(error, "error", error)).__name__
    if error is not None and status >= 500:
        if isinstance(error, Busy):
            fields["why"] = str(error)  # by the thousand, when it happens
        elif status == HTTPStatus.SERVICE_UNAVAILABLE:  # from elsewhere, and not what clients choose
            level, fields["why"] = logging.WARNING, " ".join(str(error).split())
        else:
            level, trace = logging.ERROR, error
    said = [method, route, str(status), *(fields[name] for name in ("error", "why") if name in fields)]
    if level > logging.INFO:
        said.append(f"(request {fields['request_id']})")
    known = {name: value for name, value in fields.items() if value is not None}
    _LOG.log(level, " ".join(said), extra=known, exc_info=trace)


def _who(scope: Any) -> Iterator[tuple[str, str]]:
    """The caller and the business, as far as the request came."""
    named = scope.get("path_params", {})
    asked = named.get("business_id") or named.get("businessId")
    caller = scope.get("user")
    if isinstance(caller, Caller):
        yield "partner_id", str(caller.partner_id)
        if caller.key_id is not None:
            yield "key_id", str(caller.key_id)
        asked = asked or caller.business_id
    if isinstance(asked, UUID):
        yield "business_id", str(asked)
