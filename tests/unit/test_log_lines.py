"""What a line of the log looks like, whatever was logged."""

import logging
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from duebook.watch.logs import JsonLines, TextLines

SECRET = "what nobody may see"


def record(message: str, error: BaseException | None = None, **fields: Any) -> logging.LogRecord:
    """A record of a logger."""
    trace = (type(error), error, error.__traceback__) if error else None
    made = logging.LogRecord("duebook", logging.ERROR, __file__, 1, "%s", (message,), trace)
    vars(made).update(fields)
    return made


def raised(depth: int) -> RecursionError:
    """An error from far below, that came of another, both with a secret in what they say."""

    def sink(left: int) -> None:
        if left:
            sink(left - 1)
        try:
            {"": 1}[SECRET]
        except KeyError as error:
            raise RecursionError(SECRET) from error

    try:
        sink(depth)
    except RecursionError as error:
        return error
    raise AssertionError


@given(st.text())
def test_any_message_is_one_line(message: str) -> None:
    """Given any text, when logged, then it is one line of ASCII, or of text without control characters."""
    line = JsonLines().format(record(message, request_id=message[:64]))
    assert line.isascii()
    assert line.isprintable()
    assert msgspec.json.decode(line)["request_id"] == message[:64]
    assert len(TextLines().format(record(message)).splitlines()) == 1


@pytest.mark.parametrize("depth", [0, 400])
def test_an_exception_is_its_place_and_its_class(depth: int) -> None:
    """Given an exception, when logged, then its line has where it was raised, and nothing of what it says."""
    line = JsonLines().format(record("x" * 5000, raised(depth)))
    found = msgspec.json.decode(line)
    assert SECRET not in line
    assert len(line) < 4096
    assert (found["level"], found["logger"], found["trace"][-1]) == ("ERROR", "duebook", "RecursionError")
    assert "KeyError" in found["trace"]
    assert found["trace"][-2].startswith("tests/unit/test_log_lines.py:")
    assert found["trace"][-2].endswith(" sink")


def test_for_people_the_place_stands_below() -> None:
    """Given an exception, when logged as text, then what was raised stands below the line, each place indented."""
    first, *rest = TextLines().format(record("GET /x 500", raised(1))).splitlines()
    assert first.endswith(" ERROR GET /x 500")
    assert rest[-1] == "    RecursionError"
    assert all(one.startswith("    ") for one in rest)
    assert SECRET not in "".join(rest)
