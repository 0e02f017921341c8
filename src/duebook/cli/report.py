"""An aging report as the command line prints it: JSON in minor units, CSV in decimals, or a table.

Units: minor units of the currency beside them; decimals, with all places of that currency, in CSV and tables.
Holds: the three formats say the same numbers; no text of a CSV file is a formula to a spreadsheet.
Source: docs/howto/command-line.md, "Aging".
"""

from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

import msgspec

from duebook.aging.bands import Bands
from duebook.aging.report import AgingReport, Credits
from duebook.cli.output import grouped, print_json, print_table, printable, remark
from duebook.cli.stated import Stated, stated
from duebook.exports.cells import csv_line
from duebook.ledger.facts import Side
from duebook.money import format_minor


class Format(StrEnum):
    """How a report is printed."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One party in one currency. A party of a file has no id."""

    party_id: UUID | None
    external_id: str | None
    name: str
    currency: str
    buckets: tuple[int, ...]
    unapplied: int
    total: int


class Total(msgspec.Struct, frozen=True, kw_only=True):
    """All parties in one currency."""

    currency: str
    buckets: tuple[int, ...]
    unapplied: int
    total: int


class Report(Stated, frozen=True, kw_only=True):
    """The JSON body."""

    rows: tuple[Row, ...]
    totals: tuple[Total, ...]
    left_out: Mapping[str, int]


def of_books(report: AgingReport) -> Report:
    """What is printed of the books of a business."""
    return Report(
        **stated(report),
        rows=tuple(
            Row(
                party_id=row.party_id,
                external_id=row.external_id,
                name=row.name,
                currency=row.currency,
                buckets=row.bands,
                unapplied=row.unapplied_minor,
                total=row.total_minor,
            )
            for row in report.rows
        ),
        totals=tuple(
            Total(currency=one.currency, buckets=one.bands, unapplied=one.unapplied_minor, total=one.total_minor)
            for one in report.totals
        ),
        left_out=report.left_out,
    )


def print_report(report: Report, form: Format) -> None:
    """Print it on standard output; what a format has no place for goes to standard error."""
    match form:
        case Format.JSON:
            print_json(report)
        case Format.CSV:
            _print_csv(report)
            for sentence in (*report.sentences, *_left_out(report)):
                remark(f"duebook: {sentence}")
        case Format.TABLE:
            _print_as_table(report)


def _print_csv(report: Report) -> None:
    bands = report.bands
    headers = [_csv_header(bands, band) for band in range(len(bands))]
    print(csv_line(["party_id", "external_id", "name", "currency", *headers, "unapplied", "total"]), end="")
    for row in report.rows:
        amounts = [Decimal(format_minor(amount, row.currency)) for amount in (*row.buckets, row.unapplied, row.total)]
        who = (str(row.party_id) if row.party_id else None, row.external_id, row.name, row.currency)
        print(csv_line([*who, *amounts]), end="")


def _csv_header(bands: Bands, band: int) -> str:
    """A name for a column: days_1_30, since a spreadsheet would read 1-30 as a date."""
    if band == len(bands) - 1:
        return f"days_{bands.edges[-1]}_over"
    upper = bands.edges[band] - 1
    if band == 0:
        return "current" if upper == 0 else f"days_to_{upper}"
    return f"days_{bands.edges[band - 1]}_{upper}"


def _print_as_table(report: Report) -> None:
    bands = report.bands
    for sentence in report.sentences:
        print(printable(sentence))
    print()
    shows_unapplied = report.credits is Credits.COLUMN
    amounts = [bands.label(band) for band in range(len(bands))] + ["unapplied"] * shows_unapplied + ["total"]
    who = "customer" if report.side is Side.RECEIVABLE else "vendor"
    rows = [(row.name, row.currency, *_amounts(row, shows_unapplied)) for row in report.rows]
    rows += [("total", one.currency, *_amounts(one, shows_unapplied)) for one in report.totals]
    print_table((who, "", *amounts), rows, numbers=range(2, len(amounts) + 2), last=len(report.totals))
    for sentence in _left_out(report):
        print()
        print(sentence)


def _amounts(line: Row | Total, shows_unapplied: bool) -> list[str]:
    minors = (*line.buckets, *((line.unapplied,) if shows_unapplied else ()), line.total)
    return [grouped(minor, line.currency) for minor in minors]


def _left_out(report: Report) -> list[str]:
    if not report.left_out:
        return []
    sums = ", ".join(f"{grouped(minor, currency)} {currency}" for currency, minor in report.left_out.items())
    return [f"Not counted: unapplied payments and credits of {sums}"]
