"""A business and its books, written and read through Layer's dialect."""

from dataclasses import dataclass
from typing import Any, Final, NamedTuple
from uuid import uuid4

import httpx

from tests.http.world import Platform, bearer

INVOICE: Final[dict[str, Any]] = {
    "external_id": "019234",
    "sent_at": "2024-04-02T09:02:00Z",
    "due_at": "2024-05-02T09:02:00Z",
    "invoice_number": "1",
    "customer_external_id": "customer-john-doe",
    "line_items": [
        {
            "external_id": "invoice-line-item-1",
            "product": "Cleaner Solution Pro",
            "unit_price": 1299,
            "quantity": 2,
            "sales_taxes": [{"tax_account": {"type": "Tax_Name", "name": "CALIFORNIA_VAT"}, "amount": 218}],
        },
        {"product": "Full drain cleaning service", "unit_price": 25000, "quantity": 1},
    ],
    "additional_discount": 250,
    "tips": 0,
    "payments": [
        {
            "external_id": "payment-1",
            "amount": 27466,
            "method": "CREDIT_CARD",
            "processor": "STRIPE",
            "paid_at": "2024-04-02T09:02:00Z",
            "fee": 825,
        }
    ],
}
"""The worked example: 27566 in all, of which a payment along with it leaves 100."""

BILL: Final[dict[str, Any]] = {
    "external_id": "vendor-bill-123",
    "vendor_external_id": "vendor-1",
    "received_at": "2024-06-01T00:00:00Z",
    "bill_terms": "NET_30",
    "line_items": [{"product_name": "Paper", "unit_price": 2500, "quantity": 4}],
    "payments": [{"external_id": "bill-payment-1", "amount": 4000, "method": "ACH"}],
}
"""10000 in all, due on 1 July 2024, of which 6000 are open."""


LISTS: Final = (
    *("customers", "vendors", "invoices", "invoices/payments", "bills", "bills/bill-payments"),
    *("invoices/customer-credits", "bills/vendor-credits", "invoices/refunds", "bills/refunds"),
)


@dataclass(frozen=True)
class Layer:
    """A client of the dialect, and a business of its own."""

    client: httpx.Client
    headers: dict[str, str]
    business_id: str

    def ask(self, method: str, path: str, **request: Any) -> httpx.Response:
        """The answer about something of the business."""
        return self.client.request(method, f"/v1/businesses/{self.business_id}/{path}", headers=self.headers, **request)

    def get(self, path: str, **query: Any) -> Any:
        """What is found."""
        answer = self.ask("GET", path, params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, body: Any, status: int = 201) -> Any:
        """What is made; with status 200, what was there."""
        answer = self.ask("POST", path, json=body)
        assert answer.status_code == status, answer.text
        return answer.json()["data"]

    def refused(self, path: str, body: Any, status: int = 400) -> Any:
        """Why a body is refused, with nothing written."""
        held = self.held()
        answer = self.ask("POST", path, **({"content": body} if isinstance(body, bytes) else {"json": body}))
        assert answer.status_code == status, answer.text
        assert held == self.held()
        return answer.json()

    def held(self) -> dict[str, int]:
        """How many objects of every kind there are."""
        return {
            path: self.get(path, limit=1, show_total_count=True)["meta"]["pagination"]["total_count"] for path in LISTS
        }

    def aging(self, customer_id: str, **query: Any) -> Any:
        """What a customer owes, by age."""
        return self.get(f"invoices/ar-aging/customer/{customer_id}", **query)


def layer_token(client: httpx.Client, platform: Platform, **asked: str) -> str:
    """A client's token, asked for as the dialect's own samples do."""
    form = {"grant_type": "client_credentials", "scope": "https://api.example.com/production"}
    answer = client.post("/oauth2/token", auth=platform.basic, data=form | asked)
    assert answer.status_code == 200, answer.text
    token: str = answer.json()["access_token"]
    return token


def new_layer(client: httpx.Client, platform: Platform, *, wire_profile: str = "published", **fields: Any) -> Layer:
    """A new business with empty books."""
    headers = bearer(layer_token(client, platform, wire_profile=wire_profile))
    asked = {"external_id": str(uuid4()), "legal_name": "Example Trading", "us_state": "CA", "entity_type": "LLC"}
    answer = client.post("/v1/businesses", headers=headers, json=asked | fields)
    assert answer.status_code == 201, answer.text
    return Layer(client, headers, answer.json()["data"]["id"])


def invoice(number: str, amount: int = 10_000, **fields: Any) -> dict[str, Any]:
    """An invoice of one line."""
    asked = {
        "external_id": number,
        "sent_at": "2024-04-01",
        "due_at": "2024-05-01",
        "customer_external_id": "customer-1",
        "line_items": [{"product": "Work", "unit_price": amount}],
    }
    return asked | fields


def payment(amount: int, *parts: tuple[str, int], **fields: Any) -> dict[str, Any]:
    """A payment for invoices named by their external ids."""
    allocations = [{"invoice_external_id": number, "amount": part} for number, part in parts]
    return {"paid_at": "2024-04-20", "method": "ACH", "amount": amount, "invoice_payments": allocations} | fields


def bill(number: str, amount: int = 10_000, **fields: Any) -> dict[str, Any]:
    """A bill of one line."""
    asked = {
        "external_id": number,
        "received_at": "2024-04-01",
        "due_at": "2024-05-01",
        "vendor_external_id": "vendor-1",
        "line_items": [{"product_name": "Paper", "unit_price": amount}],
    }
    return asked | fields


def bill_payment(amount: int, *parts: tuple[str, int], **fields: Any) -> dict[str, Any]:
    """A payment for bills named by their external ids."""
    allocations = [{"bill_external_id": number, "amount": part} for number, part in parts]
    asked = {"paid_at": "2024-04-20", "method": "ACH", "amount": amount, "bill_payment_allocations": allocations}
    return asked | fields


class Face(NamedTuple):
    """One side of the books as this dialect names it."""

    charges: str
    payments: str
    parts: str
    word: str
    whose: str

    def charge(self, number: str, amount: int = 10_000, **fields: Any) -> dict[str, Any]:
        """An invoice or a bill of one line."""
        return (invoice if self.word == "invoice" else bill)(number, amount, **fields)

    def payment(self, amount: int, *parts: tuple[str, int], **fields: Any) -> dict[str, Any]:
        """A payment for invoices or bills named by their external ids."""
        return (payment if self.word == "invoice" else bill_payment)(amount, *parts, **fields)

    def of(self, whose: str) -> dict[str, Any]:
        """Whose a charge is."""
        return {f"{self.whose}_external_id": whose}

    @property
    def state_error(self) -> str:
        """What an amount that does not fit is called."""
        return f"{self.word.title()}StateError"


INVOICES = Face("invoices", "invoices/payments", "invoice_payments", "invoice", "customer")
BILLS = Face("bills", "bills/bill-payments", "bill_payment_allocations", "bill", "vendor")
