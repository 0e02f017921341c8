"""Either side of a business's books with something to pay, as the tests of payments in Thredfi's dialect need it."""

from dataclasses import dataclass
from datetime import date
from typing import Any

import httpx

from duebook.ledger.commands import AddCharge, NewParty
from duebook.ledger.facts import Side
from tests.http.thredfi_world import Thredfi, new_thredfi
from tests.http.world import Platform, write


@dataclass(frozen=True)
class Payable:
    """One side: what it calls things, and its books: ann has two documents of 100.00, bob one of 50.00."""

    side: Side
    books: Thredfi
    path: str
    party: str
    charge: str
    amount: str
    left: str
    ann: str
    bob: str
    first: str
    second: str
    others: str

    def payment(self, *parts: tuple[str, int], **fields: Any) -> dict[str, Any]:
        """A payment of ann's of 150.00 on 10 March, with these parts."""
        return {
            f"{self.party}_id": self.ann,
            self.amount: 15_000,
            "currency": "USD",
            "payment_method": "bank_transfer",
            "payment_date": "2025-03-10",
            "allocations": [self.part(*one) for one in parts],
        } | fields

    def part(self, charge_id: str, amount: int, **fields: Any) -> dict[str, Any]:
        """Part of a payment, for a document."""
        return {f"{self.charge}_id": charge_id, "amount_cents": amount} | fields

    def one(self, answer: Any) -> Any:
        """The payment that is in an answer."""
        return answer["payment"] if self.side is Side.RECEIVABLE else answer

    def paid(self, *parts: tuple[str, int], **fields: Any) -> Any:
        """A payment that was recorded."""
        return self.one(self.books.post(self.path, self.payment(*parts, **fields)))

    def found(self, **query: Any) -> list[str]:
        """The external ids of the payments that a list has."""
        return [one["external_id"] for one in self.books.get(self.path, **query)["results"]]

    def outstanding(self, day: str = "2025-03-31") -> int:
        """What the report of a day comes to."""
        report = self.books.get(f"insights/{'ar' if self.side is Side.RECEIVABLE else 'ap'}-aging/", as_of_date=day)
        total: int = (report if isinstance(report, dict) else report[0])["total_outstanding_cents"]
        return total


def new_payable(
    client: httpx.Client, platform: Platform, database_url: str, side: Side, wire_profile: str = "published"
) -> Payable:
    """One side of the books of a new business, as a client of a wire profile has it."""
    books = new_thredfi(client, platform, wire_profile=wire_profile)
    charges = [
        AddCharge(
            side=side,
            external_id=number,
            number=number,
            party=NewParty(party, party),
            issued_on=date(2025, 3, 1),
            currency="USD",
            amount_minor=amount,
        )
        for number, party, amount in (("1", "ann", 10_000), ("2", "ann", 10_000), ("3", "bob", 5_000))
    ]
    first, second, others = (str(one.id) for one in write(database_url, books.business_id, *charges))
    receivable = side is Side.RECEIVABLE
    party, charge = ("customer", "invoice") if receivable else ("vendor", "bill")
    known = {one["external_id"]: one["id"] for one in books.get(f"{party}s/")["results"]}
    amount, left = (
        ("total_amount_cents", "unapplied_amount_cents") if receivable else ("amount_cents", "unallocated_amount_cents")
    )
    path = f"{charge}s/payments/"
    return Payable(side, books, path, party, charge, amount, left, known["ann"], known["bob"], first, second, others)
