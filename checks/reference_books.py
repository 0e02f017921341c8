"""Age the books that raw files hold without Duebook, and hold its report against the result.

    python -m checks.reference_books ar INVOICES PAYMENTS --as-of 2025-06-30 [--as-of …] [--against REPORT.json …]
    python -m checks.reference_books xero INVOICES --base CAD --side receivable --as-of 2021-03-01 …
    python -m checks.reference_books quickbooks BODY.json … --side payable --as-of 2025-06-30 …

Invoices and payments and Xero's table are computed twice, in DuckDB's SQL and in plain Python, which must agree;
QuickBooks bodies in plain Python. The result is cents by currency and party: five bands, then unapplied money.
Without --against it is printed as JSON. A report is the output of `duebook aging … --credits column --format json`.

What files get wrong is left out: see raw_books.py.
"""

import argparse
import json
import sys
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Final

import duckdb

from checks.raw_books import AR, XERO, Event, ar_events, quickbooks_events, xero_events

Cells = tuple[int, int, int, int, int, int]
"""Cents: current, 1-30, 31-60, 61-90, 91 and more days late, unapplied."""
Aging = dict[tuple[str, str], Cells]
"""By currency and party; parties with nothing open are left out."""

NOTHING: Final[Cells] = (0, 0, 0, 0, 0, 0)


def aged(events: Iterable[Event], as_of: date) -> Aging:
    """Sum up the events until a day, one by one."""
    sums: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0] * 6)
    for event in events:
        if event.on > as_of:
            continue
        if event.due is None:
            place = 5
        else:
            days = (as_of - event.due).days
            place = 0 if days < 1 else 4 if days > 90 else (days + 29) // 30
        sums[event.currency, event.party][place] += event.cents
    return {key: tuple(cells) for key, cells in sums.items() if any(cells)}  # type: ignore[misc]  # six of them


SUMMED: Final = """
    SELECT currency, party,
           coalesce(sum(cents) FILTER (WHERE late <= 0), 0)::BIGINT,
           coalesce(sum(cents) FILTER (WHERE late BETWEEN 1 AND 30), 0)::BIGINT,
           coalesce(sum(cents) FILTER (WHERE late BETWEEN 31 AND 60), 0)::BIGINT,
           coalesce(sum(cents) FILTER (WHERE late BETWEEN 61 AND 90), 0)::BIGINT,
           coalesce(sum(cents) FILTER (WHERE late > 90), 0)::BIGINT,
           coalesce(sum(cents) FILTER (WHERE due IS NULL), 0)::BIGINT
      FROM (SELECT *, date_diff('day', due, $as_of::DATE) AS late FROM event WHERE on_day <= $as_of::DATE)
     GROUP BY currency, party
"""


def by_sql(script: str, values: Sequence[Sequence[Any]], days: Sequence[date]) -> dict[date, Aging]:
    """What DuckDB makes of the files: `values` are those of each statement in turn."""
    connection = duckdb.connect(config={"autoinstall_known_extensions": False, "autoload_known_extensions": False})
    waiting = list(values)
    for statement in filter(str.strip, script.split(";")):
        connection.execute(statement, list(waiting.pop(0)) if "?" in statement else None)
    agings = {}
    for day in days:
        rows = connection.execute(SUMMED, {"as_of": day.isoformat()}).fetchall()
        agings[day] = {(row[0], row[1]): tuple(row[2:]) for row in rows if any(row[2:])}
    return agings


def reported(report: dict[str, Any]) -> Aging:
    """The rows of a report of Duebook, each of which adds up to its total, and all of them to the totals."""
    rows: Aging = {}
    sums: dict[str, list[int]] = defaultdict(lambda: [0] * 6)
    for row in report["rows"]:
        cells = (*row["buckets"], row["unapplied"])
        if sum(cells) != row["total"]:
            sys.exit(f"{row['external_id']} {row['currency']}: {cells} do not add up to {row['total']}")
        rows[row["currency"], row["external_id"]] = cells
        sums[row["currency"]] = [one + other for one, other in zip(sums[row["currency"]], cells, strict=True)]
    for total in report["totals"]:
        if [*total["buckets"], total["unapplied"]] != sums[total["currency"]]:
            sys.exit(f"the rows in {total['currency']} do not add up to the totals")
    return rows


def compared(ours: Aging, theirs: Aging, our_name: str, their_name: str) -> list[str]:
    """A line for each party whose cells differ; a party that is missing owes nothing."""
    return [
        f"{party} {currency}: {our_name} {list(ours.get((currency, party), NOTHING))}, "
        f"{their_name} {list(theirs.get((currency, party), NOTHING))}"
        for currency, party in sorted(ours.keys() | theirs.keys())
        if ours.get((currency, party), NOTHING) != theirs.get((currency, party), NOTHING)
    ]


def ar(invoices: Path, payments: Path, days: Sequence[date]) -> dict[date, Aging]:
    """Invoices and payments, computed twice."""
    return agreed(by_sql(AR, [[str(invoices)], [str(payments)]], days), list(ar_events(invoices, payments)))


def xero(invoices: Path, side: str, base: str | None, days: Sequence[date]) -> dict[date, Aging]:
    """Xero's table, computed twice; in the base currency if it is given."""
    kind = "ACCREC" if side == "receivable" else "ACCPAY"
    values: list[list[Any]] = [[str(invoices), kind], [base, base is not None]]
    return agreed(by_sql(XERO, values, days), list(xero_events(invoices, side, base)))


def quickbooks(bodies: Sequence[Path], side: str, days: Sequence[date]) -> dict[date, Aging]:
    """Bodies of QuickBooks Online, computed once."""
    events = list(quickbooks_events(bodies, side))
    return {day: aged(events, day) for day in days}


def agreed(sql: dict[date, Aging], events: Sequence[Event]) -> dict[date, Aging]:
    """What DuckDB says, if plain Python says the same."""
    for day, aging in sql.items():
        lines = compared(aging, aged(events, day), "SQL", "Python")
        if lines:
            sys.exit("\n".join((f"as of {day} the two computations differ:", *lines)))
    return sql


def main() -> int:
    parser = argparse.ArgumentParser(description="Age raw books without Duebook, or hold reports against the result.")
    parser.add_argument("layout", choices=["ar", "xero", "quickbooks"])
    parser.add_argument("files", type=Path, nargs="+")
    parser.add_argument("--side", choices=["receivable", "payable"], default="receivable")
    parser.add_argument("--base")
    parser.add_argument("--as-of", type=date.fromisoformat, action="append", default=[], metavar="DATE")
    parser.add_argument("--against", type=Path, action="append", default=[], metavar="REPORT.json")
    given = parser.parse_args()
    reports = [json.loads(path.read_text(encoding="utf-8")) for path in given.against]
    days = given.as_of + [date.fromisoformat(report["as_of"]) for report in reports]
    match given.layout:
        case "ar":
            agings = ar(given.files[0], given.files[1], days)
        case "xero":
            agings = xero(given.files[0], given.side, given.base, days)
        case _:
            agings = quickbooks(given.files, given.side, days)
    lines = []
    for report in reports:
        found = compared(agings[date.fromisoformat(report["as_of"])], reported(report), "reference", "report")
        lines += [f"as of {report['as_of']}, {line}" for line in found]
    if not reports:
        tree = {
            str(day): {f"{party} {currency}": cells for (currency, party), cells in aging.items()}
            for day, aging in agings.items()
        }
        json.dump(tree, sys.stdout, indent=1)
        print()
    print(*lines, sep="\n", end="\n" if lines else "", file=sys.stderr)
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
