"""Serve the application over HTTP/1 with Granian."""

import os
from typing import Final

from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.server import Server

from duebook.db.pool import DATABASE_URL
from duebook.http.settings import settings_of
from duebook.watch.logs import configuration

APP: Final = "duebook.http.app:app"

HEADER_SECONDS: Final = 10
"""For the head of a request; a connection on which nothing is asked for so long is closed too."""
BUFFER_BYTES: Final = 64 * 1024
"""Of one connection, before it is noticed that nobody reads; the head of a request is no longer either."""
CONNECTIONS: Final = 4096
"""Open connections of one worker, many more than requests that it lets in: those beyond are to be told so."""
FINISH_SECONDS: Final = 40
"""What is under way when the server stops has so long: more than any request may take, but for one that is not read."""


def serve(database_url: str, host: str, port: int, workers: int, app: str = APP) -> None:
    """Serve until a signal says stop, then finish what was accepted. Only the main thread may call this.

    `app` names a function that makes the application in each worker, as module:function. Raises BadSettings.
    """
    os.environ[DATABASE_URL] = database_url  # workers are processes of their own and read it there
    server = Server(
        app,
        host,
        port,
        interface=Interfaces.ASGI,
        http=HTTPModes.http1,
        workers=workers,
        backlog=CONNECTIONS,
        backpressure=CONNECTIONS,
        http1_settings=HTTP1Settings(header_read_timeout=HEADER_SECONDS * 1000, max_buffer_size=BUFFER_BYTES),
        workers_kill_timeout=FINISH_SECONDS,
        respawn_failed_workers=True,
        factory=True,
        websockets=False,
        log_level=LogLevels.warning,
        log_dictconfig=configuration(settings_of(os.environ).log_format),
    )
    server.serve()
