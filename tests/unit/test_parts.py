"""An answer that is made while it is sent: whole, broken off, or not read."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import pytest

from duebook.http.admission import ClientGone
from duebook.http.intake import BrokenOff, send_parts
from duebook.tenancy.errors import KeyRevoked


class Client:
    """What a client has of an answer; after so many messages it reads no more."""

    def __init__(self, patience: int = 100) -> None:
        self.patience = patience
        self.messages: list[Any] = []
        self.ended = False

    async def send(self, message: Any) -> None:
        """Take a message in, or never come back."""
        if len(self.messages) == self.patience:
            await asyncio.Event().wait()
        self.messages.append(message)

    async def parts(self, *given: bytes | Exception) -> AsyncGenerator[bytes, None]:
        """The parts, and what breaks their making off."""
        try:
            for one in given:
                if isinstance(one, Exception):
                    raise one
                yield one
        finally:
            self.ended = True

    async def answered(self, *given: bytes | Exception) -> None:
        """Send it all."""
        start = {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0"), (b"x", b"y")]}
        await send_parts(start, self.parts(*given), self.send, 0.05)

    @property
    def bodies(self) -> list[tuple[bytes, bool]]:
        """The parts of the body, and whether more was promised."""
        return [(one["body"], one["more_body"]) for one in self.messages[1:]]


async def test_an_answer_in_parts_says_nothing_of_its_length() -> None:
    """Given parts, when all are sent, then they come under the answer's headers but its length, and the end is said."""
    client = Client()
    await client.answered(b"a", b"b")
    assert client.messages[0]["headers"] == [(b"x", b"y")]
    assert client.bodies == [(b"a", True), (b"b", True), (b"", False)]
    assert client.ended


async def test_an_answer_that_breaks_off_has_no_end() -> None:
    """Given a part that cannot be made, when it is its turn, then the cause is told and no end was sent."""
    client = Client()
    with pytest.raises(BrokenOff) as broken:
        await client.answered(b"a", KeyRevoked(), b"b")
    assert isinstance(broken.value.why, KeyRevoked)
    assert client.bodies == [(b"a", True)]


async def test_an_answer_that_is_not_read_is_made_no_further() -> None:
    """Given a client that stops reading, when it has been waited for, then it is given up and so is the making."""
    client = Client(patience=2)
    with pytest.raises(ClientGone):
        await client.answered(b"a", b"b", b"c")
    assert client.bodies == [(b"a", True)]
    assert client.ended
