"""Counts, accounts and the menu in Thredfi's dialect, as its browser widget reads them."""

from typing import Any
from uuid import UUID

import httpx
import pytest

from duebook.http.thredfi.accounts import reason_of
from duebook.ledger.facts import Reason
from duebook.tenancy.facts import BusinessId
from tests.http.thredfi_world import Thredfi, new_thredfi
from tests.http.world import Platform, new_business

INVOICE_TABS = {"all": "", "unpaid": "sent,draft,issued,partially_paid", "paid": "paid", "overdue": "overdue"}
BILL_TABS = {"all": "", "unpaid": "received,partially_paid,voided", "paid": "paid", "overdue": "overdue"}
NOTE_TABS = {
    "all": "",
    "draft": "draft",
    "sent": "sent",
    "applied": "applied",
    "partially_applied": "partially_applied",
    "void": "void",
}
VENDOR_CREDIT_TABS = {"all": "", "unapplied": "draft,sent,received,partially_applied,void", "applied": "applied"}
"""The status words behind each tab of the widget."""


@pytest.fixture
def books(client: httpx.Client, platform: Platform) -> Thredfi:
    """A business with two invoices and two bills that are late, and more that are not."""
    books = new_thredfi(client, platform, wire_profile="live")
    for path, charge_id, party, dated in (
        ("invoices/", "invoice_id", "customer", "sent_at"),
        ("bills/", "bill_id", "vendor", "received_at"),
    ):

        def body(external_id: str, cents: int, party: str = party, dated: str = dated, **more: Any) -> dict[str, Any]:
            line = {"quantity": 1, "unit_price": cents}
            whose = {f"{party}_external_id": "ann", dated: "2025-01-02"}
            return {"external_id": external_id, "line_items": [line], **whose, **more}

        late = books.post(path, body("late", 1_000, due_at="2025-02-01"))
        books.post(path, body("later", 2_000, due_at="2999-01-01"))
        books.post(path, body("nothing", 0))
        books.post(path, body("void", 3_000, voided_at="2025-01-03"))
        part = books.post(path, body("part", 4_000))
        credit = {f"{party}_external_id": "ann", dated: "2025-01-05", "line_items": [{"amount": 500}]}
        credits = f"{party}-credits/"
        books.post(credits, credit | {"external_id": "c-1", "allocations": [{charge_id: part["id"], "amount": 500}]})
        books.post(credits, credit | {"external_id": "c-2", "allocations": [{charge_id: late["id"], "amount": 200}]})
        books.post(credits, credit | {"external_id": "c-3"})
    return books


@pytest.mark.parametrize(
    ("side", "tabs"),
    [
        ("ar", {"invoices": ("invoices/", INVOICE_TABS), "credit_notes": ("customer-credits/", NOTE_TABS)}),
        ("ap", {"bills": ("bills/", BILL_TABS), "vendor_credits": ("vendor-credits/", VENDOR_CREDIT_TABS)}),
    ],
)
def test_counts_are_those_of_the_lists(books: Thredfi, side: str, tabs: dict[str, tuple[str, dict[str, str]]]) -> None:
    """Given documents that stand in all ways, when counted, then each count is that of the list behind its tab."""
    stats = books.get(f"{side}/stats")
    assert stats == books.get(f"{side}/stats/")
    for name, (path, words) in tabs.items():
        counted = {tab: books.get(path, status=status)["count"] for tab, status in words.items()}
        assert counted == {tab: stats[name][tab] for tab in words}
    charges = stats["invoices" if side == "ar" else "bills"]
    assert (charges["all"], charges["paid"], charges["outstanding"], charges["overdue"]) == (5, 1, 3, 2)


@pytest.mark.parametrize("side", ["ar", "ap"])
def test_amounts_are_those_of_the_report(books: Thredfi, side: str) -> None:
    """Given documents late and not, when summed, then what is outstanding and late is what the report has."""
    stats, report = books.get(f"{side}/stats"), books.get(f"insights/{side}-aging/")
    assert stats["total_outstanding_cents"] == report["total_outstanding_cents"] == 6_300
    assert stats["total_overdue_cents"] == 6_300 - report["total_aging_buckets"]["current"] == 4_300
    assert stats["currency"] == "USD"


def test_empty_books_count_nothing(client: httpx.Client, platform: Platform) -> None:
    """Given a business with nothing, when counted, then every count and sum is zero."""
    books = new_thredfi(client, platform)
    zeros = {"all": 0, "unpaid": 0, "paid": 0, "outstanding": 0, "overdue": 0}
    assert books.get("ap/stats/") == {
        "currency": "USD",
        "total_outstanding_cents": 0,
        "total_overdue_cents": 0,
        "bills": zeros,
        "vendor_credits": {"all": 0, "unapplied": 0, "applied": 0},
    }


def test_accounts_stand_for_reasons(client: httpx.Client, platform: Platform) -> None:
    """Given a business, when its accounts are listed, then there is one for each reason, of that business only."""
    books = new_thredfi(client, platform)
    found = books.get("general-ledger/chart-of-accounts/")["results"]
    business_id = BusinessId(UUID(books.business_id))
    assert list(Reason) == [reason_of(business_id, UUID(one["id"])) for one in found]
    assert {name: found[0][name] for name in ("code", "name", "type", "sub_type")} == {
        "code": "6100",
        "name": "Bad debts",
        "type": "expense",
        "sub_type": "bad_debt",
    }
    assert len({one["code"] for one in found}) == len(found)
    other = BusinessId(UUID(new_business(client, platform)))
    assert {reason_of(other, UUID(one["id"])) for one in found} == {None}


def test_the_menu_has_receivables_and_payables(client: httpx.Client, platform: Platform) -> None:
    """Given a business, when the widget asks for its menu, then it has the pages that we have something for."""
    books = new_thredfi(client, platform)
    menu = books.get("menu-config/")["data"]
    assert [name for name, shown in menu["menu"].items() if shown] == [
        "insights",
        "accounts_receivable",
        "accounts_payable",
    ]
    assert menu["sub_menu_tabs"] == {}


@pytest.mark.parametrize("path", ["tasks/", "bank-transactions/", "ar-documents/upload", "reports/profit-and-loss/"])
def test_what_is_not_of_receivables_or_payables_is_not_there(
    client: httpx.Client, platform: Platform, path: str
) -> None:
    """Given a business, when something else is asked for, then 404 in the dialect."""
    answer = new_thredfi(client, platform).ask("GET", path)
    assert (answer.status_code, answer.json()["error_code"]) == (404, "not_found")
