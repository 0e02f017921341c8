"""Small books in PostgreSQL, written and read in few words.

A document's external id is its number, so that a test can name it; amounts are minor units.
"""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, TypeVar

from duebook.aging.changes import Changes, changes
from duebook.aging.explain import Cell, Explained, items
from duebook.aging.question import KnownAt
from duebook.aging.report import AgingQuery, AgingReport, aging
from duebook.aging.tieout import TieOut, tie_out
from duebook.db.pool import Database
from duebook.ledger.commands import AddCharge, AddSettlement, Command, NewAllocation, NewParty
from duebook.ledger.errors import LedgerError
from duebook.ledger.facts import Instalment, Kind, Side, Tag
from duebook.ledger.store import record
from duebook.tenancy.facts import OPERATOR, BusinessId
from duebook.tenancy.gate import ReadTx, read_tx, write_tx
from tests.oracle.kept import Kept
from tests.oracle.said import History

R = TypeVar("R")


def invoice(number: str, amount_minor: int, issued_on: str, party: str = "Ann", **details: Any) -> AddCharge:
    """An invoice, in dollars unless it says so. `due` is a day, or for instalments the days with their shares."""
    said: dict[str, Any] = {"side": Side.RECEIVABLE, "currency": "USD"}
    due = details.pop("due", None)
    if isinstance(due, str):
        said["due_on"] = day(due)
    elif due:
        said["instalments"] = tuple(Instalment(day(due_on), share) for due_on, share in due.items())
    return AddCharge(
        number=number,
        external_id=number,
        party=NewParty(party.lower(), party),
        issued_on=day(issued_on),
        amount_minor=amount_minor,
        **said | details,
    )


def payment(
    number: str, amount_minor: int, settled_on: str, party: str = "Ann", paid: Any = (), **details: Any
) -> AddSettlement:
    """Money of a party, in dollars unless it says so: `paid` gives what of it pays which invoice."""
    said: dict[str, Any] = {"side": Side.RECEIVABLE, "kind": Kind.PAYMENT, "currency": "USD"}
    return AddSettlement(
        number=number,
        external_id=number,
        party=NewParty(party.lower(), party),
        settled_on=day(settled_on),
        amount_minor=amount_minor,
        allocations=tuple(NewAllocation(charge=charge, amount_minor=share) for charge, share in dict(paid).items()),
        **said | details,
    )


def tagged(**values: str) -> tuple[Tag, ...]:
    """Tags by key."""
    return tuple(Tag(key, value) for key, value in values.items())


def day(text: str) -> date:
    """2025-01-31 as a date."""
    return date.fromisoformat(text)


def noon(text: str) -> datetime:
    """Noon of a day, in UTC."""
    return datetime.fromisoformat(f"{text}T12:00").replace(tzinfo=UTC)


@dataclass
class Books:
    """A business's books, as a test writes and reads them; the clock stands where the last write set it."""

    database: Database
    business_id: BusinessId

    async def write(self, *commands: Command, at: datetime | None = None) -> int:
        """One write, and the version that it made."""
        if at is not None:
            self.database = Database(self.database.readers, self.database.writers, lambda: at)
        async with write_tx(self.database, OPERATOR, self.business_id, "test") as tx:
            await record(tx, commands)
            return tx.version + 1

    async def read(self, ask: Callable[[ReadTx], Awaitable[R]]) -> R:
        """The answer to one question."""
        async with read_tx(self.database, OPERATOR, self.business_id) as tx:
            return await ask(tx)

    async def report(self, query: AgingQuery) -> AgingReport:
        """One report."""
        return await self.read(lambda tx: aging(tx, query))

    async def explain(self, query: AgingQuery, cell: Cell) -> Explained:
        """The items behind a cell."""
        return await self.read(lambda tx: items(tx, query, cell))

    async def changes(self, query: AgingQuery, since: int | datetime) -> Changes:
        """What changed in a report."""
        return await self.read(lambda tx: changes(tx, query, since))

    async def tie_out(self, side: Side, balances: dict[str, int], known_at: KnownAt = None) -> TieOut:
        """A side against the balances of its control account, by day."""
        days = [(day(on), balance_minor) for on, balance_minor in balances.items()]
        return await self.read(lambda tx: tie_out(tx, side, days, known_at))


async def books_of(database: Database, history: History) -> tuple[Books, int]:
    """New books with all of a history that is not refused, and their latest version."""
    kept = await Kept.new(database)
    for write in history:
        with suppress(LedgerError):
            await kept.write(write)
    return Books(database, kept.business_id), await kept.version()
