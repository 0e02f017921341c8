"""Thredfi's published browser widget, unmodified, on a page of another site, with a server of ours behind it."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from playwright.sync_api import Page, Route, expect

from tests.http.thredfi_world import Thredfi

SITE: Final = "http://localhost:5173"
"""Where the page stands, as on a developer's machine; nothing is there but what is answered here."""
ASKED: Final = "http://localhost:8000"
"""Where the widget looks for its server in the environment `local`."""
ROOT: Final = Path(__file__).parents[2]
PROGRAM: Final = ROOT / ".widget" / "package" / "dist" / "index.umd.js"
SCREENSHOTS: Final = ROOT / ".screenshots"

_PAGE: Final = """<!doctype html><meta charset="utf-8"><title>A platform</title><div id="widget"></div>
<script src="/widget.js"></script>
<script>ThredfiAccounting.mountThredfi({thredfiSelector: "#widget", businessId: "BUSINESS", environment: "local",
  lang: "en", basePath: "", getToken: async () => ({access_token: "TOKEN", expires_in: 3600})});</script>"""


@dataclass
class Widget:
    """The widget on a page. `answers` holds method, path, status of what it was answered; `broken` what went wrong."""

    page: Page
    books: Thredfi
    answers: list[tuple[str, str, int]] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)

    def open(self, path: str) -> None:
        """Load the page, with the widget at one of its own addresses."""
        self.page.goto(f"{SITE}{path}", wait_until="networkidle")

    def shoot(self, name: str) -> None:
        """Keep what is seen, to be looked at."""
        SCREENSHOTS.mkdir(exist_ok=True)
        self.page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=True)

    def row(self, text: str) -> str:
        """What the row of a table says that has this text."""
        row = self.page.get_by_role("row").filter(has_text=text)
        expect(row).to_have_count(1)
        return " ".join(row.inner_text().split())

    def statuses(self, method: str, path: str) -> set[int]:
        """How an address under the business was answered, without its query."""
        wanted = f"/v1/platform/businesses/{self.books.business_id}/{path}"
        return {status for one, at, status in self.answers if (one, at) == (method, wanted)}


def mounted(page: Page, server: str, books: Thredfi) -> Widget:
    """The widget for a business, ready to be opened; it holds a business token and nothing else."""
    widget = Widget(page, books)
    token = books.headers["Authorization"].removeprefix("Bearer ")
    html = _PAGE.replace("BUSINESS", books.business_id).replace("TOKEN", token)

    def answer(route: Route) -> None:
        url = route.request.url
        if url.startswith(f"{ASKED}/"):
            route.continue_(url=url.replace(ASKED, server, 1))
        elif url == f"{SITE}/widget.js":
            route.fulfill(path=PROGRAM, content_type="text/javascript")
        elif url.startswith(f"{SITE}/"):
            route.fulfill(body=html, content_type="text/html")
        elif urlsplit(url).scheme in ("data", "blob"):
            route.continue_()
        else:
            route.abort()  # fonts and error reports of the widget's maker

    page.route("**/*", answer)
    page.on(
        "response",
        lambda said: widget.answers.append((said.request.method, urlsplit(said.url).path, said.status)),
    )
    page.on("pageerror", lambda error: widget.broken.append(str(error)))
    return widget
