"""Read a table of invoices or bills column by column, then row by row, whatever kind of file it came from.

Units: amounts are minor units (int) of the currency of their row; dates are calendar days; lines count from 1.
Holds: the values of a column are all read the same way; a column that can be read in two ways is a problem.
Source: docs/howto/import-csv.md, "What is found out by itself".
"""

import dataclasses
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final
from zoneinfo import ZoneInfo

from duebook.importers import amounts, dates
from duebook.importers.amounts import AmountColumn, DecimalMark
from duebook.importers.columns import names_other_side
from duebook.importers.dates import DateColumn, DateFormat
from duebook.importers.invoices import RowReader, is_credit
from duebook.importers.rows import Cells, Field, ImportRow, MappedColumn, Problem, shown
from duebook.ledger.facts import Side
from duebook.money import UnknownCurrency, exponent

_DATE_FIELDS: Final[tuple[Field, ...]] = ("issued_on", "received_on", "due_on", "settled_on")
_VALUES_SHOWN: Final = 4


@dataclass(frozen=True, slots=True)
class Table:
    """A table as it was read: its columns, now with how their values are written, and its rows."""

    columns: tuple[MappedColumn, ...]
    rows: tuple[ImportRow, ...]
    problems: tuple[Problem, ...]
    notices: tuple[str, ...]
    refused: dict[str, int] = dataclasses.field(default_factory=dict)


def read_table(
    lines: Sequence[Cells],
    mapped: Mapping[Field, MappedColumn],
    *,
    side: Side,
    currency: str,
    date_format: DateFormat | None,
    decimal_mark: DecimalMark | None,
    zone: ZoneInfo,
) -> Table:
    """All rows of the table, or what stands in the way. The wishes are those of `read_csv`."""
    columns = dict(mapped)
    problems: list[Problem] = []
    notices = _about_names(columns, side)
    notices += _kind_column(lines, columns)
    days, more = _date_columns(lines, columns, date_format, problems)
    notices += more
    amount = _amount_column(lines, columns, currency, decimal_mark, problems)
    columns["amount"] = replace(columns["amount"], reading=str(amount) if amount else None)
    for field, written in days.items():
        columns[field] = replace(columns[field], reading=str(written) if written else None)
    in_order = tuple(sorted(columns.values(), key=lambda column: column.position))
    reader = RowReader({field: column.column for field, column in columns.items()}, days, amount, currency, zone)
    rows = [row for row in map(reader.row, lines) if row is not None]
    if problems:
        # A column could not be read, so the rows are only good for the problems of their other cells.
        return Table(in_order, (), (*problems, *reader.problems), tuple(notices))
    return Table(
        in_order,
        tuple(map(reader.named, rows)),
        tuple(reader.problems),
        (*notices, *reader.notices()),
        reader.refused,
    )


def unread(name: str, values: Counter[str]) -> str:
    """The notice that a column was left alone, with what it says most often."""
    said = ", ".join(f"{shown(value)} {count:,}" for value, count in values.most_common(_VALUES_SHOWN))
    more = ", …" if len(values) > _VALUES_SHOWN else ""
    return f"{name!r} is not read and changes nothing; it says {said}{more}"


def _about_names(columns: Mapping[Field, MappedColumn], side: Side) -> list[str]:
    party = columns.get("party_id") or columns["party_name"]
    if names_other_side(party.column, side):
        return [f"the file names its parties {party.column!r}; as you asked, they are imported as {side.value}s"]
    return []


def _kind_column(lines: Sequence[Cells], columns: dict[Field, MappedColumn]) -> list[str]:
    """Leaves a guessed column of kinds alone unless each of its values is a known word."""
    kind = columns.get("kind")
    said = Counter(line.kind for line in lines)
    if kind is None or kind.how == "overridden" or None not in map(is_credit, said):
        return []
    del columns["kind"]
    return [unread(kind.column, said)]


def _date_columns(
    lines: Sequence[Cells],
    columns: Mapping[Field, MappedColumn],
    date_format: DateFormat | None,
    problems: list[Problem],
) -> tuple[dict[Field, DateColumn | None], list[str]]:
    """How each column of dates is written. One that its own values leave open follows the others of the file."""
    values = {field: Counter[str](getattr(line, field) for line in lines) for field in _DATE_FIELDS if field in columns}
    written = {field: dates.decide(counts, date_format) for field, counts in values.items()}
    orders = {column.order for column in written.values() if column and column.order != "ymd"}
    notices = []
    for field, column in written.items():
        if column is not None:
            continue
        name = columns[field].column
        if orders in ({"mdy"}, {"dmy"}):
            written[field] = dates.decide(values[field], "mdy" if "mdy" in orders else "dmy")
            notices.append(f"{name!r} is read as {written[field]}, as the other dates of the file are written")
        else:
            example = next(text for text in values[field] if not dates.is_blank(text))
            rule = "may begin with the day or the month, and the column does not tell: say --date-format dmy or mdy"
            problems.append(Problem(None, name, example, rule))
    return written, notices


def _amount_column(
    lines: Sequence[Cells],
    columns: Mapping[Field, MappedColumn],
    currency: str,
    decimal_mark: DecimalMark | None,
    problems: list[Problem],
) -> AmountColumn | None:
    """How the amounts are written."""
    if decimal_mark is not None:
        return AmountColumn(decimal_mark)
    values = Counter(line.amount for line in lines)
    written = amounts.decide(values, max(_places(each) for each in {currency, *(line.currency for line in lines)}))
    if written is None:
        example = next(text for text in values if "." in text or "," in text)
        rule = "may have thousands or decimals behind its mark, and the column does not tell: say --decimal-mark . or ,"
        problems.append(Problem(None, columns["amount"].column, example, rule))
    return written


def _places(currency: str) -> int:
    """Decimal places of a currency, 0 if there is no such currency (its row says so)."""
    try:
        return exponent(currency.upper())
    except UnknownCurrency:
        return 0
