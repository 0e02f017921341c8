"""Answer an unchanged question without computing it: entity tags, and a small memory of encoded bodies.

Holds: the key of an answer names everything that its bytes depend on, so an answer is never out of date (T13).
Source: RFC 9110, sections 8.8.3 and 13.1.2.
"""

import hashlib
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from datetime import date
from typing import Final, NamedTuple
from uuid import UUID

from litestar import MediaType, Response

from duebook.http.shell import AnyRequest
from duebook.tenancy.facts import WireProfile
from duebook.watch.metrics import REPORTS

MEMORY_BYTES: Final = 16 * 2**20


class AnswerKey(NamedTuple):
    """Everything that the bytes of an answer depend on. `parameters` holds what else was asked, by name."""

    dialect: str
    question: str
    profile: WireProfile
    business_id: UUID
    as_of: date
    version: int
    parameters: tuple[tuple[str, str], ...] = ()


class Answers:
    """Bodies already encoded, the least recently used forgotten first."""

    def __init__(self) -> None:
        self._bodies: OrderedDict[AnswerKey, bytes] = OrderedDict()
        self._size_bytes = 0

    def known(self, key: AnswerKey) -> bytes | None:
        """The body under this key, if it is remembered."""
        if key in self._bodies:
            self._bodies.move_to_end(key)
        return self._bodies.get(key)

    def remember(self, key: AnswerKey, body: bytes) -> None:
        """Keep a body, unless it alone would take more than a quarter of the memory."""
        if key in self._bodies or len(body) > MEMORY_BYTES // 4:
            return
        self._bodies[key] = body
        self._size_bytes += len(body)
        while self._size_bytes > MEMORY_BYTES:
            self._size_bytes -= len(self._bodies.popitem(last=False)[1])


def entity_tag(key: AnswerKey) -> str:
    """The strong entity tag of the answer under this key."""
    return f'"{hashlib.blake2b(repr(key).encode(), digest_size=16).hexdigest()}"'


async def answer(
    request: AnyRequest, answers: Answers, key: AnswerKey, body: Callable[[], Awaitable[bytes]]
) -> Response[bytes]:
    """304 if the client has this answer already, else the remembered body, else what `body` makes."""
    headers = {"ETag": entity_tag(key), "Cache-Control": "private, no-cache", "Vary": "Authorization"}
    if _has(request.headers.get("if-none-match", ""), headers["ETag"]):
        REPORTS.labels("unchanged").inc()
        return Response(b"", status_code=304, headers=headers, media_type=MediaType.JSON)
    encoded = answers.known(key)
    REPORTS.labels("computed" if encoded is None else "remembered").inc()
    if encoded is None:
        encoded = await body()
        answers.remember(key, encoded)
    return Response(encoded, headers=headers, media_type=MediaType.JSON)


def _has(if_none_match: str, tag: str) -> bool:
    return any(one.strip().removeprefix("W/") in (tag, "*") for one in if_none_match.split(","))
