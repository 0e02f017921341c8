"""The page on which the OpenAPI documents are read."""

import httpx
import pytest
from playwright.sync_api import ConsoleMessage, Page, Request

DIALECTS = ("api", "layer", "thredfi")


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_operation_can_be_read(server: str, page: Page, dialect: str) -> None:
    """Given a served document, when the page is opened, then each operation unfolds to its answers."""
    page.goto(f"{server}/openapi")
    document = httpx.get(f"{server}/openapi/{dialect}.json").json()
    for path, item in document["paths"].items():
        for method, operation in item.items():
            shown = page.locator(f'[id="{dialect}-{operation["operationId"]}"]')
            shown.locator("summary").click()
            assert path in shown.inner_text()
            assert method.upper() in shown.inner_text()
            for status in operation["responses"]:
                assert shown.get_by_role("cell", name=status, exact=True).is_visible()


def test_every_link_leads_somewhere(server: str, page: Page) -> None:
    """Given the page, when its links are followed, then each names a shape on it or a document that is there."""
    page.goto(f"{server}/openapi")
    targets = {link.get_attribute("href") or "" for link in page.locator("a").all()}
    assert any(target.startswith("#") for target in targets)
    for target in targets:
        if target.startswith("#"):
            assert page.locator(f'[id="{target[1:]}"]').count() == 1, target
        else:
            assert httpx.get(f"{server}{target}").status_code == 200, target


def test_nothing_comes_from_elsewhere(server: str, page: Page) -> None:
    """Given the page, when it loads, then it asks no other host for anything and has no complaint."""
    asked: list[str] = []
    complaints: list[str] = []

    def complain(message: ConsoleMessage) -> None:
        if message.type == "error" and "favicon" not in message.location.get("url", ""):
            complaints.append(message.text)

    def ask(request: Request) -> None:
        asked.append(request.url)

    page.on("console", complain)
    page.on("request", ask)
    page.goto(f"{server}/openapi", wait_until="networkidle")
    assert [url for url in asked if not url.startswith(server)] == []
    assert complaints == []
