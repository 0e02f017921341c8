"""Our own paths: whether the server lives, and what it serves."""

import re
import socket

import httpx
import psycopg
import pytest

from duebook.db.embedded import Urls


def test_the_process_answers(client: httpx.Client) -> None:
    """Given a running server, when asked for its health, then ok."""
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def test_the_server_is_ready_when_the_schema_is_this_releases(client: httpx.Client, database_urls: Urls) -> None:
    """Given the schema of this release, when asked, then ready; with an older one, then 503 says what to do."""
    assert client.get("/readyz").json() == {"status": "ready"}
    with psycopg.connect(database_urls.owner, autocommit=True) as connection:
        connection.execute("CREATE TABLE kept AS TABLE schema_migration")
        connection.execute("DELETE FROM schema_migration")
        answer = client.get("/readyz")
        connection.execute("INSERT INTO schema_migration TABLE kept")
        connection.execute("DROP TABLE kept")
    assert (answer.status_code, answer.headers["content-type"]) == (503, "application/problem+json")
    assert answer.json()["detail"].endswith("run duebook migrate")
    assert client.get("/readyz").status_code == 200


def test_a_reader_starts_at_the_reference(client: httpx.Client) -> None:
    """Given the address of the server, when opened, then it leads to the page that lists what can be asked."""
    answer = client.get("/", follow_redirects=True)
    assert (answer.status_code, answer.url.path) == (200, "/openapi")


def test_the_reference_lists_every_operation_and_fetches_nothing(client: httpx.Client) -> None:
    """Given the page, when read, then each path of each document is on it, and nothing comes from elsewhere."""
    html = client.get("/openapi").text
    for name in re.findall(r'href="/openapi/(\w+)\.json"', html):
        document = client.get(f"/openapi/{name}.json").json()
        assert [path for path in document["paths"] if path not in html] == []
        assert [shape for shape in document["components"]["schemas"] if f'id="{name}-shape-{shape}"' not in html] == []
    assert re.findall(r"<script|<link|<img|@import|url\(|https?://", html) == []
    links = set(re.findall(r'href="#([^"]*)"', html))
    assert links <= set(re.findall(r'id="([^"]*)"', html))


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/nothing", 404), ("POST", "/healthz", 405), ("GET", "/?%ff", 400)]
)
def test_our_own_errors_are_problem_details(client: httpx.Client, method: str, path: str, status: int) -> None:
    """Given a path of ours that is asked for wrongly, when answered, then as problem+json with the request's id."""
    answer = client.request(method, path)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert answer.json()["status"] == status
    assert answer.json()["instance"] == answer.headers["x-request-id"]


@pytest.mark.parametrize("line", ["OPTIONS * HTTP/1.1", "GET * HTTP/1.1"])
def test_a_target_that_is_no_path_is_answered(server: str, line: str) -> None:
    """Given a request line whose target is no path of ours, when it is sent, then the answer is a client's error."""
    host, port = server.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(f"{line}\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
        answer = connection.makefile("rb").read().decode()
    assert answer.startswith(("HTTP/1.1 404", "HTTP/1.1 400", "HTTP/1.1 405")), answer
