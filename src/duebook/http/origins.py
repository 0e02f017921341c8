"""Which pages of other sites a browser lets read our answers (CORS).

Holds: without the setting no answer has a header of CORS; with it, every answer to an allowed origin has, errors too.
Cookies play no part: a page shows its token as any other client does.
Source: the Fetch standard, "HTTP extensions"; docs/reference/settings.md, "Browsers".
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

ANY: Final = "*"

Headers = Iterable[tuple[bytes, bytes]]

_EXPOSED: Final = (
    b"access-control-expose-headers",
    b"ETag, Retry-After, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, X-Request-ID",
)
_ASKED_BEFORE: Final = [
    (b"access-control-allow-methods", b"GET, HEAD, POST, PUT, PATCH, DELETE"),
    (b"access-control-allow-headers", b"authorization, content-type, idempotency-key, if-none-match, x-request-id"),
    (b"access-control-max-age", b"7200"),
]


@dataclass(frozen=True, slots=True)
class Origins:
    """The origins that are allowed; any, if `*` is among them."""

    allowed: frozenset[str] = frozenset()

    def headers(self, method: str, asked: Headers) -> Headers:
        """What an answer says to the page that asked with these headers, whatever else the answer is."""
        if not self.allowed:
            return []
        vary = [] if ANY in self.allowed else [(b"vary", b"Origin")]
        origin = _of(asked, b"origin")
        if not self._allows(origin):
            return vary
        shared = b"*" if ANY in self.allowed else origin
        asked_before = _ASKED_BEFORE if self.are_asked_before(method, asked) else []
        return [*vary, (b"access-control-allow-origin", shared), _EXPOSED, *asked_before]

    def are_asked_before(self, method: str, asked: Headers) -> bool:
        """Whether a browser asks, for a page of an allowed origin, if it may send the request itself (a preflight)."""
        asks = method == "OPTIONS" and _of(asked, b"access-control-request-method") != b""
        return asks and self._allows(_of(asked, b"origin"))

    def _allows(self, origin: bytes) -> bool:
        return origin != b"" and (ANY in self.allowed or origin.decode("latin-1") in self.allowed)


NO_ORIGINS: Final = Origins()


def _of(headers: Headers, name: bytes) -> bytes:
    return next((value for found, value in headers if found == name), b"")
