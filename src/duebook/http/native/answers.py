"""Encode the answers of our own API, and answer an unchanged question without computing it.

Holds: what was not given is in the key as what it came to, so that a report asked for again by the version and the day
that it carries has the same bytes and the same entity tag (T13).
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

import msgspec
from litestar import MediaType, Response

from duebook.aging.question import Moment
from duebook.http.answers import AnswerKey, answer
from duebook.http.services import Services
from duebook.http.shell import AnyRequest
from duebook.tenancy.facts import WireProfile
from duebook.tenancy.gate import ReadTx

_ENCODER: Final = msgspec.json.Encoder(decimal_format="string")


def answered(body: Any, *, created: bool = False) -> Response[bytes]:
    """201 with the body if something was made, else 200."""
    return Response(_ENCODER.encode(body), status_code=201 if created else 200, media_type=MediaType.JSON)


async def answered_at(
    request: AnyRequest,
    services: Services,
    tx: ReadTx,
    moment: Moment,
    asked: Mapping[str, Any],
    body: Callable[[], Awaitable[Any]],
) -> Response[bytes]:
    """304 if the client has this answer already, else what `body` makes. `asked` is all else that it depends on."""

    async def encoded() -> bytes:
        return _ENCODER.encode(await body())

    key = AnswerKey(
        "api",
        request.route_handler.handler_name,
        WireProfile.PUBLISHED,
        tx.business.id,
        moment.as_of,
        moment.known_at,
        tuple((name, repr(value)) for name, value in asked.items()),
    )
    return await answer(request, services.answers, key, encoded)
