"""Thredfi's published widget shows our books and writes into them."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page

from tests.browser.widget import SITE, Widget, mounted
from tests.http.thredfi_world import Thredfi, new_thredfi
from tests.http.world import new_platform

TODAY = date.today()  # noqa: DTZ011 - the business is in UTC, and so is the browser


def days_ago(days: int) -> str:
    """A day before today, or after it if below zero."""
    return (TODAY - timedelta(days=days)).isoformat()


@pytest.fixture(scope="module")
def settings_of_server() -> dict[str, str]:
    """The site of the page may read answers."""
    return {"DUEBOOK_ALLOWED_ORIGINS": SITE}


@pytest.fixture(scope="module")
def client(server: str) -> Iterator[httpx.Client]:
    """A client of the running server, which is the platform's own."""
    with httpx.Client(base_url=server, timeout=30) as client:
        yield client


@pytest.fixture
def books(client: httpx.Client, database_url: str) -> Thredfi:
    """A business in euros with empty books, and its token of the wire profile `live`."""
    return new_thredfi(client, new_platform(database_url), wire_profile="live", base_currency="EUR")


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A fresh wide page, in the zone of the business."""
    page = browser.new_page(timezone_id="UTC", viewport={"width": 1500, "height": 1200}, permissions=["local-network-access"])
    yield page
    page.close()


@pytest.fixture
def widget(page: Page, server: str, books: Thredfi) -> Widget:
    """The widget for that business."""
    return mounted(page, server, books)


def charge(number: str, cents: int, due: int, **fields: Any) -> dict[str, Any]:
    """An invoice or a bill of one line, due so many days ago."""
    return {
        "external_id": number,
        "due_at": days_ago(due),
        "line_items": [{"quantity": 1, "unit_price": cents}],
    } | fields


def invoice(number: str, customer: str, cents: int, due: int) -> dict[str, Any]:
    """An invoice that was sent thirty days before it fell due, yesterday at the latest."""
    sent_at = days_ago(max(due + 30, 1))
    return charge(number, cents, due, customer_external_id=customer, invoice_number=number, sent_at=sent_at)


def bill(number: str, vendor: str, cents: int, due: int) -> dict[str, Any]:
    """A bill that came thirty days before it fell due, yesterday at the latest."""
    received_at = days_ago(max(due + 30, 1))
    return charge(number, cents, due, vendor_external_id=vendor, bill_number=number, received_at=received_at)


def test_insights_lists_what_is_due_and_overdue(books: Thredfi, widget: Widget) -> None:
    """Given documents of several ages, when Insights is opened, then each party has its amount and its status."""
    books.post("invoices/", invoice("A-1", "Alpha", 150_000, 0))
    books.post("invoices/", invoice("B-1", "Beta", 90_000, 1))
    books.post("invoices/", invoice("C-1", "Gamma", 80_000, 31))
    books.post("invoices/", invoice("D-1", "Delta", 70_000, 90))
    books.post("invoices/", invoice("E-1", "Epsilon", 60_000, 91))
    books.post("bills/", bill("P-1", "Paper", 55_000, 30))
    books.post("bills/", bill("H-1", "Hosting", 20_000, -5))
    widget.open("/insights")
    assert [widget.row(name) for name in ("Alpha", "Beta", "Gamma", "Delta", "Epsilon")] == [
        "Alpha €1,500.00 Due",
        "Beta €900.00 Overdue 1-30 Days",
        "Gamma €800.00 Overdue 30+ Days",
        "Delta €700.00 Overdue 60+ Days",
        "Epsilon €600.00 Overdue 90+ Days",
    ]
    widget.shoot("insights-receivables")
    widget.page.get_by_text("Payables", exact=True).click()
    assert widget.row("Paper") == "Paper €550.00 Overdue 1-30 Days"
    assert widget.row("Hosting") == "Hosting €200.00 Due"
    widget.shoot("insights-payables")
    assert widget.broken == []
