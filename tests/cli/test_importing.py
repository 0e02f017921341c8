"""What an import records, and what stays out."""

import random
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.cli.conftest import Ended, Run

HEADER = "number,customer,issued,due,paid,amount,currency"
COLUMNS = "--column issued_on=issued --column due_on=due --column settled_on=paid"


@pytest.fixture
def imported(run: Run, business: str, tmp_path: Path) -> Any:
    """Imports lines of a file below the usual header, as JSON, with options."""

    def imported(lines: list[str], options: str = "") -> Ended:
        file = tmp_path / "file.csv"
        file.write_text("\n".join([HEADER, *lines, ""]), encoding="utf-8")
        return run(f"import {file} --business {business} --side receivable {COLUMNS} --json {options}")

    return imported


def aged(run: Run, business: str, as_of: str) -> dict[str, tuple[int, int]]:
    """What each party's charges leave open on a day, and what is unapplied."""
    report = run(f"aging receivable --business {business} --as-of {as_of} --format json").json
    return {row["external_id"]: (sum(row["buckets"]), row["unapplied"]) for row in report["rows"]}


def test_one_bad_line_keeps_everything_out(imported: Any, run: Run, business: str) -> None:
    """Given 5,000 rows of which line 4,711 has no amount, when imported, then it is named and nothing is recorded."""
    lines = [f"{number},C-{number % 50},2025-01-01,2025-01-31,,10.00,USD" for number in range(2, 5001)]
    lines[4711 - 2] = "4711,C-1,2025-01-01,2025-01-31,,,USD"
    ended = imported(lines)
    assert ended.code == 1
    assert ended.json["problems"] == [{"line": 4711, "column": "amount", "value": None, "rule": "is empty"}]
    assert ended.json["version"] is None
    assert aged(run, business, "2025-03-01") == {}


def test_all_problems_are_listed_in_json_and_twenty_of_them_in_words(imported: Any, run: Run, business: str) -> None:
    """Given 30 bad lines, when imported, then JSON has them all, and words have the first 20 and a count."""
    bad = [f"{number},A,2025-13-01,2025-01-31,,1,USD" for number in range(30)]
    good = [f"{number},A,2025-01-01,2025-01-31,,1,USD" for number in range(30, 90)]
    ended = imported([*bad, *good])
    assert [problem["line"] for problem in ended.json["problems"]] == list(range(2, 32))
    file = ended.json["file"]
    said = run(f"import {file} --business {business} --side receivable {COLUMNS}").err.splitlines()
    assert [line.split(",")[0] for line in said[:20]] == [f"line {number}" for number in range(2, 22)]
    assert said[20:] == [
        "and 10 more; JSON lists them all",
        f"duebook: {file} has 30 problems: nothing is recorded",
    ]


def test_a_trial_records_nothing(imported: Any, run: Run, business: str) -> None:
    """Given a good file, when it is only tried, then it says what it would do and the books stay empty."""
    ended = imported(["1,A,2025-01-01,2025-01-31,,10.00,USD"], "--dry-run")
    assert (ended.code, ended.json["added"]["charges"], ended.json["version"]) == (0, 1, None)
    assert aged(run, business, "2025-03-01") == {}


def test_a_file_recorded_before_adds_nothing(imported: Any) -> None:
    """Given a recorded file, when it is imported again, then there is no new version."""
    lines = ["1,A,2025-01-01,2025-01-31,,10.00,USD", "2,A,2025-01-01,2025-01-31,2025-02-01,10.00,USD"]
    assert imported(lines).json["version"] == 1
    again = imported(lines).json
    assert (again["version"], again["there_before"]) == (None, 3)
    assert again["added"] == {"charges": 0, "credits": 0, "payments": 0}


def test_a_later_file_settles_what_an_earlier_one_left_open(imported: Any, run: Run, business: str) -> None:
    """Given an open invoice, when a later file says when it was paid, then it is paid from that day on."""
    imported(["1,A,2025-01-01,2025-01-31,,10.00,USD"])
    later = imported(["1,A,2025-01-01,2025-01-31,2025-02-10,10.00,USD"]).json
    assert later["added"] == {"charges": 0, "credits": 0, "payments": 1}
    assert aged(run, business, "2025-02-09") == {"A": (1000, 0)}
    assert aged(run, business, "2025-02-10") == {}


def test_two_parties_may_use_one_number(imported: Any, run: Run, business: str) -> None:
    """Given one number for two parties, colons and all, when imported, then both are recorded."""
    lines = ["b:1,a,2025-01-01,,,1,USD", "1,a:b,2025-01-01,,,2,USD", "b%3A1,a,2025-01-01,,,4,USD"]
    assert imported(lines).json["added"]["charges"] == 3
    assert aged(run, business, "2025-02-01") == {"a": (500, 0), "a:b": (200, 0)}


def test_rows_without_a_number_are_recorded_each_time(imported: Any, run: Run, business: str) -> None:
    """Given a paid and an open row without numbers, when imported twice, then both are there twice."""
    lines = [",A,2025-01-01,2025-01-31,,10.00,USD", ",A,2025-01-01,2025-01-31,2025-01-31,7.00,USD"]
    for version in (1, 2):
        assert imported(lines).json["version"] == version
    assert aged(run, business, "2025-01-30") == {"A": (3400, 0)}
    assert aged(run, business, "2025-02-01") == {"A": (2000, 0)}


def test_a_payment_before_its_invoice_is_unapplied_until_then(imported: Any, run: Run, business: str) -> None:
    """Given a row settled before it is issued, when aged in between, then the money is there and nothing is owed."""
    imported(["1,A,2025-01-10,2025-01-31,2025-01-05,10.00,USD"])
    assert aged(run, business, "2025-01-07") == {"A": (0, -1000)}
    assert aged(run, business, "2025-01-10") == {}


def test_a_negative_amount_is_a_credit(imported: Any, run: Run, business: str) -> None:
    """Given a negative row, when imported, then it is unapplied money from its own day, and said to be a credit."""
    ended = imported(["1,A,2025-01-10,,,-10.00,USD", "2,A,2025-01-11,,,0,USD"]).json
    assert ended["added"] == {"charges": 1, "credits": 1, "payments": 0}
    assert "1 row is a credit (line 2)" in ended["notices"]
    assert aged(run, business, "2025-01-10") == {"A": (0, -1000)}


@pytest.mark.parametrize(
    ("currency", "amount", "rate", "base_minor"),
    [
        ("CAD", "10.02", "0.75", 752),  # 7.515: half to even
        ("CAD", "10.06", "0.75", 754),  # 7.545
        ("JPY", "1001", "0.0065", 651),
        ("KWD", "1.005", "3.25", 327),  # 3.26625
    ],
)
def test_a_foreign_amount_is_booked_at_the_rate_given(
    currency: str, amount: str, rate: str, base_minor: int, imported: Any, run: Run, business: str
) -> None:
    """Given a rate, when a foreign row is imported, then its base amount is rounded half to even, once."""
    assert imported([f"1,A,2025-01-10,,,{amount},{currency}"], f"--rate {currency}={rate} --decimal-mark .").code == 0
    assert aged(run, business, "2025-01-10") == {"A": (base_minor, 0)}


def test_rows_that_name_no_currency_take_the_one_given(imported: Any, run: Run, business: str) -> None:
    """Given a currency for the rows that name none, when imported, then those alone are in it."""
    lines = ["1,A,2025-01-10,,,10.00,", "2,A,2025-01-10,,,1.00,USD"]
    ended = imported(lines, "--currency cad")
    assert [problem["value"] for problem in ended.json["problems"]] == ["CAD"]
    assert imported(lines, "--currency cad --rate CAD=0.5").code == 0
    assert aged(run, business, "2025-01-10") == {"A": (600, 0)}


def test_what_the_books_refuse_is_named_by_its_line(imported: Any) -> None:
    """Given a paid invoice, when a later file has it paid on another day, then its line is refused, and all others."""
    imported(["1,A,2025-01-01,,2025-01-05,10.00,USD"])
    ended = imported(["7,A,2025-01-01,,,10.00,USD", "1,A,2025-01-01,,2025-01-06,10.00,USD"])
    rule = "is recorded already, as paid, with another day of payment"
    assert ended.json["problems"] == [{"line": 3, "column": "number", "value": "1", "rule": rule}]


@pytest.mark.parametrize("credits", ["column", "net", "exclude"])
@pytest.mark.parametrize("basis", ["base", "document"])
def test_a_file_ages_like_the_books_it_is_imported_into(
    credits: str, basis: str, imported: Any, run: Run, business: str
) -> None:
    """Given a file of any rows, when aged by itself and after its import, then both reports are the same."""
    rng = random.Random(f"{credits} {basis}")
    ended = imported([row(number, rng) for number in range(300)], "--rate CAD=0.73 --rate KWD=3.2517")
    assert (ended.code, ended.json["version"]) == (0, 1)
    options = f"--credits {credits} --currency {basis} --format json --edges 0,1,15,31"
    for as_of in ("2025-02-28", "2025-04-01"):
        books = run(f"aging receivable --business {business} --as-of {as_of} {options}").json
        rates = "--rate CAD=0.73 --rate KWD=3.2517"
        file = run(f"aging receivable --file {ended.json['file']} --as-of {as_of} {options} {COLUMNS} {rates}").json
        assert shape(file) == shape(books)


def row(number: int, rng: random.Random) -> str:
    """A line of a made-up file."""
    issued = date(2025, 1, 1) + timedelta(days=rng.randrange(90))
    due = issued + timedelta(days=rng.randrange(-5, 60))
    paid = issued + timedelta(days=rng.randrange(-3, 80))
    negative = rng.random() < 0.1
    settled = str(paid) if not negative and rng.random() < 0.5 else ""
    amount = f"{'-' * negative}{rng.randrange(100_000) / 100:.2f}"
    return f"{number},C-{rng.randrange(12)},{issued},{due},{settled},{amount},{rng.choice(['USD', 'CAD', 'KWD'])}"


def shape(report: dict[str, Any]) -> dict[str, Any]:
    """A report without what a file cannot have."""
    rows = [{**row, "party_id": None} for row in report["rows"]]
    return {**report, "rows": rows, "business_id": None, "known_at": None, "base_currency": None}


def test_a_rate_that_no_row_needs_is_told(run: Run, business: str, tmp_path: Path) -> None:
    """Given rows in dollars alone, when a rate for euros is given, then it is told that it changes nothing."""
    file = tmp_path / "dollars.csv"
    file.write_text("Customer,Invoice,Date,Amount\nAcme,1,2025-01-31,5\n")
    told = "no row is in EUR: its rate changes nothing"
    made = run(f"import {file} --business {business} --side receivable --rate EUR=2 --json").json
    assert (made["notices"], made["version"]) == ([told], 1)
    aged = run(f"aging receivable --file {file} --rate EUR=2")
    assert (aged.code, aged.err) == (0, f"Note: {told}\n")


def test_an_import_leaves_its_figures_for_prometheus(imported: Any, tmp_path: Path) -> None:
    """Given a file to leave figures in, when imports end well, badly or as trials, then it has the last real one."""
    file = tmp_path / "duebook.prom"

    def figures() -> dict[str, float]:
        families = text_string_to_metric_families(file.read_text(encoding="utf-8"))
        return {one.name.removeprefix("duebook_import_"): one.samples[0].value for one in families}

    good = ["F-1,C-1,2025-01-01,2025-01-31,,10.00,USD", "F-2,C-1,2025-01-01,2025-01-31,2025-02-01,10.00,USD"]
    assert imported(good, f"--metrics-file {file} --dry-run").code == 0
    assert not file.exists()
    assert imported(good, f"--metrics-file {file}").code == 0
    first = figures()
    ended = first.pop("end_seconds")
    assert first == {"rows": 2, "problems": 0, "documents": 3, "done": 1}
    assert imported([*good, "F-3,C-1,2025-01-01,2025-01-31,,,USD"], f"--metrics-file {file}").code == 1
    second = figures()
    assert second.pop("end_seconds") >= ended
    assert second == {"rows": 2, "problems": 1, "documents": 0, "done": 0}


@pytest.mark.parametrize("place", ["duebook.txt", "nowhere/duebook.prom"])
def test_figures_that_nobody_would_find_are_refused(imported: Any, tmp_path: Path, place: str) -> None:
    """Given a file of another name or in no folder, when figures are to be left there, then nothing is imported."""
    ended = imported(["F-1,C-1,2025-01-01,2025-01-31,,10.00,USD"], f"--metrics-file {tmp_path / place}")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith("duebook: --metrics-file: ")
