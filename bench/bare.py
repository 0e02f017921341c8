"""The least that a server can do: one trivial query, then the same bytes every time."""

import os
from pathlib import Path

from litestar import Litestar, MediaType, Response, get
from psycopg_pool import AsyncConnectionPool

BODY_FILE = "BENCH_BODY"


def app() -> Litestar:
    """An application that answers /bare with the bytes of the file that BENCH_BODY names."""
    body = Path(os.environ[BODY_FILE]).read_bytes()
    pool = AsyncConnectionPool(os.environ["DUEBOOK_DATABASE_URL"], min_size=1, max_size=8, open=False)

    @get("/bare")
    async def bare() -> Response[bytes]:
        async with pool.connection() as connection:
            await connection.execute("SELECT 1")
        return Response(body, media_type=MediaType.JSON)

    return Litestar([bare], lifespan=[lambda _: pool], openapi_config=None)
