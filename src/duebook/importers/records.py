"""Open a CSV file, plain or gzipped, and read its records with the line that each starts on.

Units: lines count from 1 and are the lines a text editor shows; bytes of a line count from 1.
Holds: a record that cannot be read is a problem with its line, and reading goes on after it.
"""

import csv
import gzip
import io
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple, cast

from duebook.importers.errors import DamagedGzip, EmptyFile, FileUnreadable, NotText, NotUtf8
from duebook.importers.rows import Problem

_SAMPLE_BYTES: Final = 256 * 1024
_GZIP: Final = b"\x1f\x8b"
_ZIP: Final = b"PK\x03\x04"
_UTF_16: Final = (b"\xff\xfe", b"\xfe\xff")

_RULES: Final = {
    "unexpected end of data": "a quote opened here is never closed, and nothing after it could be read",
    "field larger than field limit": "a field that starts here is too long, perhaps because its quote is never closed",
    "expected after": "a quote is followed by something other than the delimiter; double the quotes inside a field",
}


class Record(NamedTuple):
    """The fields of one record and the line it starts on."""

    line: int
    fields: list[str]


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """The bytes of the file, unpacked if it is gzipped. Raises FileUnreadable or DamagedGzip, also while it is read."""
    try:
        with path.open("rb") as file:
            if not file.seekable():  # it is opened twice, first for its sample
                raise FileUnreadable(path, "it is a pipe, not a file on a disk")
            packed = file.peek(2).startswith(_GZIP)
            yield cast("BinaryIO", gzip.GzipFile(fileobj=file)) if packed else file
    except (gzip.BadGzipFile, EOFError, zlib.error):
        raise DamagedGzip(path) from None
    except OSError as error:
        raise FileUnreadable(path, error.strerror or str(error)) from None


def sample_of(file: BinaryIO, path: Path) -> str:
    """The first part of the file, in whole lines where it has any. Raises EmptyFile, NotText or NotUtf8."""
    start = file.read(_SAMPLE_BYTES)
    if start.startswith(_UTF_16):
        raise NotUtf8(path, "UTF-16")
    if start.startswith(_ZIP):
        raise NotText(path)
    text = start.decode("utf-8-sig", errors="replace")
    if not text.strip():
        raise EmptyFile(path)
    whole_lines, newline, _ = text.rpartition("\n")
    return whole_lines + newline if newline and len(start) == _SAMPLE_BYTES else text


def text_of(file: BinaryIO) -> io.TextIOWrapper:
    """The lines of the file with their line ends; bytes that are not UTF-8 stay in them as lone surrogates."""
    return io.TextIOWrapper(file, encoding="utf-8-sig", errors="surrogateescape", newline="")


def records(lines: Iterable[str], delimiter: str, problems: list[Problem]) -> Iterator[Record]:
    """The records of the lines in order, blank ones left out. What cannot be read goes to `problems`."""
    broken_lines: set[int] = set()
    reader = csv.reader(
        _checked(lines, broken_lines, problems),
        delimiter=delimiter,
        skipinitialspace=True,
        strict=True,
    )
    while True:
        line = reader.line_num + 1
        try:
            fields = next(reader)
        except StopIteration:
            break
        except csv.Error as error:
            problems.append(Problem(line, None, None, _rule(error)))
            continue
        if any(fields) and broken_lines.isdisjoint(range(line, reader.line_num + 1)):
            yield Record(line, fields)


def _checked(lines: Iterable[str], broken_lines: set[int], problems: list[Problem]) -> Iterator[str]:
    """The same lines; those with bytes that are not UTF-8 are noted on the way."""
    for number, line in enumerate(lines, start=1):
        if not line.isascii():
            try:
                line.encode("utf-8")
            except UnicodeEncodeError as error:
                byte = ord(line[error.start]) - 0xDC00
                position = len(line[: error.start].encode("utf-8")) + 1
                broken_lines.add(number)
                rule = f"byte {position} of the line (0x{byte:02X}) is not UTF-8: save the file as UTF-8"
                problems.append(Problem(number, None, None, rule))
        yield line


def _rule(error: csv.Error) -> str:
    return next((rule for said, rule in _RULES.items() if said in str(error)), f"the record is malformed: {error}")
