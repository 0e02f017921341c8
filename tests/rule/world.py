"""The books that an example of docs/rule.md keeps, and the answers to its questions in the page's own words.

Units: amounts are printed in major units; a currency is named where it is not the base currency.
Holds: a report that was asked for once can be asked for again by the version it carries, and is the same (T13).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time
from typing import Any, Final

from duebook.aging.changes import changes
from duebook.aging.explain import Cell, Explained, OpenItem, items
from duebook.aging.report import AgingQuery, AgingReport, Basis, Credits, aging
from duebook.aging.tieout import Suspect, TieOut, tie_out
from duebook.db.pool import Database
from duebook.ledger.commands import Command
from duebook.ledger.facts import Rate
from duebook.ledger.store import record
from duebook.ledger.verify import verify
from duebook.money import format_minor
from duebook.tenancy.businesses import NewBusiness, create_business
from duebook.tenancy.facts import OPERATOR, BusinessId, WireProfile
from duebook.tenancy.gate import read_tx, write_tx
from duebook.tenancy.partners import create_partner
from tests.rule.language import BASE_CURRENCY, Told

_ENTRIES: Final = """
    SELECT effective_on, kind, document_id, unapplied, due_on, cause_id, currency, amount_minor, base_minor
      FROM entry WHERE version = %s ORDER BY effective_on, sequence
"""

_BASES: Final = {
    Basis.BASE: f"in {BASE_CURRENCY} at booked rates",
    Basis.DOCUMENT: "in document currency",
    Basis.REVALUED: f"in {BASE_CURRENCY} at the rates of",
}

_CREDITS: Final = {
    Credits.EXCLUDE: "unapplied money left out",
    Credits.COLUMN: "unapplied money in a column",
    Credits.NET: "unapplied money in the bands",
}


@dataclass
class World:
    """One business, kept in the database."""

    database: Database
    business_id: BusinessId
    told: Told
    asked: list[tuple[AgingQuery, AgingReport]] = field(default_factory=list)

    @classmethod
    async def new(cls, database: Database, told: Told, zone: str) -> "World":
        """A business with empty books, made long ago, so that an example can say when it was recorded."""
        partner, _ = await create_partner(database, "Example Platform", WireProfile.PUBLISHED)
        new = NewBusiness(external_id=None, name="Example", base_currency=BASE_CURRENCY, time_zone=zone)
        business_id = (await create_business(database, partner.id, new)).business.id
        async with write_tx(database, OPERATOR, business_id, "example") as tx:
            await tx.connection.execute("UPDATE book SET recorded_at = '2000-01-01Z'")
        return cls(database, business_id, told)

    async def write(self, commands: Sequence[Command], recorded_on: date | None) -> None:
        """One version. Raises LedgerError."""
        database = self.database
        if recorded_on:
            noon = datetime.combine(recorded_on, time(12), UTC)
            database = replace(database, clock=lambda: noon)
        async with write_tx(database, OPERATOR, self.business_id, "example") as tx:
            await record(tx, commands)
            for row in await (await tx.connection.execute("SELECT id, external_id FROM party")).fetchall():
                self.told.parties[row.external_id] = row.id

    async def report(self, query: AgingQuery, now: datetime | None = None) -> AgingReport:
        """One report; it can be asked for again. Raises AgingError."""
        database = replace(self.database, clock=lambda: now) if now else self.database
        async with read_tx(database, OPERATOR, self.business_id) as tx:
            found = await aging(tx, query)
        self.asked.append((replace(query, as_of=found.as_of, known_at=found.known_at), found))
        return found

    async def explained(self, query: AgingQuery, party: str | None, band: str) -> list[str]:
        """The items behind a cell, and what they come to."""
        place: Any = "unapplied" if band == "unapplied" else None
        if band in (labels := [query.bands.label(one) for one in range(len(query.bands))]):
            place = labels.index(band)
        cell = Cell(self.told.parties[party] if party else None, place)
        async with read_tx(self.database, OPERATOR, self.business_id) as tx:
            found = await items(tx, query, cell)
            report = await aging(tx, replace(query, party_id=cell.party_id))
        assert found.total_minor == {BASE_CURRENCY: _cell(report, place)}
        return self._items(found)

    async def changed(self, query: AgingQuery, since: int) -> list[str]:
        """Each party before and after, and the entries between."""
        async with read_tx(self.database, OPERATOR, self.business_id) as tx:
            found = await changes(tx, query, since)
        return [
            *(
                f"{row.name} {_cells(row.before.bands, row.before.unapplied_minor)} "
                f"became {_cells(row.after.bands, row.after.unapplied_minor)}"
                for row in found.rows
            ),
            *(
                f"version {one.version}: {one.effective_on} {one.kind} {self._name(one.document.id)}"
                f"{self._cause(one.document.id, one.cause.id)} {_money(one.amount_minor)}"
                for one in found.entries
            ),
        ]

    async def entries(self, version: int) -> list[str]:
        """What one version added, in order of effective date."""
        async with read_tx(self.database, OPERATOR, self.business_id) as tx:
            rows = await (await tx.connection.execute(_ENTRIES, (version,))).fetchall()
        rows.sort(key=lambda row: (row.effective_on, self._name(row.document_id), row.due_on))
        return [self._entry(row) for row in rows]

    async def tied(self, balances: Sequence[tuple[date, int]]) -> list[str]:
        """The control account against the aging, and what is suspected."""
        async with read_tx(self.database, OPERATOR, self.business_id) as tx:
            found = await tie_out(tx, self.told.side, balances)
        return self._tied(found)

    async def hold(self) -> None:
        """Every report asked so far is the same again, and the books are proven."""
        async with read_tx(self.database, OPERATOR, self.business_id) as tx:
            for query, report in self.asked:
                assert await aging(tx, query) == report
            assert [str(finding) async for finding in verify(tx)] == []

    def _items(self, found: Explained) -> list[str]:
        (total_minor,) = found.total_minor.values()
        return [*map(self._item, found.items), f"together {_money(total_minor)}"]

    def _item(self, item: OpenItem) -> str:
        word = "plus" if item.unapplied else "less"
        taken = "".join(f" {word} {self._name(one.document_id)} {_money(one.amount_minor)}" for one in item.allocations)
        due = f", due {item.due_on} ({item.due_from.replace('_', ' ')})"
        days = f"{item.days_late} day{'' if item.days_late == 1 else 's'}"
        age = f", {days} old" if item.unapplied else f"{due}, {days} late"
        return (
            f"{self._name(item.document_id)} of {item.issued_on}{age}: "
            f"{_money(item.amount_minor, item.document_currency)}{taken} = {_money(item.open_minor, item.currency)}"
        )

    def _entry(self, row: Any) -> str:
        due = "" if row.unapplied else f" due {row.due_on}"
        base = f", {_money(row.base_minor)} {BASE_CURRENCY}" if row.currency != BASE_CURRENCY else ""
        return (
            f"{row.effective_on} {row.kind.replace('_', '-')} {self._name(row.document_id)}{due}"
            f"{self._cause(row.document_id, row.cause_id)} {_money(row.amount_minor, row.currency)}{base}"
        )

    def _cause(self, document_id: Any, cause_id: Any) -> str:
        return "" if cause_id == document_id else f" by {self._name(cause_id)}"

    def _tied(self, found: TieOut) -> list[str]:
        days = [
            f"{one.on} control {_money(one.control_minor)}, aging {_money(one.total_minor)}, "
            f"difference {_money(one.difference_minor)}"
            f"{f', beside {_money(one.beside_minor)}' if one.beside_minor else ''}"
            for one in found.days
        ]
        return days + [self._suspect(one) for one in found.suspects]

    def _suspect(self, one: Suspect) -> str:
        why = one.suspicion.replace("_", " ")
        amount_minor = one.exchange_minor or one.base_minor
        equals = ", which is the difference" if one.equals_difference else ""
        return f"suspected: {self._name(one.document_id)}, {why}, {_money(amount_minor)}{equals}"

    def _name(self, some_id: Any) -> str:
        return self.told.names[some_id]


def shown(report: AgingReport, *, totals: bool) -> list[str]:
    """A report in the page's words, with a line of totals if asked for."""
    named = report.basis is Basis.DOCUMENT
    lines = []
    for row in report.rows:
        name = f"{row.name} {row.currency}" if named else row.name
        sums = f" = {_money(row.total_minor, row.currency)}" if totals else ""
        lines.append(f"{name} {_cells(row.bands, row.unapplied_minor, row.currency)}{sums}")
    for total in report.totals if totals else ():
        cells = _cells(total.bands, total.unapplied_minor, total.currency)
        lines.append(f"total {cells} = {_money(total.total_minor, total.currency)}")
    lines += [f"left out {_money(left, currency)}" for currency, left in report.left_out.items()]
    return [*lines, *_rates(report.rates)] or ["nothing"]


def stated(report: AgingReport) -> list[str]:
    """What a report says of itself."""
    rates = f" {report.revalued_on}" if report.revalued_on else ""
    starts = [f"the books start on {report.books_start_on}"] if report.books_start_on else []
    closed = [f"closed through {report.closed_through}"] if report.closed_through else []
    return [
        f"as of {report.as_of}, known at {report.known_at}",
        f"{_BASES[report.basis]}{rates}, {_CREDITS[report.credits]}",
        ", ".join([f"days in {report.zone}", *starts, *closed]),
        *_rates(report.rates),
    ]


def _rates(rates: Iterable[Rate]) -> list[str]:
    return [f"rate {one.currency} {one.rate} of {one.quoted_on}" for one in rates]


def _cell(report: AgingReport, place: Any) -> int:
    (total,) = report.totals
    if place is None:
        return total.total_minor
    return total.unapplied_minor if place == "unapplied" else total.bands[place]


def _cells(bands: Iterable[int], unapplied_minor: int, currency: str = BASE_CURRENCY) -> str:
    cells = " | ".join(format_minor(one, currency) if one else "0" for one in bands)
    return cells + (f" unapplied {_money(unapplied_minor, currency)}" if unapplied_minor else "")


def _money(minor: int, currency: str = BASE_CURRENCY) -> str:
    amount = format_minor(minor, currency) if minor else "0"
    return amount if currency == BASE_CURRENCY else f"{amount} {currency}"
