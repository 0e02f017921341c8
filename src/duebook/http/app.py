"""The server's entry: opens the database for the life of the process, and gives each request to its dialect.

`app` makes what a server loads in each of its workers; it reads the settings of the environment.
"""

import logging
import os
from functools import partial
from typing import Any, Final

from duebook.db.pool import DATABASE_URL, connected
from duebook.http import layer, native, thredfi
from duebook.http.door import USUAL_BOUNDS, Bounds, Door
from duebook.http.logins import Logins
from duebook.http.native.paths import API
from duebook.http.observed import Observed
from duebook.http.openapi import document
from duebook.http.services import Services
from duebook.http.settings import USUAL, Settings, settings_of
from duebook.http.shell import Shell
from duebook.oauth.keys import Keyring
from duebook.tenancy.uses import Uses


class Dispatcher:
    """Gives a request to the dialect with the first prefix that its path has; the empty one has every path."""

    def __init__(self, database_url: str, settings: Settings, bounds: Bounds) -> None:
        self._database_url: Final = database_url
        self._bounds: Final = bounds
        door = Door(bounds)
        self._settings: Final = settings
        ours, platform, businesses = native.build_api(), thredfi.build(), layer.build(settings.requests_per_second)
        documents = {
            "api": partial(native.description, ours),
            "layer": partial(document, businesses, trailing_slash=False),
            "thredfi": partial(document, platform, trailing_slash=True),
        }
        layer_shell = Shell(businesses, layer.error_answer, settings, door)
        self._dialects: Final = {
            API: Shell(ours, native.error_answer, settings, door),
            "/v1/platform": Shell(platform, thredfi.error_answer, settings, door),
            "/v1": layer_shell,
            "/oauth2/token": layer_shell,
            "/whoami": layer_shell,
            "": Shell(native.build(documents), native.error_answer, settings, door),
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
        async with connected(self._database_url, patience=self._bounds.patience) as database:
            keyring = Keyring(database, self._settings.outside)
            services = Services(database, keyring, Logins(database), Uses(database), self._settings.head_key)
            for dialect in self._dialects.values():
                dialect.app.state.services = services
            await send({"type": "lifespan.startup.complete"})
            await receive()
        await send({"type": "lifespan.shutdown.complete"})


def create_app(database_url: str, settings: Settings = USUAL, bounds: Bounds = USUAL_BOUNDS) -> Dispatcher:
    """The whole server as one ASGI application. `database_url` is a libpq URL of the serving role.

    It starts without a database too, and answers 503 until there is one.
    """
    return Dispatcher(database_url, settings, bounds)


def app() -> Observed:
    """The server for the database that DUEBOOK_DATABASE_URL names, set as the environment says.

    Raises BadSettings.
    """
    logging.captureWarnings(True)
    settings = settings_of(os.environ)
    return Observed(create_app(os.environ[DATABASE_URL], settings), traced=settings.traced)
