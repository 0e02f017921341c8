"""The application of our own paths."""

from litestar import Litestar, get

from duebook.http.native.errors import error_answer
from duebook.http.services import DEPENDENCIES


@get("/healthz")
async def healthz() -> dict[str, str]:
    """The process answers."""
    return {"status": "ok"}


def build() -> Litestar:
    """The routes; the state is given `services` before the first request."""
    return Litestar(
        [healthz],
        dependencies=DEPENDENCIES,
        exception_handlers={Exception: error_answer},
        openapi_config=None,
        logging_config=None,
    )
