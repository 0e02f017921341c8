"""The ledger in PostgreSQL, told the same as the oracle, and its reports in the oracle's words."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Self
from uuid import uuid4

from duebook.aging.bands import Bands
from duebook.aging.report import AgingQuery, AgingReport, Basis, Credits, aging
from duebook.db.pool import Database
from duebook.ledger.facts import Entry, PartyId, Side
from duebook.ledger.rows import entry_of
from duebook.ledger.store import record
from duebook.tenancy.businesses import NewBusiness, create_business
from duebook.tenancy.facts import OPERATOR, BusinessId, WireProfile
from duebook.tenancy.gate import read_tx, write_tx
from duebook.tenancy.partners import create_partner
from tests.oracle.paper import Line, Paper, report
from tests.oracle.said import BASE_CURRENCY, Write
from tests.oracle.slow import Oracle
from tests.oracle.told import Teller


@dataclass(frozen=True)
class Question:
    """One report: `credits`, `basis` and `edges` as the oracle names them."""

    side: str
    as_of: date
    version: int
    credits: str = "exclude"
    basis: str = "base"
    revalued_on: date | None = None
    edges: tuple[int, ...] = (1, 31, 61, 91)

    def query(self) -> AgingQuery:
        """The same in the ledger's words."""
        return AgingQuery(
            side=Side(self.side),
            as_of=self.as_of,
            known_at=self.version,
            credits=Credits(self.credits),
            basis=Basis(self.basis),
            revalued_on=self.revalued_on,
            bands=Bands(self.edges),
        )

    def answered(self, oracle: Oracle) -> Paper:
        """The oracle's answer. Raises TooBig, NoWorth."""
        return report(
            oracle,
            self.side,
            self.as_of,
            version=self.version,
            credits=self.credits,
            basis=self.basis,
            revalued_on=self.revalued_on,
            edges=self.edges,
        )


@dataclass
class Kept:
    """A business of its own."""

    database: Database
    business_id: BusinessId
    teller: Teller = field(default_factory=Teller)

    @classmethod
    async def new(cls, database: Database) -> Self:
        """Empty books."""
        partner, _ = await create_partner(database, "Example Platform", WireProfile.PUBLISHED)
        new = NewBusiness(external_id=uuid4().hex, name="Example Business", base_currency=BASE_CURRENCY)
        return cls(database, (await create_business(database, partner.id, new)).business.id)

    async def write(self, write: Write) -> list[str | None]:
        """One write; what each saying stands under. Raises LedgerError."""
        commands = self.teller.commands(write)
        async with write_tx(self.database, OPERATOR, self.business_id, "test") as tx:
            results = await record(tx, commands)
        self.teller.recorded(await self.party_ids())
        names = self.teller.names()
        return [names[result.id] if result else None for result in results]

    async def party_ids(self) -> dict[tuple[str, str], PartyId]:
        """The parties by side and external id."""
        rows = await self.rows("SELECT id, side, external_id FROM party WHERE business_id = %s")
        return {(row.side, row.external_id): PartyId(row.id) for row in rows}

    async def version(self) -> int:
        """The latest version."""
        async with read_tx(self.database, OPERATOR, self.business_id) as tx:
            return tx.version

    async def rows(self, query: str) -> Sequence[Any]:
        """What a query of one parameter, the business, finds."""
        async with read_tx(self.database, OPERATOR, self.business_id) as tx:
            return await (await tx.connection.execute(query, [self.business_id])).fetchall()

    async def entries(self) -> list[tuple[int, Entry]]:
        """All entries with their versions, in order of recording."""
        rows = await self.rows("SELECT * FROM entry WHERE business_id = %s ORDER BY version, sequence")
        return [(row.version, entry_of(row)) for row in rows]

    async def report(self, question: Question) -> AgingReport:
        """The ledger's answer."""
        return await self.ask(question.query())

    async def ask(self, query: AgingQuery) -> AgingReport:
        """The ledger's answer to its own kind of question."""
        async with read_tx(self.database, OPERATOR, self.business_id) as tx:
            return await aging(tx, query)

    def paper(self, report: AgingReport) -> Paper:
        """An answer in the oracle's words, when each name is found to go with its id."""
        parties = {id: name for (side, name), id in self.teller.parties.items() if side == report.side}
        assert [parties[row.party_id] for row in report.rows] == [row.external_id for row in report.rows]
        assert list(report.rows) == sorted(report.rows, key=lambda row: (-row.total_minor, row.name, row.party_id))
        return Paper(
            tuple(
                Line(parties[row.party_id], row.name, row.currency, row.bands, row.unapplied_minor, row.total_minor)
                for row in report.rows
            ),
            {one.currency: (one.bands, one.unapplied_minor, one.total_minor) for one in report.totals},
            report.left_out,
        )
