"""Read a small table whose columns are known by name: payments, contacts, rates, balances.

Units: lines count from 1 and are the lines a text editor shows.
Holds: a record that cannot be read is a problem with its line, and reading goes on after it.
Source: docs/howto/import-csv.md, "Which column is which".
"""

import gzip
import io
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Final, NamedTuple, TypeVar

from duebook.importers import amounts, dates
from duebook.importers.amounts import AmountColumn, DecimalMark
from duebook.importers.columns import column_at, position_of, word_of
from duebook.importers.csv_file import printable_name
from duebook.importers.dates import DateColumn, DateFormat
from duebook.importers.delimiter import find_delimiter
from duebook.importers.errors import (
    ColumnUsedTwice,
    DamagedGzip,
    EmptyFile,
    ImportRefused,
    MissingColumns,
    NoHeader,
    NoSuchField,
)
from duebook.importers.records import Record, opened, records, sample_of, text_of
from duebook.importers.rows import MappedColumn, Problem
from duebook.importers.rows import Mapping as ColumnMapping

_TITLES: Final = 20
_GZIP: Final = b"\x1f\x8b"


class Wanted(NamedTuple):
    """A field, the names its column may have, the most wanted first, and what to call it if it must be there."""

    field: str
    words: tuple[str, ...]
    needed: str = ""


class Line(NamedTuple):
    """What a line says for each field, trimmed; empty if it says nothing or the field has no column."""

    line: int
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table as it lies in the file."""

    columns: dict[str, MappedColumn]
    unused: tuple[str, ...]
    delimiter: str
    header_line: int
    lines: tuple[Line, ...]

    def mapping(self) -> ColumnMapping:
        """Which column each field is read from."""
        in_order = tuple(sorted(self.columns.values(), key=lambda column: column.position))
        return ColumnMapping(in_order, self.unused, self.delimiter, self.header_line)

    def values(self, field: str) -> dict[str, int]:
        """What a field says, and how often."""
        counts: dict[str, int] = {}
        for line in self.lines:
            counts[line.cells[field]] = counts.get(line.cells[field], 0) + 1
        return counts

    def name_of(self, field: str) -> str:
        """What the file calls the column of a field."""
        return self.columns[field].column if field in self.columns else field


def bytes_of(path: Path) -> bytes:
    """All of a file, unpacked if it is gzipped. Raises FileUnreadable or DamagedGzip."""
    with opened(path) as file:
        return file.read()


def unpacked(raw: bytes, path: Path) -> bytes:
    """The bytes, unpacked if they are gzipped. Raises DamagedGzip."""
    if not raw.startswith(_GZIP):
        return raw
    try:
        return gzip.decompress(raw)
    except (gzip.BadGzipFile, EOFError, zlib.error):
        raise DamagedGzip(path) from None


def read_sheet(
    raw: bytes,
    wanted: Sequence[Wanted],
    problems: list[Problem],
    *,
    path: Path,
    overrides: Mapping[str, str] | None = None,
    option: str | None = None,
) -> Sheet:
    """The lines below the first one that names the columns needed; what cannot be read goes to `problems`.

    `path` is for messages only, `option` the one by which a user names a column. Raises ImportRefused.
    """
    raw = unpacked(raw, path)
    delimiter = find_delimiter(sample_of(io.BytesIO(raw), path), path)
    stream = records(text_of(io.BytesIO(raw)), delimiter, problems)
    start = list(islice(stream, _TITLES))
    refused: list[tuple[int, ImportRefused]] = []
    for place, record in enumerate(start):
        names = [printable_name(name) for name in record.fields]
        try:
            columns = _columns(names, record.line, wanted, overrides or {}, option)
        except ImportRefused as refusal:
            refused.append((sum(map(bool, names)), refusal))
            continue
        used = {column.position for column in columns.values()}
        unused = tuple(name for position, name in enumerate(names) if name and position not in used)
        fields = [one.field for one in wanted]
        below = (*start[place + 1 :], *stream)
        lines = tuple(_lines(below, len(names), fields, columns, problems))
        if not lines and not problems:
            problems.append(Problem(None, None, None, "there is a header, and no row below it"))
        return Sheet(columns, unused, delimiter, record.line, lines)
    if problems:
        raise NoHeader(path, problems[0])
    if not refused:
        raise EmptyFile(path)
    raise max(refused, key=lambda each: each[0])[1]


def date_columns(
    sheet: Sheet, fields: Iterable[str], wish: DateFormat | None, problems: list[Problem], advice: str = ""
) -> dict[str, DateColumn]:
    """How the dates of each column are written; one that does not tell is a problem."""
    return {
        field: written
        for field in fields
        if field in sheet.columns
        and (written := _decided(sheet, field, lambda values: dates.decide(values, wish), problems, _EITHER + advice))
    }


def amount_column(
    sheet: Sheet, field: str, wish: DecimalMark | None, places: int, problems: list[Problem], advice: str = ""
) -> AmountColumn | None:
    """How the amounts of a column are written; one that does not tell is a problem."""
    if wish is not None:
        return AmountColumn(wish)
    return _decided(sheet, field, lambda values: amounts.decide(values, places), problems, _THOUSANDS + advice)


def with_readings(sheet: Sheet, readings: Mapping[str, object]) -> Sheet:
    """The sheet, whose columns say how their values are written."""
    columns = {
        field: replace(column, reading=str(readings[field]) if field in readings else None)
        for field, column in sheet.columns.items()
    }
    return replace(sheet, columns=columns)


_Written = TypeVar("_Written")
_EITHER: Final = "may begin with the day or the month, and the column does not tell"
_THOUSANDS: Final = "may have thousands or decimals behind its mark, and the column does not tell"


def _decided(
    sheet: Sheet, field: str, decide: Callable[[Mapping[str, int]], _Written | None], problems: list[Problem], rule: str
) -> _Written | None:
    values = sheet.values(field)
    written = decide(values)
    if written is None:
        example = next(text for text in values if any(mark in text for mark in "./-,"))
        problems.append(Problem(None, sheet.columns[field].column, example, rule))
    return written


def _columns(
    header: Sequence[str], line: int, wanted: Sequence[Wanted], overrides: Mapping[str, str], option: str | None
) -> dict[str, MappedColumn]:
    fields = [one.field for one in wanted]
    columns: dict[str, MappedColumn] = {}
    for field, name in overrides.items():
        if field not in fields:
            raise NoSuchField(field, fields)
        if name:
            columns[field] = column_at(header, field, position_of(header, name), "overridden")
    for column in columns.values():
        named = [each.field for each in columns.values() if each.position == column.position]
        if len(named) > 1:
            raise ColumnUsedTwice(column.column, named)
    used = {column.position for column in columns.values()}
    for one in wanted:
        if one.field in columns or one.field in overrides:
            continue
        words = {
            word_of(name): position for position, name in reversed(list(enumerate(header))) if position not in used
        }
        found = next((words[word] for word in one.words if word in words), None)
        if found is not None:
            columns[one.field] = column_at(header, one.field, found, "guessed")
            used.add(found)
    missing = [one.needed for one in wanted if one.needed and one.field not in columns]
    if missing:
        raise MissingColumns(missing, (name for name in header if name), line, option)
    return columns


def _lines(
    below: Iterable[Record],
    width: int,
    fields: Sequence[str],
    columns: Mapping[str, MappedColumn],
    problems: list[Problem],
) -> Iterable[Line]:
    for record in below:
        found = len(record.fields)
        if found < width or any(record.fields[width:]):
            problems.append(Problem(record.line, None, None, f"it has {found} fields, the header has {width}"))
            continue
        yield Line(
            record.line,
            {field: record.fields[columns[field].position].strip() if field in columns else "" for field in fields},
        )
