"""Payments beside invoices, other programs' tables, opening items: what an import of them records and what it says."""

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Ended, Run

DATA = Path(__file__).parents[3] / "shared" / "data"
INVOICES = "Invoice,Customer,Date,Due,Amount\n"
PAYMENTS = "Payment ID,Invoice,Payment date,Amount\n"

Imported = Callable[..., Ended]


@pytest.fixture
def imported(run: Run, business: str, tmp_path: Path) -> Imported:
    """Imports invoices and payments, each given as lines, as JSON."""

    def imported(invoices: str = "", payments: str = "", options: str = "", side: str = "receivable") -> Ended:
        (tmp_path / "invoices.csv").write_text(INVOICES + invoices)
        (tmp_path / "payments.csv").write_text(PAYMENTS + payments)
        if not invoices:
            files = f"{tmp_path}/payments.csv --format payments"
        elif payments:
            files = f"{tmp_path}/invoices.csv --payments {tmp_path}/payments.csv"
        else:
            files = f"{tmp_path}/invoices.csv"
        return run(f"import {files} --business {business} --side {side} --json {options}")

    return imported


def aged(run: Run, business: str, as_of: str, side: str = "receivable") -> dict[str, tuple[int, int]]:
    """What each party's charges leave open on a day, and what is unapplied."""
    report = run(f"aging {side} --business {business} --as-of {as_of} --format json").json
    return {row["external_id"]: (sum(row["buckets"]), row["unapplied"]) for row in report["rows"]}


def test_faulty_lines_are_refused_or_left_out_and_listed_either_way(run: Run, business: str) -> None:
    """Given files with planted faults, when imported and then with the faults skipped, then the list is the same."""
    command = (
        "import like-ar-invoices.csv.gz --payments like-ar-payments.csv.gz --contacts like-ar-customers.csv "
        f"--business {business} --side receivable"
    )
    refused = run(f"{command} --json")
    assert (refused.code, refused.json["version"]) == (1, None)
    assert [(one["file"][8:12], one["line"], one["value"]) for one in refused.json["problems"]] == [
        ("invo", 6, "14/02/2025"),
        ("invo", 7, None),
        ("invo", 10, "N-02"),
        ("paym", 5, "N-99"),
        ("paym", 6, "N-05"),
        ("paym", 7, "N-07"),
        ("paym", 10, "2025-02-30"),
        ("paym", 11, "-20"),
        ("paym", 12, "P-02"),
        ("paym", 13, "N-06"),
    ]
    skipped = run(f"{command} --skip-problems --json")
    assert (skipped.code, skipped.json["version"]) == (0, 1)
    assert skipped.json["problems"] == refused.json["problems"]
    assert skipped.json["notices"][-2:] == [
        "like-ar-customers.csv line 6: there already, under the same name",
        "like-ar-payments.csv.gz line 9: 60.00 USD more than is open of N-09: it is unapplied",
    ]
    again = run(f"{command} --skip-problems --json").json
    assert (again["version"], again["there_before"]) == (None, 13)
    names = run(f"aging receivable --business {business} --as-of 2025-03-24 --format json").json["rows"]
    assert {row["name"] for row in names} == {"Kestrel Ltd", "Kiln & Co", "Kite GmbH", "Knoll SA"}


def test_what_is_left_out_is_said_in_words(run: Run, business: str) -> None:
    """Given files with faults, when imported without those lines, then the outcome and their number are said."""
    ended = run(
        "import like-ar-invoices.csv.gz --payments like-ar-payments.csv.gz --skip-problems "
        f"--business {business} --side receivable"
    )
    assert ended.out.splitlines()[-3:] == [
        "Read 8 rows of 4 customers.",
        "Read 9 payments.",
        "Recorded 7 invoices, 1 credit, 5 payments as version 1.",
    ]
    assert ended.err.splitlines()[-1] == (
        "duebook: the import of 2 files has 10 problems: the lines named are left out, as you asked"
    )


def test_later_payments_find_what_is_in_the_books(imported: Imported, run: Run, business: str) -> None:
    """Given invoices in the books, when payments come alone, then they fit what earlier ones have left."""
    assert imported("1,Ann,2025-01-10,2025-02-09,100\n", "P1,1,2025-02-01,60\n").json["version"] == 1
    later = imported(payments="P1,1,2025-02-01,60\nP2,1,2025-03-01,70\n").json
    assert later["added"] == {"charges": 0, "credits": 0, "payments": 1}
    assert later["there_before"] == 1
    assert later["notices"] == ["line 3: 30.00 USD more than is open of 1: it is unapplied"]
    assert aged(run, business, "2025-02-28") == {"Ann": (4000, 0)}
    assert aged(run, business, "2025-03-01") == {"Ann": (0, -3000)}
    assert imported(payments="P1,1,2025-02-01,60\nP2,1,2025-03-01,70\n").json["version"] is None


def test_bills_are_paid_in_the_same_way(imported: Imported, run: Run, business: str) -> None:
    """Given a bill and its payment, when imported as payables, then the bill is paid on that day."""
    assert imported("1,Ann,2025-01-10,2025-02-09,100\n", "P1,1,2025-02-01,60\n", side="payable").code == 0
    assert aged(run, business, "2025-02-01", "payable") == {"Ann": (4000, 0)}


def test_what_the_books_refuse_can_be_skipped_too(imported: Imported, run: Run, business: str) -> None:
    """Given a line that the books have with another amount, when skipped, then all others are recorded."""
    imported("1,Ann,2025-01-10,2025-02-09,100\n")
    lines = "1,Ann,2025-01-10,2025-02-09,101\n2,Ann,2025-01-11,2025-02-10,7\n3,Bob,2025-01-11,,5 EUR\n"
    refused = imported(lines, "P1,2,2025-02-01,5\n")
    assert [one["rule"] for one in refused.json["problems"]] == ["is not in USD, the currency of its row"]
    ended = imported(lines, "P1,2,2025-02-01,5\n", "--skip-problems").json
    assert [(one["line"], one["rule"]) for one in ended["problems"]] == [
        (2, "is recorded already, with another amount"),
        (4, "is not in USD, the currency of its row"),
    ]
    assert ended["added"] == {"charges": 1, "credits": 0, "payments": 1}
    assert aged(run, business, "2025-02-01") == {"Ann": (10200, 0)}


def test_a_payment_of_a_refused_invoice_is_refused_with_it(imported: Imported, run: Run, business: str) -> None:
    """Given invoices of a closed month and of an open one, when skipped, then the payments of the first go with it."""
    imported("1,Ann,2025-01-10,2025-02-09,100\n")
    assert run(f"close --business {business} --through 2025-01-31").code == 0
    lines = "1,Ann,2025-01-10,2025-02-09,100\n2,Ann,2025-01-20,,50\n3,Bob,2025-02-03,,8\n4,Cid,2025-01-31,,9\n"
    ended = imported(lines, "P2,2,2025-02-10,50\nP3,3,2025-02-10,8\n", "--skip-problems").json
    assert [(one["file"], one["line"], one["rule"]) for one in ended["problems"]] == [
        ("invoices.csv", 3, "would take effect on 2025-01-20, and the books are closed through 2025-01-31"),
        ("invoices.csv", 5, "would take effect on 2025-01-31, and the books are closed through 2025-01-31"),
        ("payments.csv", 2, "needs charge Ann:2, which is not in the books"),
    ]
    assert ended["added"] == {"charges": 1, "credits": 0, "payments": 1}


def test_a_column_that_does_not_tell_cannot_be_skipped(imported: Imported) -> None:
    """Given dates that may begin with the day or the month, when told to skip problems, then nothing is recorded."""
    ended = imported("1,Ann,03/04/2025,04/05/2025,100\n", options="--skip-problems")
    assert (ended.code, ended.json["version"]) == (1, None)
    assert [one["line"] for one in ended.json["problems"]] == [None, None]


def test_opening_items_count_from_the_start_of_the_books(imported: Imported, run: Run, business: str) -> None:
    """Given books that start later, when old open items come in, then they count from that day, as late as they are."""
    line = "1,Ann,2024-10-01,2024-10-31,100\n"
    assert run(f"start --business {business} --on 2025-01-01").code == 0
    assert [one["rule"] for one in imported(line).json["problems"]] == [
        "2024-10-01 is before the books start, on 2025-01-01: record it as an opening item"
    ]
    assert imported(line, options="--opening").json["added"]["charges"] == 1
    report = run(f"aging receivable --business {business} --as-of 2025-01-01 --format json").json
    assert [row["buckets"] for row in report["rows"]] == [[0, 0, 0, 10000, 0]]


def test_a_settled_row_is_no_opening_item(run: Run, business: str, tmp_path: Path) -> None:
    """Given a row that was paid, when it comes as an opening item, then its line is refused."""
    (tmp_path / "items.csv").write_text("Invoice,Customer,Date,Amount,Paid date\n1,Ann,2024-10-01,5,2024-11-01\n")
    ended = run(f"import {tmp_path}/items.csv --opening --business {business} --side receivable --json")
    rule = "settles it, and only what is open is an opening item: leave the line or the date out"
    assert ended.json["problems"] == [{"line": 2, "column": "Paid date", "value": "2024-11-01", "rule": rule}]


def test_balances_of_quickbooks_are_compared(run: Run, business: str) -> None:
    """Given bodies and the balances after them, when imported, then they differ until all bodies are there."""
    first = f"import like-quickbooks-sales.json --format quickbooks --business {business} --json"
    customers = first.replace("sales", "customers")
    assert run(first).code == 0
    assert run(customers).json["notices"] == [
        "like-quickbooks-customers.json line 13: Reed & Rush: QuickBooks has -40.00 USD open; here it is 95.00"
    ]
    assert run(first.replace("sales", "changes")).json["undone"] == 2
    assert run(customers).json["notices"] == []


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ("like-xero.csv --format xero --side payable", "files of format xero hold both sides: leave --side out"),
        ("bills.csv", "say --side receivable or --side payable"),
        ("bills.csv invoices.csv --side payable", "name one file"),
        ("--format quickbooks", "name one file or more"),
        ("like-xero.csv --format xero --payments bills.csv", "--payments is for --format csv"),
        ("like-xero.csv --format xero --column number=x", "--column is for --format csv"),
        ("bills.csv --side payable --opening --payments bills.csv", "what is paid is no opening item"),
        ("bills.csv --side payable --payments bills.csv --payment-column x", "'x' is not one FIELD=COLUMN"),
    ],
)
def test_wishes_that_do_not_go_together_are_refused(options: str, said: str, run: Run, business: str) -> None:
    """Given options of different formats, when imported, then the command line is refused and says which."""
    ended = run(f"import {options} --business {business}")
    assert (ended.code, said in ended.err) == (2, True)


RECORDED = DATA / "quickbooks-online-recorded"


def balances() -> list[tuple[str, str, str]]:
    """Customers with something open: those of the recorded company, else made-up ones."""
    if not RECORDED.exists():
        return [("1", "Oak Orchard", "70.50"), ("2", "Reed & Rush", "5133.52")]
    body: Any = json.loads((RECORDED / "query_customers.json").read_text())
    customers = body["QueryResponse"]["Customer"]
    return [(one["Id"], one["DisplayName"], f"{one['Balance']:.2f}") for one in customers if one["Balance"]]


def test_moved_in_balances_tie_out_with_the_general_ledger(run: Run, business: str, tmp_path: Path) -> None:
    """Given customers' balances as opening items, when tied out with what the general ledger shows, then it agrees."""
    with (tmp_path / "items.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["Customer ID", "Customer name", "Invoice", "Date", "Amount"])
        writer.writerows([number, name, f"OB-{number}", "2020-09-29", amount] for number, name, amount in balances())
    assert run(f"start --business {business} --on 2020-09-29").code == 0
    assert run(f"import {tmp_path}/items.csv --opening --business {business} --side receivable").code == 0
    tied = run(f"tie-out receivable --business {business} --balance 5204.02 --on 2020-09-29")
    assert (tied.code, tied.err) == (0, "")
