"""Whether the process lives, and whether it can answer."""

from typing import Any, Final

import psycopg
from litestar import get
from psycopg_pool import PoolTimeout

from duebook.db.migrate import migrations
from duebook.db.queries import load
from duebook.http.services import TheServices

_QUERIES: Final = load("duebook.http.native")
_NEEDED: Final = max(number for number, _, _ in migrations())
_WAIT_SECONDS: Final = 2.0


class NotReady(Exception):
    """The database answers, and its schema is that of this release or of a later one."""


@get("/healthz")
async def healthz() -> dict[str, str]:
    """The process answers."""
    return {"status": "ok"}


@get("/readyz")
async def readyz(services: TheServices) -> dict[str, str]:
    """Requests can be answered. Raises NotReady."""
    try:
        async with services.database.readers.connection(timeout=_WAIT_SECONDS) as connection:
            row: Any = await (await connection.execute(_QUERIES.schema_number)).fetchone()
    except (PoolTimeout, psycopg.Error) as error:
        raise NotReady("the database cannot be reached") from error
    if row.number < _NEEDED:
        raise NotReady(f"the schema is at {row.number}, this release needs {_NEEDED}: run duebook migrate")
    return {"status": "ready"}
