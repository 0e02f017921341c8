"""Real files, imported with one command each, age to the cent as two computations over the raw file say.

The files lie beside the checkout (../shared/data) where there are any. Small ones of the same make are always tried.
"""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import NamedTuple

import pytest

from checks import reference_books
from checks.reference_aging import LAYOUTS, Aging, Buckets, aged, compared, reported
from tests.cli.conftest import WORLDS, Run

DATA = Path(__file__).parents[3] / "shared" / "data"


class Make(NamedTuple):
    """One make of files: the real one, a small one like it, what its import is told, and the days to try."""

    layout: str
    real: Path
    small: Path
    options: str
    days: list[date]


def days(text: str) -> list[date]:
    """Days, as they are written."""
    return [date.fromisoformat(day) for day in text.split()]


MAKES = (
    Make(
        "ibm",
        DATA / "ibm-late-payments" / "WA_Fn-UseC_-Accounts-Receivable.csv",
        WORLDS / "like-ibm.csv",
        "",
        days("2012-01-31 2012-06-30 2012-12-31 2013-03-15 2013-06-30 2013-12-31"),
    ),
    Make(
        "highradius",
        DATA / "highradius-open-a" / "open_invoices.csv.gz",
        WORLDS / "like-highradius.csv.gz",
        "--rate CAD=0.75",
        days("2020-03-01 2020-04-01 2020-05-15 2020-06-30 2020-09-30"),
    ),
)


FILES = [(make, make.small) for make in MAKES] + [(make, make.real) for make in MAKES if make.real.exists()]


@pytest.mark.parametrize(
    ("make", "file"), FILES, ids=lambda value: value.layout if isinstance(value, Make) else value.name
)
def test_a_file_ages_as_the_raw_file_says(make: Make, file: Path, run: Run, business: str) -> None:
    """Given a file, when imported with one command and aged at several days, then every party's every band agrees."""
    assert run(f"import {file} --business {business} --side receivable {make.options}").code == 0
    reference = aged(file, LAYOUTS[make.layout], make.days)
    for day in make.days:
        report = run(f"aging receivable --business {business} --as-of {day} --currency document --format json").json
        rows, totals = reported(report)
        assert list(compared(reference[day], rows, "the raw file", "the report")) == []
        assert totals == summed(reference[day])


def summed(aging: Aging) -> Aging:
    """All parties together, by currency."""
    by_currency: dict[str, list[Buckets]] = {}
    for (currency, _), buckets in aging.items():
        by_currency.setdefault(currency, []).append(buckets)
    return {
        (currency, "all parties"): tuple(map(sum, zip(*found, strict=True))) for currency, found in by_currency.items()
    }


class Pair(NamedTuple):
    """Invoices and their payments, how many lines of them are wrong, what is recorded, and the days to try."""

    invoices: Path
    payments: Path
    contacts: Path
    wrong: int
    added: dict[str, int]
    days: list[date]


AR = DATA / "ar-with-payments-synthetic"
PAIRS = [
    Pair(
        WORLDS / "like-ar-invoices.csv.gz",
        WORLDS / "like-ar-payments.csv.gz",
        WORLDS / "like-ar-customers.csv",
        10,
        {"charges": 7, "credits": 1, "payments": 5},
        days("2025-02-01 2025-02-26 2025-03-05 2025-03-24 2025-04-19 2025-04-20 2025-07-31"),
    ),
    Pair(
        AR / "Invoices.csv.gz",
        AR / "Payments.csv.gz",
        AR / "Customer_Master.csv",
        37,
        {"charges": 7981, "credits": 3, "payments": 6732},
        days("2024-03-31 2024-12-31 2025-06-30 2025-12-15 2026-04-08"),
    ),
]


@pytest.mark.parametrize(
    "pair", [pair for pair in PAIRS if pair.invoices.exists()], ids=lambda pair: pair.invoices.parent.name
)
def test_invoices_and_payments_age_as_the_raw_files_say(pair: Pair, run: Run, business: str) -> None:
    """Given invoices and payments with faults, when the faulty lines are skipped, then all else agrees to the cent."""
    ended = run(
        f"import {pair.invoices} --payments {pair.payments} --contacts {pair.contacts} --business {business} "
        "--side receivable --skip-problems --json"
    )
    assert (ended.code, ended.json["version"], ended.json["added"]) == (0, 1, pair.added)
    assert len(ended.json["problems"]) == pair.wrong
    agree(run, business, "receivable", "document", reference_books.ar(pair.invoices, pair.payments, pair.days))
    assert run(f"verify --business {business}").code == 0


XERO = [
    path
    for path in (WORLDS / "like-xero.csv", DATA / "xero-fivetran" / "xero_invoice_data.csv")
    if path.exists()
]  # fmt: skip
XERO_DAYS = days("2020-03-31 2020-09-14 2020-12-31 2021-03-01 2024-02-07 2024-02-29 2024-03-31 2024-04-03")


@pytest.mark.parametrize("file", XERO, ids=lambda path: path.name)
def test_a_table_of_xero_ages_as_it_says(file: Path, run: Run, partner: str) -> None:
    """Given Xero's invoices and bills in three currencies, when imported, then both sides agree in every currency."""
    made = run(f"business create Studio --partner {partner} --currency CAD --json").json
    business = made["business_id"]
    assert run(f"import {file} --format xero --business {business}").code == 0
    for side in ("receivable", "payable"):
        for basis, base in (("document", None), ("base", "CAD")):
            agree(run, business, side, basis, reference_books.xero(file, side, base, XERO_DAYS))
    assert run(f"import {file} --format xero --business {business} --json").json["version"] is None
    assert run(f"verify --business {business}").code == 0


QUICKBOOKS = DATA / "quickbooks-online-recorded"
STEPS = [
    [
        [WORLDS / f"like-quickbooks-{name}.json" for name in ("sales", "purchases")],
        [WORLDS / "like-quickbooks-changes.json"],
    ],
    [
        [QUICKBOOKS / f"invoice_{name}.json" for name in ("before_void", "create_response")],
        [QUICKBOOKS / f"invoice_{name}.json" for name in ("after_void", "delete_response")],
    ],
]
QUICKBOOKS_DAYS = days("2020-09-29 2020-12-31 2025-01-31 2025-02-05 2025-02-20 2025-03-05 2025-04-01")


@pytest.mark.parametrize(
    "steps", [steps for steps in STEPS if steps[0][0].exists()], ids=lambda steps: steps[0][0].parent.name
)
def test_quickbooks_bodies_age_as_they_say(steps: list[list[Path]], run: Run, business: str) -> None:
    """Given bodies, then bodies that void and delete some of it, when imported in turn, then both times all agrees."""
    seen: list[Path] = []
    for version, bodies in enumerate(steps, start=1):
        seen += bodies
        command = f"import {' '.join(map(str, bodies))} --format quickbooks --business {business} --json"
        ended = run(command)
        assert (ended.code, ended.json["problems"], ended.json["version"]) == (0, [], version)
        for side in ("receivable", "payable"):
            reference = reference_books.quickbooks(seen, side, QUICKBOOKS_DAYS)
            agree(run, business, side, "document", reference)
        assert run(command).json["version"] is None
    assert run(f"verify --business {business}").code == 0


def agree(run: Run, business: str, side: str, basis: str, reference: dict[date, reference_books.Aging]) -> None:
    """Every party's every band and its unapplied money are those of the reference, on each of its days."""
    options = f"--credits column --currency {basis} --format json"
    for day, expected in reference.items():
        report = run(f"aging {side} --business {business} --as-of {day} {options}").json
        rows = reference_books.reported(report)
        assert (day, reference_books.compared(expected, rows, "the raw files", "the report")) == (day, [])


def test_some_day_of_each_make_has_something_open() -> None:
    """Given the small files, when their references are computed, then no comparison is of nothing with nothing."""
    pair = PAIRS[0]
    made: list[Callable[[], dict[date, reference_books.Aging]]] = [
        lambda: reference_books.ar(pair.invoices, pair.payments, pair.days),
        lambda: reference_books.xero(XERO[0], "receivable", None, XERO_DAYS),
        lambda: reference_books.xero(XERO[0], "payable", "CAD", XERO_DAYS),
        lambda: reference_books.quickbooks(STEPS[0][0], "receivable", QUICKBOOKS_DAYS),
        lambda: reference_books.quickbooks(STEPS[0][0], "payable", QUICKBOOKS_DAYS),
    ]
    assert [sum(map(bool, reference().values())) >= 2 for reference in made] == [True] * len(made)
