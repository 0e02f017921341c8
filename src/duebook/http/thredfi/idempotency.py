"""The `Idempotency-Key` of a request: read, and held to one answer.

Holds: a key stands for one request of a business; the first answer to it is kept with what was written, and comes again
byte for byte with 200. A request that was refused keeps nothing.
Source: docs/reference/thredfi.md, "Idempotency".
"""

import re
from collections.abc import Awaitable, Callable
from typing import Annotated, Final

import msgspec
from litestar import MediaType, Response
from litestar.di import NamedDependency, Provide
from litestar.params import HeaderParameter

from duebook.http.callers import CallerRequest
from duebook.http.encoded import encoded
from duebook.http.inputs import BadInput, shown
from duebook.http.kept_answers import KeyedRequest, answered_once, keyed
from duebook.tenancy.gate import WriteTx

_HEADER: Final = "Idempotency-Key"
_KEY: Final = re.compile(r"[\x21-\x7e]{1,255}")

KeyHeader = Annotated[
    str | None,
    HeaderParameter(
        name=_HEADER,
        description="Has a request that is sent again answered as before, with 200",
        schema_extra={"type": "string", "one_of": None, "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
    ),
]


async def keyed_request(request: CallerRequest, idempotency_key: KeyHeader = None) -> KeyedRequest | None:
    """The request as its key stands for it, if it has one. Raises BadInput."""
    if idempotency_key is None:
        return None
    if not _KEY.fullmatch(idempotency_key):
        raise BadInput(_HEADER, shown(idempotency_key), "is 1 to 255 visible characters of ASCII")
    return keyed(idempotency_key, request.method, request.url.path.rstrip("/"), await request.body())


KEYED: Final = {"key": Provide(keyed_request)}
TheKey = NamedDependency[KeyedRequest | None]
"""A handler with these dependencies and a parameter `key: TheKey` is given the request as its key stands for it."""


async def answered_by(
    tx: WriteTx, key: KeyedRequest | None, make: Callable[[], Awaitable[tuple[msgspec.Struct, bool]]]
) -> Response[bytes]:
    """The answer that `make` gives, 201 if that made something; of a request that came before, what was answered then.

    Raises KeyReused, and whatever `make` raises.
    """
    created = False

    async def made() -> bytes:
        nonlocal created
        body, created = await make()
        return encoded(body)

    answer = await made() if key is None else (await answered_once(tx, key, made))[0]
    return Response(answer, status_code=201 if created else 200, media_type=MediaType.JSON)
