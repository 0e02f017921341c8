"""Thredfi's published widget shows our books and writes into them."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.widget import SITE, Widget, mounted
from tests.http.thredfi_world import Thredfi, new_thredfi
from tests.http.world import new_platform

TODAY = datetime.now(UTC).date()


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
    page = browser.new_page(
        timezone_id="UTC", viewport={"width": 1500, "height": 1200}, permissions=["local-network-access"]
    )
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


def test_invoices_are_listed_and_counted(books: Thredfi, widget: Widget) -> None:
    """Given invoices that stand each way, when the list is opened, then each shows its balance and its status."""
    books.post("invoices/", invoice("A-1", "Alpha", 150_000, 0))
    books.post("invoices/", invoice("B-1", "Beta", 90_000, 10))
    part, whole = (books.post("invoices/", invoice(one, "Gamma", 80_000, -5)) for one in ("C-1", "C-2"))
    pay(books, part, 30_000)
    pay(books, whole, 80_000)
    widget.open("/accounts-receivable/invoices")
    assert f"{shown(TODAY)} €1,500.00 €1,500.00 Sent" in widget.row("A-1")
    assert "€900.00" in widget.row("B-1")
    assert "Overdue 10 Days" in widget.row("B-1")
    assert "€800.00" in widget.row("C-1")
    assert "€500.00 Partially Paid" in widget.row("C-1")
    assert "€0.00 Paid" in widget.row("C-2")
    for tab, numbers in (("Unpaid (3)", "A-1 B-1 C-1"), ("Paid (1)", "C-2"), ("All (4)", "A-1 B-1 C-1 C-2")):
        widget.page.get_by_role("button", name=tab).click()
        expect(widget.page.locator("tbody").get_by_role("row")).to_have_count(len(numbers.split()))
        assert all(widget.row(one) for one in numbers.split())
    widget.shoot("invoices")
    widget.page.get_by_placeholder("Search invoices...").fill("gamma")
    expect(widget.page.locator("tbody").get_by_role("row")).to_have_count(2)
    assert widget.broken == []


def test_bills_are_listed_and_counted(books: Thredfi, widget: Widget) -> None:
    """Given bills that stand each way, when the list is opened, then each shows its balance and its status."""
    books.post("bills/", bill("P-1", "Paper", 55_000, 30))
    books.post("bills/", bill("P-2", "Paper", 45_000, -3))
    paid = books.post("bills/", bill("H-1", "Hosting", 20_000, -5))
    pay_bill(books, paid, 20_000)
    widget.open("/accounts-payable/bills")
    assert "Overdue 30 Days" in widget.row("P-1")
    assert "€450.00 €450.00 Received" in widget.row("P-2")
    assert "€200.00 €0.00 Paid" in widget.row("H-1")
    for tab, numbers in (("Unpaid (2)", "P-1 P-2"), ("Paid (1)", "H-1"), ("All (3)", "P-1 P-2 H-1")):
        widget.page.get_by_role("button", name=tab).click()
        expect(widget.page.locator("tbody").get_by_role("row")).to_have_count(len(numbers.split()))
        assert all(widget.row(one) for one in numbers.split())
    widget.shoot("bills")
    assert widget.broken == []


def test_a_credit_note_is_applied_and_taken_back(books: Thredfi, widget: Widget) -> None:
    """Given a credit note and two customers' invoices, when it is applied in full and unlinked, then aging follows."""
    books.post("invoices/", invoice("A-1", "Alpha", 150_000, 0))
    books.post("invoices/", invoice("B-1", "Beta", 90_000, 0))
    made = books.post("customer-credits/", credit("CN-1", "customer", "Alpha", "sent_at", 5_000))
    widget.open("/accounts-receivable/credit-notes")
    assert f"{shown(TODAY)} CN-1 €50.00 €50.00 Sent" in widget.row("CN-1")
    expect(widget.page.get_by_role("button", name="Sent (1)")).to_be_visible()
    widget.page.get_by_text("CN-1", exact=True).click()
    widget.page.get_by_role("button", name="Apply credit").click()
    dialog = widget.page.get_by_role("dialog")
    expect(dialog.get_by_text("A-1")).to_be_visible()
    assert dialog.get_by_text("B-1").count() == 0
    dialog.locator("input[type=checkbox]").first.check()
    dialog.locator("input[inputmode=decimal]").first.fill("50")
    widget.shoot("apply-credit")
    dialog.get_by_role("button", name="Apply", exact=True).click()
    expect(widget.page.get_by_text("applied", exact=True)).to_be_visible()
    widget.shoot("credit-note")
    assert books.aging("ar")["total_outstanding_cents"] == 235_000
    assert books.get(f"customer-credits/{made['id']}/")["applied_amount"] == 5_000
    widget.page.get_by_role("button", name="Unlink").click()
    widget.page.get_by_role("dialog").get_by_role("button", name="Unlink").last.click()
    expect(widget.page.get_by_text("sent", exact=True)).to_be_visible()
    assert books.aging("ar")["total_outstanding_cents"] == 240_000
    assert widget.broken == []


def test_a_vendor_credit_is_applied_and_taken_back(books: Thredfi, widget: Widget) -> None:
    """Given a vendor's credit and bill, when a part is applied and unlinked, then aging follows."""
    books.post("bills/", bill("P-1", "Paper", 55_000, 0))
    books.post("vendor-credits/", credit("VC-1", "vendor", "Paper", "received_at", 5_000))
    widget.open("/accounts-payable/credits")
    assert "VC-1 €50.00 €50.00 Received" in widget.row("VC-1")
    expect(widget.page.get_by_role("button", name="Unapplied (1)")).to_be_visible()
    widget.page.get_by_text("VC-1", exact=True).click()
    widget.page.get_by_role("button", name="Apply credit").click()
    dialog = widget.page.get_by_role("dialog")
    dialog.locator("input[type=checkbox]").first.check()
    dialog.locator("input[inputmode=decimal]").first.fill("20")
    dialog.locator("button").last.click()
    expect(widget.page.get_by_text("€20.00").first).to_be_visible()
    widget.shoot("vendor-credit")
    assert books.aging("ap")["total_outstanding_cents"] == 53_000
    widget.page.get_by_role("button", name="Unlink").first.click()
    widget.page.get_by_role("alertdialog").or_(widget.page.get_by_role("dialog")).locator("button").last.click()
    expect(widget.page.get_by_text("€20.00")).to_have_count(0)
    assert books.aging("ap")["total_outstanding_cents"] == 55_000
    assert widget.broken == []


def test_an_invoice_is_shown_credited_refunded_and_written_off(books: Thredfi, widget: Widget) -> None:
    """Given an invoice that is part paid, when its page records a credit, a refund, a write-off, then aging follows."""
    made = books.post("invoices/", invoice("A-1", "Alpha", 150_000, 5))
    pay(books, made, 30_000)
    widget.open(f"/accounts-receivable/invoices/{made['id']}")
    for text in ("A-1", "partially paid", "Alpha", "€1,500.00", "€1,200.00"):
        expect(widget.page.get_by_text(text, exact=True).first).to_be_visible()
    widget.shoot("invoice")

    widget.page.get_by_role("button", name="Add credit note").click()
    window = widget.page.locator("div.fixed", has_text="Create Credit").first
    fields = window.locator("input:not([type=file]):not([type=date])")
    fields.nth(0).fill("CN-7")
    fields.nth(1).fill("Returned goods")
    fields.nth(2).fill("100")
    with widget.page.expect_response(lambda said: said.request.method == "POST") as credited:
        widget.page.get_by_role("button", name="Create Credit").click()
    assert credited.value.status == 201
    (note,) = books.get("customer-credits/")["results"]
    assert note["status"] == "applied"
    assert books.aging("ar")["total_outstanding_cents"] == 120_000 - note["total_amount"]

    widget.open(f"/accounts-receivable/invoices/{made['id']}")
    widget.page.get_by_role("button", name="Write off").click()
    dialog = widget.page.get_by_role("dialog")
    dialog.locator("input").nth(0).fill("10")
    dialog.get_by_text("Select account...").click()
    widget.page.get_by_text("Bad debt").last.click()
    dialog.get_by_placeholder("Bad debt").fill("bankrupt")
    widget.shoot("write-off")
    with widget.page.expect_response(lambda said: said.request.method == "POST") as written_off:
        dialog.get_by_role("button", name="Record Write-Off").click()
    assert written_off.value.status == 201
    assert books.aging("ar")["total_outstanding_cents"] == 120_000 - note["total_amount"] - 1_000

    widget.open(f"/accounts-receivable/invoices/{made['id']}")
    widget.page.get_by_role("button", name="Add a refund").click()
    window = widget.page.locator("div.fixed")
    window.locator("input[placeholder]").first.fill("200")
    widget.shoot("refund")
    with widget.page.expect_response(lambda said: said.request.method == "POST") as refunded:
        window.locator("button").last.click()
    assert refunded.value.status == 201
    assert books.aging("ar")["total_outstanding_cents"] == 120_000 - note["total_amount"] - 1_000
    widget.open(f"/accounts-receivable/invoices/{made['id']}")
    for text in ("€300.00", "€10.00", "€200.00"):
        expect(widget.page.get_by_text(text).first).to_be_visible()
    widget.shoot("invoice-afterwards")
    assert widget.broken == []


def test_a_bill_is_shown_credited_and_refunded(books: Thredfi, widget: Widget) -> None:
    """Given a bill that is part paid, when its page records a credit and a refund, then aging follows."""
    made = books.post("bills/", bill("P-1", "Paper", 55_000, 5))
    pay_bill(books, made, 20_000)
    widget.open(f"/accounts-payable/bills/{made['id']}")
    for text in ("P-1", "Paper", "€550.00", "€350.00"):
        expect(widget.page.get_by_text(text, exact=True).first).to_be_visible()
    widget.shoot("bill")
    widget.page.get_by_role("button", name="Add vendor credit").click()
    window = widget.page.locator("div.fixed", has_text="Create Credit").first
    fields = window.locator("input:not([type=file]):not([type=date])")
    fields.nth(0).fill("VC-7")
    fields.nth(1).fill("Returned goods")
    fields.nth(2).fill("100")
    with widget.page.expect_response(lambda said: said.request.method == "POST") as credited:
        widget.page.get_by_role("button", name="Create Credit").click()
    assert credited.value.status == 201
    (note,) = books.get("vendor-credits/")["results"]
    assert books.aging("ap")["total_outstanding_cents"] == 35_000 - note["total_amount"]
    widget.open(f"/accounts-payable/bills/{made['id']}")
    widget.page.get_by_role("button", name="Add vendor refund").click()
    window = widget.page.locator("div.fixed")
    window.locator("input[placeholder]").first.fill("50")
    with widget.page.expect_response(lambda said: said.request.method == "POST") as refunded:
        window.locator("button").last.click()
    assert refunded.value.status == 201
    assert books.aging("ap")["total_outstanding_cents"] == 35_000 - note["total_amount"]
    widget.open(f"/accounts-payable/bills/{made['id']}")
    expect(widget.page.get_by_text("€50.00").first).to_be_visible()
    widget.shoot("bill-afterwards")
    assert widget.broken == []


@pytest.mark.parametrize("side", ["invoices", "bills"])
def test_money_that_waits_is_matched_and_taken_back(books: Thredfi, widget: Widget, side: str) -> None:
    """Given unapplied money of the same party, when it is matched in the list and unlinked, then aging follows."""
    ours, word = ("ar", "receivable") if side == "invoices" else ("ap", "payable")
    made = books.post(f"{side}/", (invoice if ours == "ar" else bill)("A-1", "Alpha", 150_000, 5))
    (pay if ours == "ar" else pay_bill)(books, made, 30_000, applied=False)
    assert books.aging(ours)["total_outstanding_cents"] == 150_000
    widget.open(f"/accounts-{word}/{side}")
    widget.page.get_by_role("button", name=re.compile("Record payment", re.IGNORECASE)).first.click()
    dialog = widget.page.get_by_role("dialog")
    dialog.locator("input[type=checkbox]").first.check()
    dialog.locator("#max-allocate-0").click()
    widget.shoot(f"match-{side}")
    with widget.page.expect_response(lambda said: said.request.method == "POST"):
        dialog.get_by_role("button", name=re.compile("Confirm")).click()
    assert books.aging(ours)["total_outstanding_cents"] == 120_000
    widget.open(f"/accounts-{word}/{side}/{made['id']}")
    widget.page.get_by_role("button", name=re.compile("Unlink")).first.click()
    with widget.page.expect_response(lambda said: said.request.method == "POST"):
        widget.page.get_by_role("alertdialog").or_(widget.page.get_by_role("dialog")).locator("button").last.click()
    assert books.aging(ours)["total_outstanding_cents"] == 150_000
    assert widget.broken == []


def test_what_is_not_ours_is_honestly_not_there(books: Thredfi, widget: Widget) -> None:
    """Given pages of bank, tasks and reports, when opened, then 404 in the dialect, and no menu leads there."""
    widget.open("/insights")
    links = widget.page.get_by_role("navigation").get_by_role("link")
    expect(links).to_have_text(["Insights", "Accounts Payable", "Accounts Receivable"])
    for page in ("/tasks", "/bank-transactions", "/reports"):
        widget.open(page)
    elsewhere = ("insights/financial-summary/", "insights/expense-breakdown/", "tasks/", "bank-transactions/")
    assert [widget.statuses("GET", path) for path in elsewhere] == [{404}] * len(elsewhere)
    answer = books.ask("GET", "bank-transactions/")
    assert (answer.status_code, answer.json()["error_code"]) == (404, "not_found")


def shown(day: date) -> str:
    """A day as the widget shows it."""
    return f"{day:%b} {day.day}, {day.year}"


def credit(number: str, party: str, name: str, dated: str, cents: int) -> dict[str, Any]:
    """A credit of today with one line."""
    lines = [{"amount": cents, "memo": "Returned goods"}]
    return {"external_id": number, f"{party}_external_id": name, dated: TODAY.isoformat(), "line_items": lines}


def pay(books: Thredfi, charge: dict[str, Any], cents: int, *, applied: bool = True) -> None:
    """A payment of today of an invoice's customer, for the invoice unless it is to wait."""
    body = {
        "customer_id": charge["customer"]["id"],
        "total_amount_cents": cents,
        "currency": "EUR",
        "payment_method": "bank_transfer",
        "payment_date": TODAY.isoformat(),
        "allocations": [{"invoice_id": charge["id"], "amount_cents": cents}] if applied else [],
    }
    books.post("invoices/payments/", body)


def pay_bill(books: Thredfi, charge: dict[str, Any], cents: int, *, applied: bool = True) -> None:
    """A payment of today to a bill's vendor, for the bill unless it is to wait."""
    body = {
        "vendor_id": charge["vendor"]["id"],
        "amount_cents": cents,
        "currency": "EUR",
        "payment_method": "bank_transfer",
        "payment_date": TODAY.isoformat(),
        "allocations": [{"bill_id": charge["id"], "amount_cents": cents}] if applied else [],
    }
    books.post("bills/payments/", body)
