"""Real files, imported with one command each, age to the cent as two computations over the raw file say.

The files lie beside the checkout (../shared/data) where there are any. Small ones of the same make are always tried.
"""

from datetime import date
from pathlib import Path
from typing import NamedTuple

import pytest

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


MAKES = (
    Make(
        "ibm",
        DATA / "ibm-late-payments" / "WA_Fn-UseC_-Accounts-Receivable.csv",
        WORLDS / "like-ibm.csv",
        "",
        [
            date.fromisoformat(day)
            for day in ("2012-01-31", "2012-06-30", "2012-12-31", "2013-03-15", "2013-06-30", "2013-12-31")
        ],
    ),
    Make(
        "highradius",
        DATA / "highradius-open-a" / "open_invoices.csv.gz",
        WORLDS / "like-highradius.csv.gz",
        "--rate CAD=0.75",
        [date.fromisoformat(day) for day in ("2020-03-01", "2020-04-01", "2020-05-15", "2020-06-30", "2020-09-30")],
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
