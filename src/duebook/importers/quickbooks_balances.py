"""What QuickBooks says that customers and vendors owe, to be held against the books; nothing of it is recorded.

Units: amounts are minor units (int) of the currency beside them; bands are those of 1, 31, 61 and 91 days late.
Source: docs/howto/import-quickbooks.md, "Balances and reports".
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

from duebook.importers.quickbooks import PARTIES, Bodies, Entity
from duebook.ledger.facts import Side
from duebook.money import BadAmount, UnknownCurrency, format_minor, parse_minor

_REPORTS: Final = {"AgedReceivables": Side.RECEIVABLE, "AgedPayables": Side.PAYABLE}
_TITLES: Final = ("Current", "1 - 30", "31 - 60", "61 - 90", "91 and over", "Total")
_LAST_DAY: Final = date.max

Cells = tuple[int, ...]
"""Bands, youngest first, then their total; or the total alone."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What QuickBooks says of one party: as of a day, in base currency if a report says it."""

    where: str
    side: Side
    party_external_id: str
    party_name: str
    currency: str
    as_of: date
    in_base: bool
    cells: Cells


@dataclass(frozen=True, slots=True)
class Question:
    """The report that several expectations are held against."""

    side: Side
    as_of: date
    in_base: bool


def expected(bodies: Bodies) -> tuple[list[Expected], list[str]]:
    """What can be held against the books, and a word on each report that cannot."""
    found = [one for entity in bodies.of(PARTIES) for one in _balance(entity)]
    notices: list[str] = []
    for entity in bodies.reports:
        rows = list(_report(entity))
        found += rows
        if not rows:
            name = entity.fields["Header"]["ReportName"]
            notices.append(f"{entity.file}: a report of kind {name}, with nothing in it to compare")
    return found, notices


def questions(found: list[Expected]) -> list[Question]:
    """The reports to ask for."""
    return list(dict.fromkeys(Question(one.side, one.as_of, one.in_base) for one in found))


def differences(found: list[Expected], answers: Mapping[Question, Mapping[tuple[str, str], Cells]]) -> Iterator[str]:
    """A sentence for each party of which the books say something else; a party that is missing owes nothing."""
    for one in found:
        cells = answers[Question(one.side, one.as_of, one.in_base)].get((one.party_external_id, one.currency))
        there = cells or (0,) * len(_TITLES)
        if len(one.cells) == 1:
            there = there[-1:]
        if there != one.cells:
            theirs, ours = (_said(each, one.currency) for each in (one.cells, there))
            day = "" if one.as_of == _LAST_DAY else f" on {one.as_of}"
            yield f"{one.where}: {one.party_name}: QuickBooks has {theirs} {one.currency} open{day}; here it is {ours}"


def _balance(entity: Entity) -> Iterator[Expected]:
    """What a customer or vendor owes in all, whenever it falls due."""
    fields = entity.fields
    reference: Any = fields.get("CurrencyRef") or {}
    currency = str(reference.get("value", ""))
    balance_minor = _minor(fields.get("Balance"), currency)
    if balance_minor is not None:
        where = f"{entity.file} line {fields.line}"
        name = str(fields.get("DisplayName", entity.id))
        side = PARTIES[entity.kind]
        yield Expected(where, side, entity.id, name, currency, _LAST_DAY, in_base=False, cells=(balance_minor,))


def _report(entity: Entity) -> Iterator[Expected]:
    """The parties of a summary of receivables or payables by age."""
    header, columns = entity.fields["Header"], entity.fields.get("Columns", {}).get("Column", ())
    side = _REPORTS.get(str(header["ReportName"]))
    options = {str(one.get("Name")): one.get("Value") for one in header.get("Option", ())}
    said_on = str(options.get("report_date") or header.get("EndPeriod", ""))
    titles = tuple(str(column.get("ColTitle", "")) for column in columns)[1:]
    if side is None or titles != _TITLES:
        return
    try:
        as_of = date.fromisoformat(said_on)
    except ValueError:
        return
    currency = str(header.get("Currency", ""))
    for row in _leaves(entity.fields.get("Rows", {})):
        first, *values = row["ColData"]
        cells = tuple(_minor(str(value.get("value") or "0"), currency) for value in values)
        if first.get("id") and None not in cells:
            whole = tuple(cell for cell in cells if cell is not None)
            where, name = f"{entity.file} line {row.line}", str(first.get("value", first["id"]))
            yield Expected(where, side, str(first["id"]), name, currency, as_of, in_base=True, cells=whole)


def _leaves(rows: Any) -> Iterator[Any]:
    """The rows of a tree that hold amounts of one party, in order."""
    for row in rows.get("Row", ()):
        if "ColData" in row:
            yield row
        yield from _leaves(row.get("Rows", {}))


def _minor(value: Any, currency: str) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int | str | Decimal):
        return None
    try:
        return parse_minor(f"{value:f}" if isinstance(value, Decimal) else str(value), currency)
    except (BadAmount, UnknownCurrency):
        return None


def _said(cells: Cells, currency: str) -> str:
    return " | ".join(format_minor(cell, currency) for cell in cells)
