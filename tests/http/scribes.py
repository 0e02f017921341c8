"""The same history, told as acts, and those who write it down in either dialect."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final, Literal

from tests.http.layer_world import Layer
from tests.http.thredfi_world import Thredfi

Side = Literal["ar", "ap"]


@dataclass(frozen=True)
class Act:
    """Something that happened on a day. `parts` are the charges that it is for, by number, with their shares."""

    kind: Literal["charge", "payment", "credit", "write-off", "refund", "void"]
    side: Side
    number: str
    party: str
    on: date
    amount: int = 0
    due: date | None = None
    parts: tuple[tuple[str, int], ...] = ()

    @property
    def of(self) -> str:
        """The one charge that it is about."""
        ((number, _),) = self.parts
        return number


Body = Mapping[str, Any]
CHARGES: Final = {"ar": "invoice", "ap": "bill"}
PARTIES: Final = {"ar": "customer", "ap": "vendor"}


@dataclass
class LayerScribe:
    """Writes through Layer's dialect, where a party is made by the document that names it first."""

    books: Layer
    ids: dict[str, str] = field(default_factory=dict)

    def write(self, act: Act) -> None:
        """Record one act."""
        path, body, status = getattr(self, f"_{act.kind.replace('-', '_')}")(act)
        self.ids[act.number] = self.books.post(path, body, status)["id"]

    def _whose(self, act: Act) -> Body:
        return {"external_id": act.number, f"{PARTIES[act.side]}_external_id": act.party}

    def _parts(self, act: Act) -> list[Body]:
        return [{f"{CHARGES[act.side]}_id": self.ids[number], "amount": amount} for number, amount in act.parts]

    def _charge(self, act: Act) -> tuple[str, Body, int]:
        day, line = ("sent_at", "product") if act.side == "ar" else ("received_at", "product_name")
        body = {day: str(act.on), "due_at": str(act.due), "line_items": [{line: "Work", "unit_price": act.amount}]}
        return f"{CHARGES[act.side]}s", {**self._whose(act), **body}, 201

    def _payment(self, act: Act) -> tuple[str, Body, int]:
        path, parts = (
            ("invoices/payments", "invoice_payments")
            if act.side == "ar"
            else ("bills/bill-payments", "bill_payment_allocations")
        )
        body = {"external_id": act.number, "paid_at": str(act.on), "method": "ACH", "amount": act.amount}
        return path, {**body, parts: self._parts(act)}, 201

    def _credit(self, act: Act) -> tuple[str, Body, int]:
        path, day = (
            ("invoices/customer-credits", "sent_at") if act.side == "ar" else ("bills/vendor-credits", "received_at")
        )
        body = {day: str(act.on), "line_items": [{"amount": act.amount}], "allocations": self._parts(act)}
        return path, {**self._whose(act), **body}, 201

    def _write_off(self, act: Act) -> tuple[str, Body, int]:
        body = {"external_id": act.number, "amount": act.amount, "write_off_at": str(act.on)}
        return f"invoices/{self.ids[act.of]}/write-off", body, 201

    def _refund(self, act: Act) -> tuple[str, Body, int]:
        charge = CHARGES[act.side]
        body = {"external_id": act.number, "completed_at": str(act.on), "method": "CASH", "refunded_amount": act.amount}
        return f"{charge}s/refunds", {**body, f"{charge}_id": self.ids[act.of]}, 201

    def _void(self, act: Act) -> tuple[str, Body, int]:
        return f"{CHARGES[act.side]}s/{self.ids[act.of]}/void", {}, 200


@dataclass
class ThredfiScribe:
    """Writes through Thredfi's dialect, where parties come first."""

    books: Thredfi
    ids: dict[str, str] = field(default_factory=dict)

    def write(self, act: Act) -> None:
        """Record one act."""
        if (named := f"{act.side} {act.party}") not in self.ids:
            party = {"external_id": act.party, "company_name": act.party}
            self.ids[named] = self.books.post(f"{PARTIES[act.side]}s/", party)["id"]
        path, body, status = getattr(self, f"_{act.kind.replace('-', '_')}")(act)
        made = self.books.post(path, body, status)
        self.ids[act.number] = made.get("payment", made)["id"]

    def _whose(self, act: Act) -> Body:
        return {"external_id": act.number, f"{PARTIES[act.side]}_id": self.ids[f"{act.side} {act.party}"]}

    def _parts(self, act: Act, amount_name: str) -> list[Body]:
        return [{f"{CHARGES[act.side]}_id": self.ids[number], amount_name: amount} for number, amount in act.parts]

    def _charge(self, act: Act) -> tuple[str, Body, int]:
        days = {"sent_at": str(act.on)} if act.side == "ar" else {"bill_date": str(act.on), "received_at": str(act.on)}
        body = {**days, "due_at": str(act.due), "line_items": [{"quantity": 1, "unit_price": act.amount}]}
        return f"{CHARGES[act.side]}s/", {**self._whose(act), **body}, 201

    def _payment(self, act: Act) -> tuple[str, Body, int]:
        amount = "total_amount_cents" if act.side == "ar" else "amount_cents"
        body = {
            amount: act.amount,
            "payment_date": str(act.on),
            "currency": "USD",
            "payment_method": "bank_transfer",
            "allocations": self._parts(act, "amount_cents"),
        }
        return f"{CHARGES[act.side]}s/payments/", {**self._whose(act), **body}, 201

    def _credit(self, act: Act) -> tuple[str, Body, int]:
        day = "sent_at" if act.side == "ar" else "received_at"
        body = {day: str(act.on), "line_items": [{"amount": act.amount}], "allocations": self._parts(act, "amount")}
        return f"{PARTIES[act.side]}-credits/", {**self._whose(act), **body}, 201

    def _write_off(self, act: Act) -> tuple[str, Body, int]:
        body = {"external_id": act.number, "amount": act.amount, "write_off_at": str(act.on)}
        return f"invoices/{self.ids[act.of]}/write-offs/", body, 201

    def _refund(self, act: Act) -> tuple[str, Body, int]:
        body = {"external_id": act.number, "completed_at": str(act.on), "method": "CASH", "amount_cents": act.amount}
        return "invoices/refunds/", {**body, "invoice_id": self.ids[act.of]}, 201

    def _void(self, act: Act) -> tuple[str, Body, int]:
        return f"{CHARGES[act.side]}s/{self.ids[act.of]}/void/", {}, 200
