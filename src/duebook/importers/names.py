"""What an id, a number or a name in a file may look like.

Source: docs/howto/import-csv.md, "What a row becomes".
"""

import re
from typing import Final

_LONGEST: Final = 255
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_WITH_POINT_ZERO: Final = re.compile(r"([0-9]+)\.0")
_SHORTENED: Final = re.compile(r"[0-9](?:[.,][0-9]+)?E\+[0-9]+")


def identifier_problem(text: str) -> str | None:
    """What is wrong with an id, if anything is."""
    if _SHORTENED.fullmatch(text):
        return "has lost its digits in a spreadsheet: format the column as text"
    return name_problem(without_point_zero(text))


def name_problem(text: str) -> str | None:
    """What is wrong with a name, if anything is."""
    if len(text) > _LONGEST:
        return f"has {len(text):,} characters; {_LONGEST} are the most"
    return "has a control character in it" if _CONTROL.search(text) else None


def without_point_zero(text: str) -> str:
    """An id as text, without the point and zero that a table of numbers gave it."""
    whole = _WITH_POINT_ZERO.fullmatch(text)
    return whole[1] if whole else text
