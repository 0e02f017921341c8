"""The application of our own paths."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec
from litestar import Litestar, MediaType, Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.response import Redirect

from duebook.http.native.errors import error_answer
from duebook.http.native.health import healthz, readyz
from duebook.http.native.reference import page
from duebook.http.services import DEPENDENCIES

_SELF_CONTAINED: Final = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"}


def build(documents: Mapping[str, dict[str, Any]]) -> Litestar:
    """The routes, with the OpenAPI documents of the dialects by name; the state is given `services` later."""
    return Litestar(
        [start, healthz, readyz, _reference(documents), *(_document(name, one) for name, one in documents.items())],
        dependencies=DEPENDENCIES,
        exception_handlers={Exception: error_answer},
        openapi_config=None,
        logging_config=None,
    )


@get("/")
async def start() -> Redirect:
    """A reader starts with what there is to ask."""
    return Redirect("/openapi")


def _reference(documents: Mapping[str, dict[str, Any]]) -> HTTPRouteHandler:
    html = page(documents)

    @get("/openapi", media_type=MediaType.HTML)
    async def reference() -> Response[str]:
        return Response(html, headers=_SELF_CONTAINED, media_type=MediaType.HTML)

    return reference


def _document(name: str, document: dict[str, Any]) -> HTTPRouteHandler:
    encoded = msgspec.json.encode(document)

    @get(f"/openapi/{name}.json")
    async def openapi_document() -> Response[bytes]:
        return Response(encoded, media_type=MediaType.JSON)

    return openapi_document
