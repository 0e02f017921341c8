"""Take a request's body in before anything is done with it, and give an answer to whoever reads slowly.

Units: seconds, bytes.
Holds: a client that sends or reads slowly holds no place, no turn and no connection to the database; what one worker
has taken in and not yet answered is bounded, and small bodies are let in even then.
Source: docs/reference/limits.md, "Bodies".
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from typing import Any, Final

import psycopg
from litestar.exceptions.http_exceptions import RequestEntityTooLarge
from litestar.types import Message, Receive, Send

from duebook.http.admission import ClientGone
from duebook.tenancy.errors import Busy, TenancyError

BODY_BYTES: Final = 8 * 2**20
_SMALL_BYTES: Final = 64 * 1024
_ALL_BYTES: Final = 64 * 2**20
"""Of all bodies together, not counting the beginning of each that alone would make it a small one."""
_CHUNK_BYTES: Final = 64 * 1024


class BodyTooSlow(Exception):
    """A body arrives as a whole within a bounded time."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"the body did not arrive within {seconds:.0f} seconds")


class BrokenOff(Exception):
    """What a client has of an answer is not all of it."""

    def __init__(self, why: Exception) -> None:
        self.why = why
        super().__init__(f"the answer breaks off: {why}")


class Intake:
    """The bodies that one worker holds."""

    def __init__(self, seconds: float) -> None:
        self._seconds: Final = seconds
        self._held = 0

    @asynccontextmanager
    async def body(self, scope: Any, receive: Receive) -> AsyncIterator[bytes]:
        """The whole body. Raises RequestEntityTooLarge, BodyTooSlow, ClientGone, and Busy if too much is held."""
        said = {name: value for name, value in scope["headers"] if name in (b"content-length", b"transfer-encoding")}
        if not said:
            yield b""
            return
        if int(said.get(b"content-length", 0)) > BODY_BYTES:
            raise RequestEntityTooLarge
        body = bytearray()
        try:
            try:
                async with asyncio.timeout(self._seconds):
                    while await self._more(body, receive):
                        pass
            except TimeoutError:
                raise BodyTooSlow(self._seconds) from None
            yield bytes(body)
        finally:
            self._held -= _counted(body)

    async def _more(self, body: bytearray, receive: Receive) -> bool:
        """Take in another part; whether there is more."""
        message = await receive()
        if message["type"] != "http.request":
            raise ClientGone
        before = _counted(body)
        body += message["body"]
        self._held += _counted(body) - before
        if len(body) > BODY_BYTES:
            raise RequestEntityTooLarge
        if _counted(body) and self._held > _ALL_BYTES:
            raise Busy
        return bool(message["more_body"])


def _counted(body: bytearray) -> int:
    return max(0, len(body) - _SMALL_BYTES)


def again(body: bytes) -> Receive:
    """Gives a body that has been taken in, as if it came now."""
    messages: Any = iter([{"type": "http.request", "body": body, "more_body": False}])

    async def receive() -> Any:
        return next(messages, {"type": "http.disconnect"})

    return receive


async def send_all(messages: list[Message], send: Send, seconds: float) -> None:
    """Send an answer, a large one in parts. Raises ClientGone when none of it is read for so long."""
    for message in messages:
        if message["type"] != "http.response.body" or len(message["body"]) <= _CHUNK_BYTES:
            await send(message)
            continue
        body = memoryview(message["body"])
        for start in range(0, len(body), _CHUNK_BYTES):
            part = bytes(body[start : start + _CHUNK_BYTES])
            more = start + _CHUNK_BYTES < len(body) or message["more_body"]
            await _send_part(part, more, send, seconds)


async def send_parts(start: Any, parts: AsyncGenerator[bytes, None], send: Send, seconds: float) -> None:
    """Send the beginning of an answer, then its body while that is made.

    Raises ClientGone when a part is not read for so long, and BrokenOff when one cannot be made; then no end is sent,
    so that the client sees that it has not all.
    """
    headers = [(name, value) for name, value in start["headers"] if name.lower() != b"content-length"]
    start["headers"] = headers
    await send(start)
    async with aclosing(parts):
        try:
            async for part in parts:
                await _send_part(part, True, send, seconds)
        except (TenancyError, psycopg.OperationalError) as error:
            raise BrokenOff(error) from error
    await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _send_part(part: bytes, more: bool, send: Send, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await send({"type": "http.response.body", "body": part, "more_body": more})
    except TimeoutError:
        raise ClientGone from None
