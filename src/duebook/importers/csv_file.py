"""Read invoices or bills from a CSV file, plain or gzipped.

Units: amounts are minor units (int) of the currency beside them; dates are calendar days; lines count from 1.
Holds: a line is a row, a problem or blank; a file read twice gives the same; nothing is guessed without being shown.
Source: docs/howto/import-csv.md.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from duebook.importers.amounts import DecimalMark
from duebook.importers.columns import FIELDS, map_columns, telling_columns, unread_amounts
from duebook.importers.dates import DateFormat
from duebook.importers.delimiter import find_delimiter
from duebook.importers.errors import EmptyFile, ImportRefused, NoHeader
from duebook.importers.records import Record, opened, records, sample_of, text_of
from duebook.importers.rows import Cells, Field, MappedColumn, Parsed, Problem
from duebook.importers.rows import Mapping as ColumnMapping
from duebook.importers.table import read_table, unread
from duebook.ledger.facts import Side
from duebook.money import exponent

_TITLES: Final = 20
_LINES_BETWEEN_NEWS: Final = 10_000


def read_csv(
    path: Path,
    *,
    side: Side,
    currency: str,
    overrides: Mapping[str, str] | None = None,
    date_format: DateFormat | None = None,
    decimal_mark: DecimalMark | None = None,
    zone: ZoneInfo | None = None,
    paid_elsewhere: bool = False,
    progress: Callable[[int], None] | None = None,
) -> Parsed:
    """Every row of the file, or what stands in the way, line by line.

    `currency` is that of rows that name none. `overrides` give the column of a field, or "" for none at all.
    `date_format` and `decimal_mark` settle what the values leave open. `zone` is the business's, UTC unless given: it
    turns an instant with an offset into a day. With `paid_elsewhere` another file says what was paid and when.
    `progress` hears now and then how many lines have been read.
    Raises ImportRefused if the file or a wish cannot be met at all, UnknownCurrency for the currency given.
    """
    exponent(currency)
    problems: list[Problem] = []
    with opened(path) as file:
        sample = sample_of(file, path)
    delimiter = find_delimiter(sample, path)
    with opened(path) as file, text_of(file) as text:
        stream = records(text, delimiter, problems)
        header, mapped, below = _header(stream, problems, path, side, overrides or {}, paid_elsewhere)
        telling = {position: Counter[str]() for position in telling_columns(header.fields, mapped)}
        lines = list(_cells(below, header, mapped, telling, problems, progress or _no_progress))
    table = read_table(
        lines, mapped, side=side, currency=currency, date_format=date_format, decimal_mark=decimal_mark,
        zone=zone or ZoneInfo("UTC"),
    )  # fmt: skip
    if not lines and not problems:
        problems.append(Problem(None, None, None, "there is a header, and no row below it"))
    used = {column.position for column in table.columns}
    names = header.fields
    mapping = ColumnMapping(
        columns=table.columns,
        unused=tuple(name for position, name in enumerate(names) if name and position not in used),
        delimiter=delimiter,
        header_line=header.line,
    )
    notices = [
        *([f"the header is on line {header.line}; nothing above it is read"] if header.line > 1 else []),
        *(
            f"{names[position]!r} could be the amount as well; {mapped['amount'].column!r} is read"
            for position in unread_amounts(names, mapped)
        ),
        *(unread(names[position], values) for position, values in telling.items()),
        *table.notices,
    ]
    problems.extend(table.problems)
    problems.sort(key=lambda problem: problem.line or 0)
    return Parsed(mapping, table.rows, tuple(problems), tuple(notices), table.refused)


def _header(
    stream: Iterator[Record],
    problems: Sequence[Problem],
    path: Path,
    side: Side,
    overrides: Mapping[str, str],
    paid_elsewhere: bool,
) -> tuple[Record, dict[Field, MappedColumn], Iterator[Record]]:
    """The first record that names the columns needed, which columns they are, and the records below it.

    Lines above it are titles. Raises EmptyFile, NoHeader, or what the record most like a header was refused for.
    """
    start = list(islice(stream, _TITLES))
    refused: list[tuple[int, int, ImportRefused]] = []
    for place, record in enumerate(start):
        names = [printable_name(name) for name in record.fields]
        try:
            mapped = map_columns(names, record.line, side, overrides, paid_elsewhere=paid_elsewhere)
        except ImportRefused as refusal:
            refused.append((sum(map(bool, names)), record.line, refusal))
        else:
            return Record(record.line, names), mapped, chain(start[place + 1 :], stream)
    likeliest = max(refused, key=lambda each: each[0], default=None)
    if problems and (likeliest is None or likeliest[1] > (problems[0].line or 0)):
        raise NoHeader(path, problems[0])
    if likeliest is None:
        raise EmptyFile(path)
    raise likeliest[2]


def printable_name(name: str) -> str:
    """A column's name without what a terminal or a reader could trip over."""
    return "".join(each for each in " ".join(name.split()) if each.isprintable())


def _cells(
    stream: Iterator[Record],
    header: Record,
    mapped: Mapping[Field, MappedColumn],
    telling: Mapping[int, Counter[str]],
    problems: list[Problem],
    progress: Callable[[int], None],
) -> Iterator[Cells]:
    """The fields that are read, record by record; a record of another length is a problem."""
    width = len(header.fields)
    # One blank cell at the end stands in for every field that has no column.
    positions = [mapped[field].position if field in mapped else width for field in FIELDS]
    for count, record in enumerate(stream, start=1):
        fields = record.fields
        if len(fields) != width:
            if len(fields) < width or any(fields[width:]):
                rule = f"it has {len(fields)} fields, the header has {width}"
                problems.append(Problem(record.line, None, None, rule))
                continue
            del fields[width:]
        fields.append("")
        yield Cells(record.line, *[fields[position].strip() for position in positions])
        for position, values in telling.items():
            values[fields[position].strip()] += 1
        if count % _LINES_BETWEEN_NEWS == 0:
            progress(record.line)


def _no_progress(_: int) -> None:
    """Nobody listens."""
