"""The server when it is asked for more than it can do, and by clients that take their time."""

import signal
import socket
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from typing import Any
from urllib.parse import urlsplit

import httpx
import psycopg
import pytest

from duebook.db.embedded import Urls
from tests.conftest import served
from tests.http.hurried import BOUNDS, LARGE
from tests.http.layer_world import Layer, invoice, new_layer
from tests.http.world import Platform, findings

APPLICATION = "tests.http.hurried:app"


@pytest.fixture(scope="module")
def application() -> str:
    """A server with little room."""
    return APPLICATION


@contextmanager
def held(urls: Urls, business_id: str) -> Iterator["psycopg.Connection[Any]"]:
    """Holds the head of a business's books, so that no write of it comes on until this rolls back."""
    with psycopg.connect(urls.superuser) as connection:
        connection.execute("SELECT FROM book WHERE business_id = %s FOR UPDATE", [business_id])
        yield connection


def wait_for_lock(urls: Urls) -> int:
    """The process of the database that works for a request which waits for a lock."""
    asked = "SELECT pid FROM pg_stat_activity WHERE application_name = 'duebook write' AND wait_event_type = 'Lock'"
    with psycopg.connect(urls.superuser, autocommit=True) as connection:
        while not (found := connection.execute(asked + " AND datname = current_database()").fetchone()):
            time.sleep(0.01)
        return int(found[0])


def add(books: Layer, external_id: str) -> httpx.Response:
    """The answer to a new invoice."""
    return books.ask("POST", "invoices", json=invoice(external_id))


def test_a_flood_on_one_business_leaves_the_rest_alone(
    client: httpx.Client, platform: Platform, database_urls: Urls
) -> None:
    """Given a business whose writes hang, when it is flooded, then the flood is told to come again, and meanwhile
    another business is read and written and the health is told; afterwards all goes on."""
    busy, other = new_layer(client, platform), new_layer(client, platform)
    with ThreadPoolExecutor(40) as threads, held(database_urls, busy.business_id):
        flood = [threads.submit(add, busy, f"A-{number}") for number in range(40)]
        wait_for_lock(database_urls)
        assert client.get("/healthz").status_code == 200
        assert client.get("/readyz").status_code == 200
        assert add(other, "B-1").status_code == 201
        assert other.get("invoices")["data"][0]["external_id"] == "B-1"
        assert not all(one.done() for one in flood)
        answers = [one.result() for one in flood]
    assert Counter(one.status_code for one in answers) == {503: 40}
    assert {(one.headers["retry-after"], one.json()["type"]) for one in answers} == {("1", "Unknown")}
    assert add(busy, "A-1").status_code == 201
    assert busy.get("invoices")["data"][0]["external_id"] == "A-1"


def test_a_write_that_lost_the_database_is_worked_on_again(
    client: httpx.Client, platform: Platform, database_urls: Urls, database_url: str
) -> None:
    """Given a write that waits for the lock, when the database ends its connection, then it is recorded, once."""
    books = new_layer(client, platform)
    with ThreadPoolExecutor(1) as threads, held(database_urls, books.business_id) as connection:
        answer = threads.submit(add, books, "A-1")
        lost = wait_for_lock(database_urls)
        connection.execute("SELECT pg_terminate_backend(%s)", [lost])
        while wait_for_lock(database_urls) == lost:
            pass
        connection.rollback()
        assert answer.result().status_code == 201
    assert findings(database_url, books.business_id) == []
    assert len(books.get("invoices")["data"]) == 1


def opened(server: str) -> socket.socket:
    """A connection to the server."""
    where = urlsplit(server)
    return socket.create_connection((where.hostname, where.port), timeout=10)


def everything(connection: socket.socket) -> bytes:
    """What comes until the server closes the connection."""
    return b"".join(iter(lambda: connection.recv(65536), b""))


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/v1/businesses/x/invoices", b'"type":"BadRequest"'),
        ("/v1/platform/businesses/x/invoices/", b'"error_code":"request_timeout"'),
        ("/api/v1/businesses/x/commands", b'"code":"body_too_slow"'),
    ],
)
def test_a_body_that_trickles_in_is_ended(server: str, client: httpx.Client, path: str, said: bytes) -> None:
    """Given clients that send bodies bit by bit, more than there are places, when others ask, then they are answered
    before the bodies are given up with 408."""
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n".encode()
    with ExitStack() as stack:
        many = BOUNDS.room.at_work + BOUNDS.room.waiting
        slow = [stack.enter_context(opened(server)) for _ in range(many)]
        for one in slow:
            one.sendall(head + b"{")
        assert client.get("/v1/platform/businesses/").status_code == 401
        for one in slow:
            answer = everything(one)
            assert answer.startswith(b"HTTP/1.1 408 ")
            assert said in answer


@pytest.mark.parametrize("sent", [b"NONSENSE", b"GET / HTTP/1.1\r\nHost x", b"\x16\x03\x01\x00\xa5"])
def test_what_is_not_http_is_answered_400(server: str, sent: bytes) -> None:
    """Given what is no request, when it is sent, then 400 and the connection ends."""
    with opened(server) as connection:
        connection.sendall(sent + b"\r\n\r\n")
        assert everything(connection).startswith(b"HTTP/1.1 400 ")


def test_a_client_that_reads_nothing_is_cut(database_url: str, settings_of_server: dict[str, str]) -> None:
    """Given a client that asks for a large answer and does not read it, when time is up, then the server hangs up."""
    with (
        served(database_url, settings_of_server, "tests.http.hurried:large") as (address, process),
        opened(address) as connection,
    ):
        connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert process.stdout is not None
        assert process.stdout.readline() == b"cut\n"
        assert len(everything(connection)) < LARGE


def wait_until_closed(address: str) -> None:
    """Returns once nobody listens there any more."""
    with suppress(ConnectionError):  # refused, or reset if nobody took it in any more
        while True:
            opened(address).close()


def test_a_server_that_is_told_to_stop_finishes_what_it_accepted(
    platform: Platform, database_urls: Urls, settings_of_server: dict[str, str]
) -> None:
    """Given a write under way, when the server is told to stop, then it is answered, nobody else is, and all ends."""
    with (
        served(database_urls.serve, settings_of_server, APPLICATION) as (address, process),
        httpx.Client(base_url=address, timeout=30) as client,
        ThreadPoolExecutor(1) as threads,
    ):
        books = new_layer(client, platform)
        with held(database_urls, books.business_id):
            answer = threads.submit(add, books, "A-1")
            wait_for_lock(database_urls)
            process.send_signal(signal.SIGTERM)
            wait_until_closed(address)
        assert answer.result().status_code == 201
        assert process.wait(10) == 0
