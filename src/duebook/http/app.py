"""The server's entry: opens the database for the life of the process, and gives each request to its dialect.

`app` makes what a server loads in each of its workers; it reads the settings of the environment.
"""

import logging
import os
from contextlib import AsyncExitStack
from functools import partial
from typing import Any, Final

import psycopg
from psycopg_pool import PoolTimeout

from duebook.db.pool import DATABASE_URL, connected
from duebook.http import layer, native, thredfi
from duebook.http.native.paths import API
from duebook.http.observed import Observed
from duebook.http.openapi import document
from duebook.http.services import Services
from duebook.http.settings import USUAL, Settings, settings_of
from duebook.http.shell import Shell
from duebook.oauth.keys import Keyring

_LOG: Final = logging.getLogger(__name__)


class Dispatcher:
    """Gives a request to the dialect with the first prefix that its path has; the empty one has every path."""

    def __init__(self, database_url: str, settings: Settings) -> None:
        self._database_url: Final = database_url
        ours, platform, businesses = native.build_api(), thredfi.build(), layer.build(settings.requests_per_second)
        documents = {
            "api": partial(native.description, ours),
            "layer": partial(document, businesses, trailing_slash=False),
            "thredfi": partial(document, platform, trailing_slash=True),
        }
        layer_shell = Shell(businesses, layer.error_answer, settings)
        self._dialects: Final = {
            API: Shell(ours, native.error_answer, settings),
            "/v1/platform": Shell(platform, thredfi.error_answer, settings),
            "/v1": layer_shell,
            "/oauth2/token": layer_shell,
            "/whoami": layer_shell,
            "": Shell(native.build(documents), native.error_answer, settings),
        }

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one request, or live through the server's start and end."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            scope["path"] = f"/{scope['path'].removeprefix('/')}"  # `OPTIONS *` asks for no path at all
            path = f"{scope['path']}/"
            dialect = next(one for prefix, one in self._dialects.items() if path.startswith(f"{prefix}/"))
            await dialect(scope, receive, send)

    async def _live(self, receive: Any, send: Any) -> None:
        await receive()
        async with AsyncExitStack() as stack:
            try:
                database = await stack.enter_async_context(connected(self._database_url))
            except (PoolTimeout, psycopg.Error) as error:
                _LOG.error("no connection to the database: %s", error)
                await send({"type": "lifespan.startup.failed", "message": "no connection to the database"})
                return
            services = Services(database, Keyring(database))
            for dialect in self._dialects.values():
                dialect.app.state.services = services
            await send({"type": "lifespan.startup.complete"})
            await receive()
        await send({"type": "lifespan.shutdown.complete"})


def create_app(database_url: str, settings: Settings = USUAL) -> Dispatcher:
    """The whole server as one ASGI application. `database_url` is a libpq URL of the serving role."""
    return Dispatcher(database_url, settings)


def app() -> Observed:
    """The server for the database that DUEBOOK_DATABASE_URL names, set as the environment says.

    Raises BadSettings.
    """
    logging.captureWarnings(True)
    return Observed(create_app(os.environ[DATABASE_URL], settings_of(os.environ)))
