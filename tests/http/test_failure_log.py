"""What the server's log says of a request that failed."""

import logging
from typing import Any

import psycopg
import pytest
from litestar import Litestar, Request
from litestar.exceptions import InternalServerException
from litestar.testing import RequestFactory
from psycopg_pool import PoolTimeout

from duebook.http.observed import Observed, failed
from duebook.tenancy.errors import Busy


async def log_of(error: Exception, status: int) -> None:
    """Have a request of a known route fail with an error, and be answered with a status."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        scope["path_template"] = "/v1/{id}"
        scope["state"]["request_id"] = "abc"
        await failed(error, scope)
        await send({"type": "http.response.start", "status": status, "headers": []})

    async def send(message: Any) -> None:
        assert message["status"] == status

    await Observed(app)({"type": "http", "method": "GET", "headers": []}, None, send)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (PoolTimeout("couldn't get a connection"), "PoolTimeout couldn't get a connection"),
        (psycopg.OperationalError("bad:\n\tis it running?"), "OperationalError bad: is it running?"),
    ],
)
async def test_what_lies_elsewhere_is_one_line(error: Exception, said: str, caplog: pytest.LogCaptureFixture) -> None:
    """Given a database that does not answer, when a request fails for it, then one line says so, without a trace."""
    await log_of(error, 503)
    [record] = caplog.records
    assert (record.levelno, record.exc_info) == (logging.WARNING, None)
    assert record.getMessage() == f"GET /v1/{{id}} 503 {said} (request abc)"


async def test_what_nobody_expected_has_a_trace(caplog: pytest.LogCaptureFixture) -> None:
    """Given any other error, when a request fails with it, then the log has its trace."""
    error = KeyError("x")
    await log_of(error, 500)
    [record] = caplog.records
    assert record.levelno == logging.ERROR
    assert record.exc_info is not None
    assert record.exc_info[1] is error


async def test_what_is_turned_away_does_not_fill_the_log(caplog: pytest.LogCaptureFixture) -> None:
    """Given more than there is room for, when a request is turned away, then the log takes it as any other."""
    with caplog.at_level(logging.INFO):
        await log_of(Busy(), 503)
    [record] = caplog.records
    assert (record.levelno, record.exc_info) == (logging.INFO, None)


async def test_a_client_that_hangs_up_is_no_failure(caplog: pytest.LogCaptureFixture) -> None:
    """Given a client that goes away in the middle of its body, when that is noticed, then no failure is logged."""

    async def receive() -> dict[str, str]:
        return {"type": "http.disconnect"}

    quiet = RequestFactory(Litestar([], openapi_config=None, logging_config=None))
    cut: Any = Request(quiet.get("/v1/nothing").scope, receive=receive)  # type: ignore[arg-type]
    with pytest.raises(InternalServerException) as raised:
        await cut.body()
    with caplog.at_level(logging.INFO):
        await log_of(raised.value, 500)
    [record] = caplog.records
    assert (record.levelno, record.getMessage()) == (logging.INFO, "GET /v1/{id} 499 InternalServerException")
