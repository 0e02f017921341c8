"""Age the invoices of a raw file without Duebook: once in DuckDB's SQL, once in plain Python, which must agree.

    python checks/reference_aging.py FILE --layout ibm|highradius --as-of 2013-06-30 [--as-of …]
    python checks/reference_aging.py FILE --layout ibm|highradius --against REPORT.json

The first prints cents per party, currency and day as JSON. The second compares the output of
`duebook aging … --format json` with the same computation, prints what differs and exits with 1 if anything does.
An invoice counts from its issue date on, and no more from the day on which it was settled.
"""

import argparse
import csv
import gzip
import json
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, NamedTuple, TextIO

import duckdb

BUCKETS: Final = ("current", "days_1_30", "days_31_60", "days_61_90", "days_91_plus")

Buckets = tuple[int, ...]
Aging = dict[tuple[str, str], Buckets]
"""Cents by currency and party, then by bucket."""


class Layout(NamedTuple):
    """How a file's columns give an invoice, for both computations."""

    sql: str
    read: Callable[[dict[str, str]], "Invoice"]


class Invoice(NamedTuple):
    """What one row of a file says."""

    party: str
    currency: str
    issued: date
    due: date
    settled: date | None
    cents: int


def _ibm(row: dict[str, str]) -> Invoice:
    def day(text: str) -> date:
        month, day_of_month, year = text.split("/")
        return date(int(year), int(month), int(day_of_month))

    settled = row["SettledDate"]
    return Invoice(
        row["customerID"], "USD", day(row["InvoiceDate"]), day(row["DueDate"]), day(settled) if settled else None,
        _cents(row["InvoiceAmount"]),
    )  # fmt: skip


def _highradius(row: dict[str, str]) -> Invoice:
    issued, due = date.fromisoformat(row["posting_date"]), date.fromisoformat(row["due_in_date"])
    return Invoice(row["cust_number"], row["invoice_currency"], issued, due, None, _cents(row["total_open_amount"]))


def _cents(text: str) -> int:
    cents = Decimal(text) * 100
    if cents != int(cents):
        sys.exit(f"{text} has a fraction of a cent")
    return int(cents)


LAYOUTS: Final = {
    "ibm": Layout(
        """
        SELECT customerID AS party, 'USD' AS currency, strptime(InvoiceDate, '%-m/%-d/%Y')::DATE AS issued,
               strptime(DueDate, '%-m/%-d/%Y')::DATE AS due, strptime(SettledDate, '%-m/%-d/%Y')::DATE AS settled,
               (InvoiceAmount::DECIMAL(18, 4) * 100)::BIGINT AS cents
          FROM read_csv(?, all_varchar = true)
        """,
        _ibm,
    ),
    "highradius": Layout(
        """
        SELECT cust_number AS party, invoice_currency AS currency, posting_date::DATE AS issued,
               due_in_date::DATE AS due, NULL::DATE AS settled,
               (total_open_amount::DECIMAL(18, 4) * 100)::BIGINT AS cents
          FROM read_csv(?, all_varchar = true)
        """,
        _highradius,
    ),
}

AGED: Final = """
    WITH late AS (
        SELECT currency, party, cents, date_diff('day', due, $as_of::DATE) AS days
          FROM invoice
         WHERE issued <= $as_of::DATE AND (settled IS NULL OR settled > $as_of::DATE)
    )
    SELECT currency, party,
           coalesce(sum(cents) FILTER (WHERE days <= 0), 0)::BIGINT,
           coalesce(sum(cents) FILTER (WHERE days BETWEEN 1 AND 30), 0)::BIGINT,
           coalesce(sum(cents) FILTER (WHERE days BETWEEN 31 AND 60), 0)::BIGINT,
           coalesce(sum(cents) FILTER (WHERE days BETWEEN 61 AND 90), 0)::BIGINT,
           coalesce(sum(cents) FILTER (WHERE days > 90), 0)::BIGINT
      FROM late
     GROUP BY currency, party
"""


def aged_by_sql(connection: duckdb.DuckDBPyConnection, as_of: date) -> Aging:
    """What DuckDB makes of the table `invoice`."""
    rows = connection.execute(AGED, {"as_of": as_of.isoformat()}).fetchall()
    return {(currency, party): tuple(buckets) for currency, party, *buckets in rows}


def aged_by_python(invoices: list[Invoice], as_of: date) -> Aging:
    """The same, invoice by invoice."""
    aging: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0, 0, 0, 0])
    for invoice in invoices:
        if as_of < invoice.issued or (invoice.settled is not None and invoice.settled <= as_of):
            continue
        days = as_of.toordinal() - invoice.due.toordinal()
        if days < 1:
            bucket = 0
        elif days > 90:
            bucket = 4
        else:
            bucket = 1 + (days - 1) // 30
        aging[invoice.currency, invoice.party][bucket] += invoice.cents
    return {key: tuple(buckets) for key, buckets in aging.items()}


def aged(path: Path, layout: Layout, days: list[date]) -> dict[date, Aging]:
    """The aging as of each day, after both ways of computing it have agreed."""
    with opened(path) as file:
        invoices = [layout.read(row) for row in csv.DictReader(file)]
    connection = duckdb.connect(config={"autoinstall_known_extensions": False, "autoload_known_extensions": False})
    connection.execute("CREATE TABLE invoice AS " + layout.sql, [str(path)])
    agings = {}
    for day in days:
        agings[day] = aged_by_sql(connection, day)
        disagreements = list(compared(agings[day], aged_by_python(invoices, day), "SQL", "Python"))
        if disagreements:
            sys.exit("\n".join((f"as of {day} the two computations differ:", *disagreements)))
    return agings


def opened(path: Path) -> TextIO:
    """The text of the file, unpacked if its name says that it is gzipped."""
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8", newline="")
    return path.open(encoding="utf-8", newline="")


def compared(ours: Aging, theirs: Aging, our_name: str, their_name: str) -> Iterator[str]:
    """A line for each party whose buckets differ; a party that is missing owes nothing."""
    nothing = (0, 0, 0, 0, 0)
    for currency, party in sorted(ours.keys() | theirs.keys()):
        one, other = ours.get((currency, party), nothing), theirs.get((currency, party), nothing)
        if one != other:
            yield f"{party} {currency}: {our_name} {list(one)}, {their_name} {list(other)}"


def reported(report: dict[str, Any]) -> tuple[Aging, Aging]:
    """The rows and the totals of a report of Duebook, whose rows must add up to themselves."""
    rows: dict[tuple[str, str], Buckets] = {}
    for row in report["rows"]:
        key = row["currency"], row["external_id"]
        if key in rows:
            sys.exit(f"{key[1]} {key[0]} is in the report twice")
        if row["unapplied"] or sum(row["buckets"]) != row["total"]:
            sys.exit(f"{key[1]} {key[0]}: buckets {row['buckets']}, unapplied {row['unapplied']}, total {row['total']}")
        rows[key] = tuple(row["buckets"])
    return rows, {(total["currency"], "all parties"): tuple(total["buckets"]) for total in report["totals"]}


def differences(path: Path, layout: Layout, report: dict[str, Any]) -> list[str]:
    """Where a report of Duebook and the reference disagree."""
    day = date.fromisoformat(report["as_of"])
    reference = aged(path, layout, [day])[day]
    totals: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0, 0, 0, 0])
    for (currency, _), buckets in reference.items():
        for place, cents in enumerate(buckets):
            totals[currency, "all parties"][place] += cents
    rows, reported_totals = reported(report)
    found = [*compared(reference, rows, "reference", "report")]
    found += compared({key: tuple(sums) for key, sums in totals.items()}, reported_totals, "reference", "report")
    return [f"as of {day}, {line}" for line in found]


def as_json(agings: dict[date, Aging]) -> dict[str, dict[str, dict[str, dict[str, int]]]]:
    tree: dict[str, dict[str, dict[str, dict[str, int]]]] = {}
    for day, aging in agings.items():
        currencies = tree.setdefault(day.isoformat(), {})
        for (currency, party), buckets in sorted(aging.items()):
            cells = dict(zip(BUCKETS, buckets, strict=True)) | {"total": sum(buckets)}
            currencies.setdefault(currency, {})[party] = cells
    return tree


def main() -> int:
    parser = argparse.ArgumentParser(description="Age a raw file without Duebook, or hold a report against the result.")
    parser.add_argument("file", type=Path)
    parser.add_argument("--layout", choices=sorted(LAYOUTS), required=True)
    parser.add_argument("--as-of", type=date.fromisoformat, action="append", default=[], metavar="DATE")
    parser.add_argument("--against", type=Path, action="append", default=[], metavar="REPORT.json")
    arguments = parser.parse_args()
    layout = LAYOUTS[arguments.layout]
    if not arguments.as_of and not arguments.against:
        parser.error("give --as-of or --against")
    if arguments.as_of:
        json.dump(as_json(aged(arguments.file, layout, arguments.as_of)), sys.stdout, indent=1)
        print()
    lines: list[str] = []
    for report in arguments.against:
        lines += differences(arguments.file, layout, json.loads(report.read_text(encoding="utf-8")))
    print(*lines, sep="\n", end="\n" if lines else "", file=sys.stderr)
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
