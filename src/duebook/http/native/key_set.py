"""The public halves of the keys that tokens are signed with, for whoever wants to check one.

Source: RFC 7517; docs/reference/tokens.md, "Signing keys".
"""

from typing import Final

import msgspec
from litestar import Response, get

from duebook.http.services import TheServices

_HEADERS: Final = {"Cache-Control": "public, max-age=300"}
"""Much less than the day for which a key is published before it signs; also how long one is trusted that leaked."""


@get("/.well-known/jwks.json")
async def key_set(services: TheServices) -> Response[bytes]:
    """The key set."""
    body = msgspec.json.encode({"keys": await services.keyring.published()})
    return Response(body, headers=_HEADERS, media_type="application/jwk-set+json")
