"""The application of our own paths."""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Final

import msgspec
from litestar import Litestar, MediaType, Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.response import Redirect

from duebook.http.native.errors import error_answer
from duebook.http.native.health import healthz, readyz
from duebook.http.native.key_set import key_set
from duebook.http.native.reference import STYLE_SOURCE, page
from duebook.http.observed import failed
from duebook.http.services import DEPENDENCIES

_SELF_CONTAINED: Final = {
    "Content-Security-Policy": (
        f"default-src 'none'; style-src {STYLE_SOURCE}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
}

Document = Callable[[], dict[str, Any]]


def build(documents: Mapping[str, Document]) -> Litestar:
    """The routes, with the OpenAPI documents of the dialects by name; the state is given `services` later.

    A document takes a while to make, so it is made when it is asked for first.
    """
    documents = {name: cache(one) for name, one in documents.items()}
    return Litestar(
        [
            start,
            healthz,
            readyz,
            key_set,
            _reference(documents),
            *(_document(name, one) for name, one in documents.items()),
        ],
        dependencies=DEPENDENCIES,
        exception_handlers={Exception: error_answer},
        after_exception=[failed],
        opt={"dialect": "server"},
        openapi_config=None,
        logging_config=None,
    )


@get("/")
async def start() -> Redirect:
    """A reader starts with what there is to ask."""
    return Redirect("/openapi")


def _reference(documents: Mapping[str, Document]) -> HTTPRouteHandler:
    @cache
    def html() -> str:
        return page({name: one() for name, one in documents.items()})

    @get("/openapi", media_type=MediaType.HTML)
    async def reference() -> Response[str]:
        return Response(html(), headers=_SELF_CONTAINED, media_type=MediaType.HTML)

    return reference


def _document(name: str, document: Document) -> HTTPRouteHandler:
    @cache
    def encoded() -> bytes:
        return msgspec.json.encode(document())

    @get(f"/openapi/{name}.json")
    async def openapi_document() -> Response[bytes]:
        return Response(encoded(), media_type=MediaType.JSON)

    return openapi_document
