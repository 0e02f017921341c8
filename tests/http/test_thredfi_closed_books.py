"""What Thredfi's dialect says of changes to a closed period."""

from datetime import date
from typing import Any

import httpx
import pytest

from duebook.ledger.commands import CloseBooks
from duebook.ledger.facts import Side
from tests.http.thredfi_payment_world import Payable, new_payable
from tests.http.world import Platform, write


@pytest.fixture(params=list(Side))
def closed(request: pytest.FixtureRequest, client: httpx.Client, platform: Platform, database_url: str) -> Payable:
    """Either side of books that are closed through June, with a payment of March of which 50.00 are left."""
    its = new_payable(client, platform, database_url, request.param)
    its.paid((its.first, 10_000), external_id="p")
    write(database_url, its.books.business_id, CloseBooks(date(2025, 6, 30)))
    return its


def _field(closed: Payable, method: str, path: str, body: Any = None) -> str:
    said = closed.books.refused(method, path, body, 409)
    assert said["error_code"] == "period_closed"
    (field,) = said["detail"]["field_errors"]
    assert isinstance(field, str)
    return field


def test_a_change_to_a_closed_period_is_named_by_a_field_of_its_own(closed: Payable) -> None:
    """Given closed books, when something of the period would change, then 409 names what the request calls it."""
    receivable = closed.side is Side.RECEIVABLE
    (payment,) = closed.books.get(closed.path)["results"]
    one = f"{closed.path}{payment['id']}/"
    match = "match-payment" if receivable else "match-bill-payment"
    charge = f"{closed.charge}s/"
    part = {"allocations": [closed.part(closed.second, 100)]}
    named = {f"{closed.charge}_id": closed.second}
    assert _field(closed, "POST", closed.path, closed.payment()) == "payment_date"
    assert _field(closed, "POST", f"{one}allocations/", part) == "allocations"
    assert _field(closed, "DELETE", f"{one}allocations/{payment['allocations'][0]['id']}/") == "payment_id"
    assert _field(closed, "POST", f"bank-transactions/{payment['id']}/{match}/", named) == f"{closed.charge}_id"
    dated = "sent_at" if receivable else "bill_date"
    lines = {"line_items": [{"unit_price": 20_000, "quantity": 1}]}
    assert _field(closed, "PUT", f"{charge}{closed.first}/", lines) == dated
    assert _field(closed, "POST", f"{charge}{closed.second}/void/") == dated


def test_refunds_and_write_offs_in_a_closed_period_are_named_by_their_day(closed: Payable) -> None:
    """Given closed books, when money of the period is paid back or given up, then 409 names the day."""
    if closed.side is Side.PAYABLE:
        paid = {"refunded_amount_cents": 100, "payment_date": "2025-06-01", "payment_method": "ach"}
        body = {
            "vendor_id": closed.ann,
            "total_refunded_amount_cents": 100,
            "refund_date": "2025-06-01",
            "allocations": [{"bill_id": closed.first, "amount_cents": 100}],
            "payments": [paid],
        }
        assert _field(closed, "POST", "vendor-refunds/", body) == "refund_date"
    else:
        refund = {"invoice_id": closed.first, "completed_at": "2025-06-01"}
        assert _field(closed, "POST", "invoices/refunds/", refund) == "completed_at"
        write_off = {"write_off_at": "2025-06-01"}
        assert _field(closed, "POST", f"invoices/{closed.second}/write-offs/", write_off) == "write_off_at"
