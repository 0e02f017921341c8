"""CSV of which no spreadsheet takes a text for a formula.

Holds: a text that begins like a formula, be it after white space, stands behind an apostrophe, any other is as it is;
what is no text is written as it is, so that numbers stay numbers.
Source: docs/reference/api.md, "CSV"; OWASP, "CSV Injection"; RFC 4180.
"""

import csv
import io
import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Final

_LIKE_A_FORMULA: Final = re.compile(r"[\t\r\n]|\s*[=+\-@＝＋－＠]")
"""Some spreadsheets read signs of double width as the plain ones."""

Cell = str | int | Decimal | None


def csv_line(cells: Iterable[Cell]) -> str:
    """One line; nothing is an empty cell."""
    text = io.StringIO()
    # The writer puts in quotes what holds any sign of its line's end.
    csv.writer(text, lineterminator="\r\n").writerow([_harmless(one) if isinstance(one, str) else one for one in cells])
    return text.getvalue().removesuffix("\r\n") + "\n"


def _harmless(text: str) -> str:
    return f"'{text}" if _LIKE_A_FORMULA.match(text) else text
