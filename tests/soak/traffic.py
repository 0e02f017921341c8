"""What clients ask in a soak: reads and writes, in all dialects, of many businesses, of which one is very busy.

Holds: every invoice is paid in full some time later, so that books grow in history and not in what is open; the amount
of an invoice is one that no other has.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from random import Random
from typing import Any, Final

import msgspec

from tests.faults.books import Books
from tests.faults.dialects import DIALECTS, Dialect, Write

BUSY_SHARE: Final = 0.6
"""How much of what is asked is asked of the first business."""
WRITES_SHARE: Final = 0.4
CUSTOMERS: Final = 40
OPEN_AT_LEAST: Final = 50
"""How many invoices of a business and dialect wait for their payments."""


@dataclass(frozen=True)
class Ask:
    """One request, and what its answer is good for."""

    of: "Told"
    method: str
    path: str
    headers: dict[str, str]
    body: bytes = b""
    write: Write | None = None
    dialect: Dialect | None = None
    customer: str = ""


@dataclass
class Told:
    """A business, and what its clients know of it."""

    books: Books
    unpaid: dict[Dialect, deque[tuple[str, int, Any]]] = field(
        default_factory=lambda: {dialect: deque() for dialect in DIALECTS}
    )
    customer_ids: list[str] = field(default_factory=list)
    acknowledged: set[tuple[str, int]] = field(default_factory=set)
    """Kind and amount of every document that was acknowledged."""
    sent: int = 0

    def hear(self, ask: Ask, body: bytes) -> None:
        """A write was acknowledged."""
        if ask.write is None or ask.dialect is None:
            return
        self.acknowledged.add((ask.write.kind, ask.write.amount))
        if ask.write.kind == "charge":
            self.unpaid[ask.dialect].append((ask.customer, ask.write.amount, msgspec.json.decode(body)))


@dataclass
class Traffic:
    """An endless mix of requests."""

    told: list[Told]
    random: Random = field(default_factory=lambda: Random(5))
    amounts: Iterator[int] = field(default_factory=lambda: count(1_000))

    def next(self) -> Ask:
        """The next request."""
        told = self.told[0] if self.random.random() < BUSY_SHARE else self.random.choice(self.told[1:])
        if self.random.random() < WRITES_SHARE:
            return self.write(told)
        path = self.random.choice(_reads(told, self.random))
        return Ask(told, "GET", path, told.books.token)

    def write(self, told: Told) -> Ask:
        """A payment if many invoices wait for one, else an invoice."""
        dialect = self.random.choice(DIALECTS)
        unpaid = told.unpaid[dialect]
        if len(unpaid) > OPEN_AT_LEAST and self.random.random() < 0.6:
            customer, amount, invoice = unpaid.popleft()
            write = dialect.payment(told.books.business_id, customer, amount, invoice)
        else:
            customer = f"customer-{self.random.randrange(CUSTOMERS)}"
            write = dialect.invoice(told.books.business_id, customer, next(self.amounts))
        told.sent += 1
        return Ask(told, "POST", write.path, told.books.token | write.headers, write.body, write, dialect, customer)


def _reads(told: Told, random: Random) -> list[str]:
    business_id = told.books.business_id
    layer, thredfi, own = (f"/{path}/{business_id}" for path in _PREFIXES)
    customer = random.choice(told.customer_ids)
    return [
        f"{layer}/invoices/ar-aging/customer/{customer}",
        f"{layer}/invoices?limit=20",
        f"{thredfi}/insights/ar-aging/",
        f"{thredfi}/invoices/?page_size=20",
        f"{own}/reports/aging?side=receivable",
        f"{own}/documents?side=receivable&kind=charge&limit=20",
    ]


_PREFIXES: Final = ("v1/businesses", "v1/platform/businesses", "api/v1/businesses")
