"""The way of a request through one worker: its body is taken in, it waits for a place, is worked on, and is answered.

Units: seconds.
Holds: what is turned away is turned away before credentials or bodies are looked at; what lost the database before it
can have written anything is worked on once more; an answer is sent when the place is free again.
Source: docs/reference/limits.md.
"""

import asyncio
import time
from dataclasses import dataclass
from typing import Any, Final

from litestar.types import ASGIApp, HTTPScope, Message, Receive, Send

from duebook.db.lending import ConnectionLost
from duebook.db.pool import FOR_REQUESTS, Patience
from duebook.http.admission import USUAL_ROOM, Admission, Room, asker
from duebook.http.intake import Intake, again, send_all, send_parts
from duebook.http.limits import Refusals
from duebook.tenancy.errors import Busy

_ALWAYS_OPEN: Final = frozenset({"/healthz", "/readyz"})
"""What is asked of a server just when it is busy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What one worker takes on, and how long it waits for whom."""

    room: Room = USUAL_ROOM
    patience: Patience = FOR_REQUESTS
    work: float = 15.0
    """From a request's getting its place to its answer; with its wait for the place, well before clients give up."""
    body: float = 20.0
    """Until a body is there."""
    unread: float = 20.0
    """Until another part of an answer is read."""
    refused_at_once: int = 100
    """In one second. Clients that do not wait before they come again would else keep a worker busy with refusing."""
    refused_after: float = 1.0
    """What is refused beyond that waits for so long, as its client was told to."""
    repeats: float = 5.0
    """A request that has lost the database within so long is worked on again; later its client has waited enough."""


USUAL_BOUNDS: Final = Bounds()


class Door:
    """What all requests of one worker pass."""

    def __init__(self, bounds: Bounds) -> None:
        self._bounds: Final = bounds
        self._intake: Final = Intake(bounds.body)
        self._admission: Final = Admission(bounds.room)
        self._refusals = Refusals()

    async def pass_on(self, app: ASGIApp, scope: HTTPScope, receive: Receive, send: Send) -> None:
        """Have an application answer a request.

        Raises Busy, BodyTooSlow and RequestEntityTooLarge before there is an answer, ClientGone at any time, and
        BrokenOff in the middle of an answer of which its handler has left parts to be made, in the state.
        """
        if scope["path"] in _ALWAYS_OPEN:
            await app(scope, receive, send)
            return
        who = asker(scope)
        try:
            self._admission.refuse_beyond(who)
        except Busy:
            if self._refusals.count() > self._bounds.refused_at_once:
                await asyncio.sleep(self._bounds.refused_after)
            raise
        async with self._intake.body(scope, receive) as body, self._admission.place(who, receive):
            answer = await self._answer_in_time(app, scope, body)
        if parts := scope["state"].get("parts"):
            await send_parts(answer[0], parts, send, self._bounds.unread)
        else:
            await send_all(answer, send, self._bounds.unread)

    async def _answer_in_time(self, app: ASGIApp, scope: HTTPScope, body: bytes) -> list[Message]:
        """Raises Busy when it takes too long: what was written is rolled back, unless it was just being committed."""
        try:
            async with asyncio.timeout(self._bounds.work):
                return await self._answer(app, scope, body)
        except TimeoutError:
            raise Busy from None

    async def _answer(self, app: ASGIApp, scope: HTTPScope, body: bytes) -> list[Message]:
        began = time.monotonic()
        known: list[Any] = [scope, scope["state"]]
        untouched = [{**one} for one in known]
        answer = await _worked(app, scope, body)
        lost = isinstance(scope["state"].get("error"), ConnectionLost)
        if lost and time.monotonic() - began < self._bounds.repeats:
            for one, before in zip(known, untouched, strict=True):
                one.clear()
                one.update(before)
            answer = await _worked(app, scope, body)
        return answer


async def _worked(app: ASGIApp, scope: HTTPScope, body: bytes) -> list[Message]:
    answer: list[Message] = []

    async def keep(message: Message) -> None:
        answer.append(message)

    await app(scope, again(body), keep)
    return answer
