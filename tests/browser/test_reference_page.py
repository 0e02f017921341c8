"""The page on which the OpenAPI documents are read."""

from collections import Counter

import httpx
import pytest
from playwright.sync_api import ConsoleMessage, Page, Request

from duebook.http.openapi import operations

DIALECTS = ("api", "layer", "thredfi")


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_operation_can_be_read(server: str, page: Page, dialect: str) -> None:
    """Given a served document, when the page is opened, then each operation unfolds to its answers."""
    page.goto(f"{server}/openapi")
    document = httpx.get(f"{server}/openapi/{dialect}.json").json()
    for one in operations(document):
        shown = page.locator(f'[id="{dialect}-{one.described["operationId"]}"]')
        shown.locator("summary").click()
        head, *lines = shown.inner_text().splitlines()
        assert one.path in head
        assert one.method.upper() in head
        assert one.described["responses"].keys() <= {line.partition("\t")[0] for line in lines}


@pytest.mark.parametrize("dialect", DIALECTS)
def test_operations_stand_below_what_they_are_about(server: str, page: Page, dialect: str) -> None:
    """Given a served document, when the contents are followed to a tag, then the operations of that tag stand there."""
    page.goto(f"{server}/openapi")
    document = httpx.get(f"{server}/openapi/{dialect}.json").json()
    tagged = Counter(next(iter(one.described.get("tags", ["More"]))) for one in operations(document))
    for tag, count in tagged.items():
        link = page.locator(f'nav a[href^="#{dialect}-tag-"]').get_by_text(tag, exact=True)
        heading = page.locator(f'[id="{(link.get_attribute("href") or "")[1:]}"]')
        assert heading.inner_text() == tag
        below = heading.evaluate(
            "at => { let n = 0; while ((at = at.nextElementSibling) && at.tagName == 'DETAILS') n++; return n }"
        )
        assert below == count, tag


@pytest.mark.parametrize("width", [360, 800, 1440])
def test_nothing_sticks_out_of_the_window(server: str, page: Page, width: int) -> None:
    """Given a window of a phone, a tablet or a desk, when all is unfolded, then nothing has to be scrolled sideways."""
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"{server}/openapi")
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_every_link_leads_somewhere(server: str, page: Page) -> None:
    """Given the page, when its links are followed, then each names a shape on it or a document that is there."""
    page.goto(f"{server}/openapi")
    targets = set(page.eval_on_selector_all("a", "all => all.map(one => one.getAttribute('href'))"))
    ids = Counter(page.eval_on_selector_all("[id]", "all => all.map(one => one.id)"))
    inside = {target for target in targets if target.startswith("#")}
    assert [target for target in inside if ids[target[1:]] != 1] == []
    assert inside
    for target in targets - inside:
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
