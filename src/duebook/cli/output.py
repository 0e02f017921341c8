"""What commands print: tables and JSON on standard output, progress and remarks on standard error.

Holds: names from the books reach a terminal without control characters; nothing is shown that a pipe would keep.
"""

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

import msgspec
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from duebook.cli.exits import UsageError
from duebook.money import format_minor

_WIDE: Final = 10_000
"""Columns of an output that is not a terminal: a table there is as wide as what it says."""


def print_json(value: Any) -> None:
    """One JSON value, indented for people."""
    print(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())


def print_table(
    headers: Sequence[str], rows: Iterable[Sequence[str]], numbers: Iterable[int] = (), last: int = 0
) -> None:
    """Rows of text under their headers; the columns at `numbers` go to the right, the last rows below a line."""
    console = Console(width=None if sys.stdout.isatty() else _WIDE)
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    right = set(numbers)
    for place, header in enumerate(headers):
        table.add_column(header, justify="right" if place in right else "left", no_wrap=place in right)
    listed = [[Text(printable(cell)) for cell in row] for row in rows]
    for place, row in enumerate(listed):
        table.add_row(*row, end_section=place == len(listed) - last - 1 and last > 0)
    with console.capture() as captured:
        console.print(table)
    for line in captured.get().splitlines():
        print(line.rstrip())


def grouped(amount_minor: int, currency: str) -> str:
    """An amount for people: thousands apart, nothing for zero."""
    if not amount_minor:
        return "–"
    whole, point, decimals = format_minor(amount_minor, currency).partition(".")
    sign = "-" if whole.startswith("-") else ""
    return f"{sign}{int(whole.removeprefix('-')):,}{point}{decimals}"


def printable(text: str) -> str:
    """The text with a replacement sign for whatever a terminal would act on."""
    return "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in text)


def raise_if_unprintable(what: str, name: str) -> None:
    """Raises UsageError for a name that is blank, or that a terminal would act on."""
    if not name.strip():
        raise UsageError(f"{what} needs a name")
    if not name.isprintable():
        raise UsageError(f"{what} has a name without control characters; this is {printable(name)}")


def remark(text: str) -> None:
    """A line on standard error, for the reader beside what is piped on."""
    print(printable(text), file=sys.stderr)


@contextmanager
def progress(what: str) -> Iterator[Callable[[str], None]]:
    """A sign of life on standard error while the block runs, if that is a terminal; call it to say something new."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda _: None
        return
    with console.status(escape(what)) as status:
        yield lambda said: status.update(escape(said))
