"""Serve the application over HTTP/1 with Granian."""

import os
from typing import Final

from granian.constants import HTTPModes, Interfaces
from granian.log import LogLevels
from granian.server import Server

from duebook.db.pool import DATABASE_URL
from duebook.http.settings import settings_of
from duebook.watch.logs import configuration

_APP: Final = "duebook.http.app:app"


def serve(database_url: str, host: str, port: int, workers: int) -> None:
    """Serve until a signal says stop. Only the main thread may call this. Raises BadSettings."""
    os.environ[DATABASE_URL] = database_url  # workers are processes of their own and read it there
    server = Server(
        _APP,
        host,
        port,
        interface=Interfaces.ASGI,
        http=HTTPModes.http1,
        workers=workers,
        respawn_failed_workers=True,
        factory=True,
        websockets=False,
        log_level=LogLevels.warning,
        log_dictconfig=configuration(settings_of(os.environ).log_format),
    )
    server.serve()
