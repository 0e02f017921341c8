"""The server as it is run, on a free port of 127.0.0.1, over a database of the module's own."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator

import httpx
import pytest

from tests.http.world import Platform, new_business, new_platform

_START_SECONDS = 30.0


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@pytest.fixture(scope="module")
def server(database_url: str) -> Iterator[str]:
    """The address of a running server."""
    port = _free_port()
    code = f"from duebook.http.server import serve; serve({database_url!r}, '127.0.0.1', {port}, 1)"
    address = f"http://127.0.0.1:{port}"
    with subprocess.Popen([sys.executable, "-c", code]) as process:
        try:
            _wait(address, process)
            yield address
        finally:
            process.terminate()


def _wait(address: str, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + _START_SECONDS
    while time.monotonic() < until and process.poll() is None:
        try:
            httpx.get(f"{address}/healthz").raise_for_status()
        except httpx.TransportError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("the server did not start")


@pytest.fixture(scope="module")
def client(server: str) -> Iterator[httpx.Client]:
    """A client of the running server."""
    with httpx.Client(base_url=server, timeout=30) as client:
        yield client


@pytest.fixture(scope="module")
def platform(database_url: str) -> Platform:
    """The partner that a module's tests ask as."""
    return new_platform(database_url)


@pytest.fixture(scope="module")
def other_platform(database_url: str) -> Platform:
    """Another partner, whose businesses are none of the first one's."""
    return new_platform(database_url)


@pytest.fixture(scope="module")
def business(client: httpx.Client, platform: Platform) -> str:
    """The id of a business of the platform, in dollars, without entries until a test writes some."""
    return new_business(client, platform)
