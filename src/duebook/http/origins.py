"""Which pages of other sites a browser lets read our answers (CORS).

Holds: without the setting no answer has a header of CORS; with it, every answer to an allowed origin has, errors too.
Cookies play no part: a page shows its token as any other client does.
Source: the Fetch standard, "HTTP extensions"; docs/reference/settings.md, "Browsers".
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

ALLOWED_ORIGINS: Final = "DUEBOOK_ALLOWED_ORIGINS"
"""The setting that lists the origins, with commas between them."""

ANY: Final = "*"

Headers = Iterable[tuple[bytes, bytes]]

_ORIGIN: Final = re.compile(r"(https?)://(?:[a-z0-9_.-]+|\[[0-9a-f:.]+\])(?::([1-9][0-9]{0,4}))?")
_USUAL_PORTS: Final = {"http": 80, "https": 443}

_EXPOSED: Final = (
    b"access-control-expose-headers",
    b"ETag, Retry-After, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, X-Request-ID",
)
_ASKED_BEFORE: Final = [
    (b"access-control-allow-methods", b"GET, HEAD, POST, PUT, PATCH, DELETE"),
    (b"access-control-allow-headers", b"authorization, content-type, idempotency-key, if-none-match, x-request-id"),
    (b"access-control-max-age", b"7200"),
]


class BadOrigin(ValueError):
    """An origin is written as a browser writes it, or it would never match."""

    def __init__(self, origin: str, rule: str) -> None:
        self.origin, self.rule = origin, rule
        super().__init__(f"{ALLOWED_ORIGINS}: {origin!r} {rule}")


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


def origins_of(environment: Mapping[str, str]) -> Origins:
    """The origins that the setting allows; none without it. Raises BadOrigin."""
    listed = [origin.strip() for origin in environment.get(ALLOWED_ORIGINS, "").split(",")]
    origins = frozenset(origin for origin in listed if origin)
    if ANY in origins and len(origins) > 1:
        raise BadOrigin(ANY, "allows any origin, so it stands alone")
    for origin in origins - {ANY}:
        _check(origin)
    return Origins(origins)


def _check(origin: str) -> None:
    found = _ORIGIN.fullmatch(origin)
    if found is None:
        raise BadOrigin(
            origin, "is not an origin: write https://app.example or https://app.example:8443, in small letters, no path"
        )
    scheme, port = found.group(1), int(found.group(2) or 0)
    if port > 65535:
        raise BadOrigin(origin, "names a port that does not exist")
    if port == _USUAL_PORTS[scheme]:
        raise BadOrigin(origin, f"names the port that {scheme} has anyway, which browsers leave away")


def _of(headers: Headers, name: bytes) -> bytes:
    return next((value for found, value in headers if found == name), b"")
