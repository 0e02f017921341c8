"""Clients that write through faults: each sends a write again, with the same key, until it is acknowledged.

Units: seconds where a name says so.
Holds: a client waits as long as a 503 tells it to, and takes a connection that ends without an answer for an unknown
outcome; any other answer than 200, 201 and 503 ends the test.
Source: docs/reference/limits.md, "What a client does".
"""

import asyncio
import os
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import httpx

from tests.faults.books import Books
from tests.faults.dialects import DIALECTS, Dialect, Write

WRITES: Final = int(os.environ.get("DUEBOOK_TEST_WRITES", "120"))
"""How many writes a scenario has."""

CLIENTS: Final = 24
"""How many write at the same time."""

ANSWER_SECONDS: Final = 40.0
AGAIN_SECONDS: Final = 0.5
"""How soon a client comes again when its connection ended."""

INVOICE: Final = 1_000_000
"""An invoice is of so much and its number; the payment of a part of it is of its number alone."""


CUT: Final = 0
"""In place of a status: the connection ended without an answer."""


@dataclass(eq=False)
class Try:
    """A request that was sent, and the status it was answered with, once it is."""

    customer: str
    status: int | None = None


@dataclass
class Tally:
    """What the clients sent, and what they were told."""

    books: list[Books]
    tries: list[Try] = field(default_factory=list)
    acknowledged: dict[str, Counter[tuple[str, int]]] = field(default_factory=lambda: defaultdict(Counter))
    """By business: kind and amount of every document, and how often it was acknowledged."""
    open: Counter[tuple[str, str]] = field(default_factory=Counter)
    """By business and customer, what is left of the invoices."""
    writes: int = 0
    """How many were acknowledged."""

    async def reached(self, writes: int) -> None:
        """Returns once so many are acknowledged."""
        await until(lambda: self.writes >= writes)

    def customers(self, books: Books) -> set[str]:
        """The customers of a business: each client writes for one."""
        return {f"customer-{place}" for place in range(CLIENTS) if self.books[place % len(self.books)] is books}

    @property
    def under_way(self) -> list[Try]:
        """The requests that wait for an answer."""
        return [one for one in self.tries if one.status is None]

    @property
    def answers(self) -> Counter[int | None]:
        """How often each status was answered."""
        return Counter(one.status for one in self.tries)

    def __str__(self) -> str:
        """All of it in one line."""
        answers = self.answers
        return (
            f"{self.writes:,} writes acknowledged to {CLIENTS} clients after {len(self.tries):,} tries: "
            f"{answers[503]:,} busy, {answers[CUT]:,} cut, {answers[200]:,} found to be there"
        )


async def until(holds: Callable[[], bool]) -> None:
    """Returns once it holds."""
    while not holds():  # noqa: ASYNC110 - what is waited for happens in other processes
        await asyncio.sleep(0.005)


async def answered(tries: list[Try]) -> set[int | None]:
    """The statuses of requests, once each has one."""
    await until(lambda: all(one.status is not None for one in tries))
    return {one.status for one in tries}


@asynccontextmanager
async def writing(books: list[Books], writes: int = WRITES) -> AsyncIterator[Tally]:
    """Clients at work on some books, in every dialect, while the block does something to the server they ask.

    Ends when all that was to be written is acknowledged.
    """
    tally = Tally(books)
    numbers = iter(range(1, 1 + (writes + 1) // 2))
    limits = httpx.Limits(max_connections=CLIENTS, max_keepalive_connections=CLIENTS)
    async with (
        httpx.AsyncClient(base_url=books[0].url, timeout=ANSWER_SECONDS, limits=limits) as http,
        asyncio.TaskGroup() as clients,
    ):
        for place in range(CLIENTS):
            dialect = DIALECTS[place // len(books) % len(DIALECTS)]
            client = _Client(http, books[place % len(books)], f"customer-{place}", dialect, tally)
            clients.create_task(client.write(numbers))
        yield tally


@dataclass(frozen=True)
class _Client:
    http: httpx.AsyncClient
    books: Books
    customer: str
    dialect: Dialect
    tally: Tally

    async def write(self, numbers: Iterator[int]) -> None:
        """An invoice and a payment for each number."""
        for number in numbers:
            invoice = self.dialect.invoice(self.books.business_id, self.customer, INVOICE + number)
            answer = await self._acknowledged(invoice)
            await self._acknowledged(self.dialect.payment(self.books.business_id, self.customer, number, answer))

    async def _acknowledged(self, write: Write) -> Any:
        while True:
            one = Try(self.customer)
            self.tally.tries.append(one)
            try:
                answer = await self.http.post(write.path, content=write.body, headers=self.books.token | write.headers)
            except httpx.TransportError:
                one.status = CUT
                await asyncio.sleep(AGAIN_SECONDS)
                continue
            one.status = answer.status_code
            match one.status:
                case 503:
                    await asyncio.sleep(int(answer.headers["retry-after"]))
                case 200 | 201:
                    self._count(write)
                    return answer.json()
                case status:
                    raise AssertionError(f"{write.path} was answered with {status}: {answer.text}")

    def _count(self, write: Write) -> None:
        self.tally.writes += 1
        self.tally.acknowledged[self.books.business_id][write.kind, write.amount] += 1
        signed = write.amount if write.kind == "charge" else -write.amount
        self.tally.open[self.books.business_id, self.customer] += signed
