"""Tell how long a turn or a connection was waited for, and how long a transaction took."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, ExitStack, asynccontextmanager
from typing import TypeVar

from duebook.watch.metrics import WAIT_SECONDS
from duebook.watch.traces import span

T = TypeVar("T")


@asynccontextmanager
async def waited(of: str, entering: AbstractAsyncContextManager[T], then: str | None = None) -> AsyncIterator[T]:
    """Enter a block that may have to be waited for; `then` names the span that lasts until its end, commit included."""
    async with AsyncExitStack() as stack:
        inside = stack.enter_context(ExitStack())
        with span(f"wait for {of}"), WAIT_SECONDS.labels(of).time():
            had = await stack.enter_async_context(entering)
        if then:
            inside.enter_context(span(then))
        yield had
