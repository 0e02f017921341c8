"""Encode answers as JSON."""

from typing import Any, Final

import msgspec
from litestar import MediaType, Response

_ENCODER: Final = msgspec.json.Encoder(decimal_format="number")


def encoded(body: Any) -> bytes:
    """The body as JSON; decimals are numbers."""
    return _ENCODER.encode(body)


def answered(body: Any, *, created: bool = False) -> Response[bytes]:
    """201 with the body if something was made, else 200."""
    return Response(encoded(body), status_code=201 if created else 200, media_type=MediaType.JSON)
