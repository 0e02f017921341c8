"""Read JSON so that every object knows the line it starts on.

Units: lines count from 1; numbers with a point are decimals, never floats.
"""

import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from duebook.importers.errors import EmptyFile, NotJson, NotUtf8

_BRACES: Final = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\n]', re.DOTALL)


class Located(dict[str, Any]):
    """A JSON object with its line."""

    line: int = 0


def read_json(raw: bytes, path: Path) -> Any:
    """The value, whose objects are `Located`. `path` is for messages. Raises EmptyFile, NotUtf8 or NotJson."""
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise NotUtf8(path, "something else than UTF-8") from None
    if not text.strip():
        raise EmptyFile(path)
    starts = iter(_starts(text))

    def located(pairs: list[tuple[str, Any]]) -> Located:
        value = Located(pairs)
        value.line = next(starts)
        return value

    try:
        return json.loads(text, object_pairs_hook=located, parse_float=Decimal)
    except json.JSONDecodeError as error:
        raise NotJson(path, error.lineno, error.msg) from None
    except (RecursionError, StopIteration):
        raise NotJson(path, 1, "it is nested too deeply") from None


def _starts(text: str) -> list[int]:
    """The lines on which objects start, in the order in which they end, which is that in which a parser makes them."""
    line, opened, starts = 1, list[int](), list[int]()
    for found in _BRACES.finditer(text):
        match found[0]:
            case "\n":
                line += 1
            case "{":
                opened.append(line)
            case "}" if opened:
                starts.append(opened.pop())
            case quoted:
                line += quoted.count("\n")
    return starts
