"""What a dialect's application stands in: request ids, clients' addresses, HEAD, what browsers are told, bad queries.

Holds: every answer carries `X-Request-ID`, the client's own if it sent a usable one, and says which pages may read it,
that no cache may share it, and that nothing in it is to be run or framed; HEAD is answered wherever GET is.
Source: RFC 9110, section 9.3.2; docs/reference/settings.md, "Browsers".
"""

import re
import secrets
from collections import Counter
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import unquote_to_bytes

from litestar import Litestar, Request, Response
from litestar.connection import ASGIConnection
from litestar.exceptions import ClientException, HTTPException
from litestar.exceptions.http_exceptions import RequestEntityTooLarge
from litestar.routes import HTTPRoute
from litestar.types import HTTPScope, Message, Receive, Send

from duebook.http.admission import ClientGone
from duebook.http.door import Door
from duebook.http.inputs import BadInput
from duebook.http.intake import BodyTooSlow, BrokenOff
from duebook.http.limits import RETRY_AFTER_SECONDS
from duebook.http.settings import Settings
from duebook.http.throttle import TooManyFailedLogins
from duebook.oauth.errors import AuthError, NoCredentials
from duebook.tenancy.errors import Busy

AnyRequest = Request[Any, Any, Any]
ErrorAnswer = Callable[[AnyRequest, Exception], Response[Any]]

QUERY_BYTES: Final = 8 * 1024
_UNLESS_SAID: Final = {
    b"cache-control": b"private, no-cache",
    b"content-security-policy": b"default-src 'none'; frame-ancestors 'none'",
    b"referrer-policy": b"no-referrer",
    b"x-content-type-options": b"nosniff",
}
"""What an answer tells a browser that says nothing of it itself."""
_ONCE: Final = (b"authorization", b"content-type", b"host", b"idempotency-key")
_USABLE_ID: Final = re.compile(rb"[A-Za-z0-9._~:+/=-]{1,64}")


class QueryTooLong(Exception):
    """A query string is at most 8 KiB."""

    def __init__(self) -> None:
        super().__init__(f"the query is longer than {QUERY_BYTES} bytes")


def request_id(connection: ASGIConnection[Any, Any, Any, Any]) -> str:
    """The id under which a request is logged and answered."""
    found: str = connection.scope["state"]["request_id"]
    return found


def client_address(connection: ASGIConnection[Any, Any, Any, Any]) -> str | None:
    """The address that a request comes from, behind the proxies that are trusted; None where there is none."""
    found: str | None = connection.scope["state"]["client_address"]
    return found


class Shell:
    """One dialect's application as ASGI, and how that dialect says that something is wrong."""

    def __init__(self, app: Litestar, error_answer: ErrorAnswer, settings: Settings, door: Door) -> None:
        self.app: Final = app
        self._door: Final = door
        self._origins: Final = settings.origins
        self._proxies: Final = settings.proxies
        self._error_answer: Final = error_answer
        self._methods: Final = {
            route.path_format: route.methods for route in app.routes if isinstance(route, HTTPRoute)
        }

    async def __call__(self, scope: HTTPScope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        identity = _request_id(scope)
        shared = self._origins.headers(scope["method"], scope["headers"])
        scope.setdefault("state", {}).update(
            request_id=identity, client_address=self._proxies.client(scope), dialect=self.app.opt["dialect"]
        )

        started = False

        async def send_with_id(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                headers = [
                    (name, value if name != b"allow" else self._allow(scope, value))
                    for name, value in message["headers"]
                ]
                said = {name.lower() for name, _ in headers}
                unsaid = [(name, value) for name, value in _UNLESS_SAID.items() if name not in said]
                message["headers"] = [*headers, *unsaid, *shared, (b"x-request-id", identity.encode())]
            await send(message)

        async def answer(error: Exception) -> None:
            request: AnyRequest = Request(scope)
            response = self._error_answer(request, error).to_asgi_response(app=None, request=request)
            await response(scope, receive, send_with_id)

        if self._origins.are_asked_before(scope["method"], scope["headers"]):
            await send_with_id({"type": "http.response.start", "status": HTTPStatus.NO_CONTENT, "headers": []})
            await send({"type": "http.response.body", "body": b"", "more_body": False})
            return
        if scope["method"] == "HEAD":
            scope["method"] = "GET"  # the server leaves the body away
        try:
            _check_query(scope["query_string"])
            _check_headers(scope["headers"])
            await self._door.pass_on(self.app, scope, receive, send_with_id)
        except ClientGone as error:
            scope["state"]["error"] = _alone(error)
            if not started:  # it may only have sent a body that ends too early, or is not in its form
                await answer(ClientException("the body does not come in full, or not as its headers say"))
        except BrokenOff as error:
            scope["state"]["error"] = _alone(error.why)
        except (BadInput, QueryTooLong, Busy, BodyTooSlow, RequestEntityTooLarge) as error:
            scope["state"]["error"] = _alone(error)
            await answer(error)

    def _allow(self, scope: HTTPScope, found: bytes) -> bytes:
        """The methods of a path; the application by itself knows neither HEAD nor, for OPTIONS, all of them."""
        methods = {*found.decode().split(", "), *self._methods.get(scope.get("path_template", ""), ())}
        return ", ".join(sorted(methods | {"HEAD"} if "GET" in methods else methods)).encode()


def _alone(error: Exception) -> Exception:
    """An error without the frames that it went through: they hold the request, and with it a connection open."""
    error.__traceback__ = error.__context__ = None
    return error


def _request_id(scope: HTTPScope) -> str:
    given = next((value for name, value in scope["headers"] if name == b"x-request-id"), b"")
    return given.decode() if _USABLE_ID.fullmatch(given) else secrets.token_hex(16)


def _check_query(query: bytes) -> None:
    if len(query) > QUERY_BYTES:
        raise QueryTooLong
    try:
        text = unquote_to_bytes(query).decode()
    except UnicodeDecodeError:
        raise BadInput("query", "", "is not UTF-8") from None
    if "\0" in text:
        raise BadInput("query", "", "the NUL character (%00) cannot be kept")


def _check_headers(headers: Iterable[tuple[bytes, bytes]]) -> None:
    """A header that comes twice may be read otherwise by what stands in front of us. Raises BadInput."""
    found = Counter(name for name, _ in headers)
    if twice := next((name for name in _ONCE if found[name] > 1), None):
        raise BadInput(twice.decode().title(), "", "is given once")
    if found[b"transfer-encoding"] and found[b"content-length"]:
        raise BadInput("Transfer-Encoding", "", "and Content-Length exclude each other")


def failure_headers(error: Exception, status: int) -> dict[str, str]:
    """What HTTP itself says beside a failure: how to sign in, which methods there are, when to come again."""
    match status:
        case 401:
            scheme = error.scheme if isinstance(error, AuthError) else "Bearer"
            reason = ', error="invalid_token"' if scheme == "Bearer" and not isinstance(error, NoCredentials) else ""
            return {"WWW-Authenticate": f'{scheme} realm="duebook"{reason}'}
        case 405 if isinstance(error, HTTPException):
            return dict(error.headers or {})
        case 408:
            return {"Connection": "close"}
        case 429:
            seconds = error.retry_after_seconds if isinstance(error, TooManyFailedLogins) else RETRY_AFTER_SECONDS
            return {"Retry-After": str(seconds)}
        case 503:
            return {"Retry-After": str(Busy.RETRY_AFTER_SECONDS)}
    return {}
