"""The server with less room and less patience than usual, so that tests need not wait."""

import os
from dataclasses import replace
from typing import Any

from duebook.db.pool import DATABASE_URL, FOR_REQUESTS
from duebook.http.admission import ClientGone, Room
from duebook.http.app import Dispatcher, create_app
from duebook.http.door import Bounds
from duebook.http.intake import send_all
from duebook.http.settings import settings_of

BOUNDS = Bounds(
    room=Room(at_work=6, at_work_each=4, waiting=10, waiting_each=8, wait=1.0),
    patience=replace(FOR_REQUESTS, wait=1.0, lock=1.0, statement=1.5, held=4.0),
    work=2.5,
    body=1.0,
    unread=1.0,
)


LARGE = 50_000_000
"""Bytes, more than what the system keeps of an answer that is not read."""


def app() -> Dispatcher:
    """What the server loads."""
    return create_app(os.environ[DATABASE_URL], settings_of(os.environ), BOUNDS)


def large() -> Any:
    """An application with one large answer, which tells when it is not read."""

    async def answer(scope: Any, receive: Any, send: Any) -> None:
        assert scope["type"] == "http"  # it has no start and no end
        head: Any = {"type": "http.response.start", "status": 200, "headers": []}
        size = LARGE if scope["path"] == "/" else 0
        body: Any = {"type": "http.response.body", "body": b"x" * size, "more_body": False}
        try:
            await send_all([head, body], send, BOUNDS.unread)
        except ClientGone:
            print("cut", flush=True)

    return answer
