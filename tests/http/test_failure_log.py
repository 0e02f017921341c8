"""What the server's log says of a request that failed."""

import logging

import psycopg
import pytest
from litestar import Request
from litestar.exceptions import InternalServerException
from litestar.testing import RequestFactory
from psycopg_pool import PoolTimeout

from duebook.http.shell import AnyRequest, log_failure
from duebook.tenancy.errors import Busy


@pytest.fixture
def request_() -> AnyRequest:
    """A request that failed."""
    request: AnyRequest = RequestFactory().get("/v1/nothing")
    request.scope["state"]["request_id"] = "abc"
    return request


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (PoolTimeout("couldn't get a connection"), "couldn't get a connection"),
        (psycopg.OperationalError("connection is bad:\n\tis it running?"), "connection is bad: is it running?"),
        (Busy(), str(Busy())),
    ],
)
def test_what_lies_elsewhere_is_one_line(
    request_: AnyRequest, error: Exception, said: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Given a database that does not answer, when a request fails for it, then one line says so, without a trace."""
    log_failure(request_, error)
    [record] = caplog.records
    assert (record.levelno, record.exc_info) == (logging.ERROR, None)
    assert record.getMessage() == f"GET /v1/nothing failed (request abc): {said}"


def test_what_nobody_expected_has_a_trace(request_: AnyRequest, caplog: pytest.LogCaptureFixture) -> None:
    """Given any other error, when a request fails with it, then the log has its trace."""
    error = KeyError("x")
    log_failure(request_, error)
    [record] = caplog.records
    assert record.exc_info is not None
    assert record.exc_info[1] is error


async def test_a_client_that_hangs_up_is_no_failure(request_: AnyRequest, caplog: pytest.LogCaptureFixture) -> None:
    """Given a client that goes away in the middle of its body, when that is noticed, then nothing is logged."""

    async def receive() -> dict[str, str]:
        return {"type": "http.disconnect"}

    cut: AnyRequest = Request(request_.scope, receive=receive)  # type: ignore[arg-type]  # one message is enough
    with pytest.raises(InternalServerException) as raised:
        await cut.body()
    log_failure(request_, raised.value)
    assert caplog.records == []
