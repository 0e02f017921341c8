"""Why a file is refused as a whole, one class per sentence; the values ride along.

ImportRefused
|-- FileUnreadable, DamagedGzip, EmptyFile, NotText, NotUtf8, NotJson, NoDelimiter, NoHeader: the bytes
|-- NoSuchField, NoSuchColumn, RepeatedColumn, ColumnUsedTwice, MissingColumns: the columns
`-- FilesExtraMissing: the installation
"""

from collections.abc import Iterable, Sequence
from pathlib import Path

from duebook.importers.rows import Problem


class ImportRefused(ValueError):
    """A file that cannot be read at all, or a wish about its columns that cannot be met."""


class FileUnreadable(ImportRefused):
    """The file can be opened and read."""

    def __init__(self, path: Path, reason: str) -> None:
        self.path = path
        super().__init__(f"{path} cannot be read: {reason}")


class DamagedGzip(ImportRefused):
    """A compressed file is complete."""

    def __init__(self, path: Path) -> None:
        self.path = path
        super().__init__(f"{path} is a damaged or incomplete gzip file")


class EmptyFile(ImportRefused):
    """The file has a header."""

    def __init__(self, path: Path) -> None:
        self.path = path
        super().__init__(f"{path} is empty")


class NotText(ImportRefused):
    """The file is text, not a spreadsheet or an archive."""

    def __init__(self, path: Path) -> None:
        self.path = path
        super().__init__(f"{path} is a spreadsheet or an archive, not CSV: export it as CSV (UTF-8)")


class NotUtf8(ImportRefused):
    """The text is encoded as UTF-8."""

    def __init__(self, path: Path, encoding: str) -> None:
        self.path, self.encoding = path, encoding
        super().__init__(f"{path} is encoded as {encoding}: save it as UTF-8")


class NotJson(ImportRefused):
    """The file is JSON."""

    def __init__(self, path: Path, line: int, reason: str) -> None:
        self.path, self.line = path, line
        super().__init__(f"{path} is not JSON: line {line}: {reason}")


class NoDelimiter(ImportRefused):
    """The file is cut into columns by a comma, semicolon, tab or bar."""

    def __init__(self, path: Path) -> None:
        self.path = path
        super().__init__(f"{path} does not look like CSV: nothing cuts its lines into columns")


class NoHeader(ImportRefused):
    """The first line that is not blank names the columns."""

    def __init__(self, path: Path, problem: Problem) -> None:
        self.path, self.problem = path, problem
        super().__init__(f"the header of {path} cannot be read: {problem}")


class NoSuchField(ImportRefused):
    """An override names one of the fields."""

    def __init__(self, field: str, fields: Iterable[str]) -> None:
        self.field = field
        super().__init__(f"there is no field {field!r}; the fields are {', '.join(fields)}")


class NoSuchColumn(ImportRefused):
    """An override names one of the file's columns."""

    def __init__(self, column: str, columns: Iterable[str]) -> None:
        self.column = column
        super().__init__(f"the file has no column {column!r}; its columns are {', '.join(columns)}")


class RepeatedColumn(ImportRefused):
    """A column that is read has a name of its own."""

    def __init__(self, column: str, positions: Sequence[int]) -> None:
        self.column, self.positions = column, tuple(positions)
        where = " and ".join(str(position + 1) for position in positions)
        super().__init__(f"columns {where} are all called {column!r}: give the one to read a name of its own")


class ColumnUsedTwice(ImportRefused):
    """A column is read for one field only."""

    def __init__(self, column: str, fields: Sequence[str]) -> None:
        self.column, self.fields = column, tuple(fields)
        super().__init__(f"column {column!r} is named for {' and for '.join(fields)}; it can be only one")


class MissingColumns(ImportRefused):
    """There is a column for everything needed. `option` is how a user names one, if there is a way."""

    def __init__(
        self, missing: Sequence[str], columns: Iterable[str], line: int, option: str | None = "--column"
    ) -> None:
        self.missing = tuple(missing)
        advice = f"; say which one it is with {option} FIELD=COLUMN" if option else ""
        super().__init__(
            f"no column was recognised for {', nor for '.join(missing)}; the columns, by line {line}, are "
            f"{', '.join(columns)}{advice}"
        )


class FilesExtraMissing(ImportRefused):
    """Reading files needs the extra `files`."""

    def __init__(self) -> None:
        super().__init__("reading files needs DuckDB: install duebook[files]")
