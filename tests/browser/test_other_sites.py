"""A page on another site that asks the server with a business token."""

import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page

from duebook.http.settings import ALLOWED_ORIGINS
from tests.http.world import business_token, new_business, new_platform

ASK = """async ([url, token]) => {
    const asked = { headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json" } };
    const answer = await fetch(url, asked);
    return { status: answer.status, etag: answer.headers.get("ETag"), id: answer.headers.get("X-Request-ID"),
             body: await answer.json() };
}"""


@pytest.fixture(scope="module")
def sites(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """Two sites with an empty page each: one that is allowed to ask, and one that is not."""
    folder: Path = tmp_path_factory.mktemp("site")
    (folder / "index.html").write_text("<!doctype html><title>A page</title>", encoding="utf-8")
    quiet = partial(_Quiet, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), quiet) as one, ThreadingHTTPServer(("127.0.0.1", 0), quiet) as other:
        for site in (one, other):
            threading.Thread(target=site.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{one.server_port}", f"http://127.0.0.1:{other.server_port}"
        one.shutdown()
        other.shutdown()


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Requests are not logged among the tests."""


@pytest.fixture(scope="module")
def settings_of_server(sites: tuple[str, str]) -> dict[str, str]:
    """The first site is allowed."""
    return {ALLOWED_ORIGINS: sites[0]}


@pytest.fixture(scope="module")
def asked(server: str, database_url: str) -> tuple[str, str]:
    """The address of a report, and a token for its business."""
    platform = new_platform(database_url)
    with httpx.Client(base_url=server) as client:
        business = new_business(client, platform)
        return f"{server}/v1/platform/businesses/{business}", business_token(client, platform, business)


def test_an_allowed_page_reads_a_report(page: Page, sites: tuple[str, str], asked: tuple[str, str]) -> None:
    """Given a page of an allowed origin, when its script asks with a business token, then it reads the whole answer."""
    url, token = asked
    page.goto(sites[0])
    answer = page.evaluate(ASK, [f"{url}/insights/ar-aging/", token])
    assert answer["status"] == 200
    assert answer["body"][0]["total_outstanding_cents"] == 0
    assert answer["etag"]
    assert answer["id"]


def test_an_allowed_page_reads_an_error(page: Page, sites: tuple[str, str], asked: tuple[str, str]) -> None:
    """Given a page of an allowed origin, when what it asks for is wrong, then it reads why."""
    url, token = asked
    page.goto(sites[0])
    answer = page.evaluate(ASK, [f"{url}/insights/ar-aging/?as_of_date=never", token])
    assert (answer["status"], answer["body"]["error_code"]) == (400, "validation_error")
    answer = page.evaluate(ASK, [f"{url}/insights/ar-aging/", "nonsense"])
    assert (answer["status"], answer["body"]["error_code"]) == (401, "invalid_token")


def test_another_page_reads_nothing(page: Page, sites: tuple[str, str], asked: tuple[str, str]) -> None:
    """Given a page of another origin, when its script asks with the same token, then the browser refuses."""
    url, token = asked
    page.goto(sites[1])
    refused = page.evaluate(f"asked => ({ASK})(asked).then(() => 'read', error => error.name)", [f"{url}/", token])
    assert refused == "TypeError"
