"""What a worker keeps of the requests that it has answered: nothing, however long it runs."""

import asyncio
import gc
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from contextvars import Context
from typing import Any

import httpx

from duebook.http.app import create_app
from tests.http.world import Platform, bearer

_TIMES = 25
_TIMERS = {asyncio.TimerHandle, Context}
"""Those that are over go all at once, when there are many."""


@asynccontextmanager
async def living(database_url: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the application in this process, from its start to its end."""
    app = create_app(database_url)
    told: asyncio.Queue[Any] = asyncio.Queue()
    said: asyncio.Queue[Any] = asyncio.Queue()
    life = asyncio.create_task(app({"type": "lifespan"}, told.get, said.put))
    await told.put({"type": "lifespan.startup"})
    await said.get()
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://here") as client:
        yield client
    await told.put({"type": "lifespan.shutdown"})
    await life


def kept() -> Counter[type]:
    """How many objects of each type there are."""
    gc.collect()
    return Counter(type(one) for one in gc.get_objects())


async def test_no_request_leaves_an_object_behind(database_url: str, platform: Platform, business: str) -> None:
    """Given requests in each dialect that have been answered, when they are asked again and again, then no type of
    object has become more by one for each of them."""
    paths = (
        f"/v1/businesses/{business}/invoices/ar-aging",
        f"/v1/businesses/{business}/invoices",
        f"/v1/platform/businesses/{business}/insights/ar-aging/",
        f"/v1/platform/businesses/{business}/invoices/",
        f"/api/v1/businesses/{business}/reports/aging?side=receivable",
        f"/api/v1/businesses/{business}/documents?side=receivable",
    )
    async with living(database_url) as client:
        token = (await client.post("/oauth2/token", auth=platform.basic)).json()["access_token"]
        for path in paths:
            for _ in range(3):  # what is made once is made
                assert (await client.get(path, headers=bearer(token))).status_code == 200, path
            before = kept()
            for _ in range(_TIMES):
                await client.get(path, headers=bearer(token))
            grown = {one for one, many in (kept() - before).items() if many >= _TIMES}
            assert grown <= _TIMERS, path
