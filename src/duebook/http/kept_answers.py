"""Answer a request that names an idempotency key once, and with the same bytes whenever it comes again.

Holds: the answer is kept in the transaction of the write that it tells of: both are there, or neither is.
Source: docs/reference/thredfi.md, "Idempotency".
"""

import hashlib
from collections.abc import Awaitable, Callable
from typing import Any, Final, NamedTuple

from duebook.db.queries import load
from duebook.tenancy.gate import WriteTx
from duebook.watch.metrics import REPLAYED

_QUERIES: Final = load("duebook.http")


class KeyReused(Exception):
    """An idempotency key stands for one request: the same method, address and body."""

    def __init__(self, key: str) -> None:
        self.key = key
        super().__init__(f"the idempotency key {key!r} was sent before with another request")


class KeyedRequest(NamedTuple):
    """A request as its key stands for it: the key, and a digest of everything that it says."""

    key: str
    digest: bytes


def keyed(key: str, method: str, path: str, body: bytes) -> KeyedRequest:
    """The request that this key stands for."""
    return KeyedRequest(key, hashlib.sha256(b"\0".join([method.encode(), path.encode(), body])).digest())


async def answered_once(tx: WriteTx, request: KeyedRequest, make: Callable[[], Awaitable[bytes]]) -> tuple[bytes, bool]:
    """The answer to the request, and whether it was made now. Raises KeyReused, and whatever `make` raises."""
    named = {"business_id": tx.business.id, "key": request.key}
    kept: Any = await (await tx.connection.execute(_QUERIES.kept_answer, named)).fetchone()
    if kept is not None:
        if bytes(kept.request_digest) != request.digest:
            raise KeyReused(request.key)
        REPLAYED.inc()
        return bytes(kept.answer), False
    answer = await make()
    values = named | {"version": tx.version, "request_digest": request.digest, "answer": answer}
    await tx.connection.execute(_QUERIES.keep_answer, values)
    return answer, True
