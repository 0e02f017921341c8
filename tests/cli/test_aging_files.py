"""Invoices and their payments, aged without a database, age like the books they are imported into."""

import pytest

from tests.cli.conftest import Run
from tests.cli.test_importing import shape

PAIR = "like-ar-invoices.csv.gz --payments like-ar-payments.csv.gz --skip-problems"


@pytest.mark.parametrize("basis", ["base", "document"])
@pytest.mark.parametrize("as_of", ["2025-02-26", "2025-03-24", "2025-07-31"])
def test_invoices_and_payments_age_like_the_books_they_are_imported_into(
    as_of: str, basis: str, run: Run, business: str
) -> None:
    """Given files with faults, when aged by themselves and after their import, then both reports are the same."""
    assert run(f"import {PAIR} --business {business} --side receivable").code == 0
    asked = f"--as-of {as_of} --basis {basis} --format json"
    books = run(f"aging receivable --business {business} {asked}").json
    ended = run(f"aging receivable --file {PAIR} {asked}")
    assert ended.code == 0
    assert shape(ended.json) == shape(books)
    assert len(books["rows"]) > 1


def test_problems_of_two_files_as_json(run: Run) -> None:
    """Given files with faults, when they are aged, then JSON lists each with its file and its line."""
    ended = run("aging receivable --file like-ar-invoices.csv.gz --payments like-ar-payments.csv.gz --format json")
    assert ended.code == 1
    places = [(problem["file"], problem["line"]) for problem in ended.json["problems"]]
    assert places[0] == ("like-ar-invoices.csv.gz", 6)
    assert ("like-ar-payments.csv.gz", 13) in places
    assert len(places) == 10
