"""The OpenAPI document of an application, made from its routes and shapes."""

from typing import Any

from litestar import Litestar


def document(app: Litestar, *, trailing_slash: bool) -> dict[str, Any]:
    """The document as JSON data, its paths with or without a slash at the end, as the dialect publishes them."""
    made = app.openapi_schema.to_schema()
    made["paths"] = {f"{path.rstrip('/')}/" if trailing_slash else path: item for path, item in made["paths"].items()}
    return made
