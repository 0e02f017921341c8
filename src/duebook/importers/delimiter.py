"""Find out what stands between the fields of a CSV file, from the file's first part.

Holds: DuckDB sees only a copy of that part under a name of ours, can reach no other file, and loads no extension.
Source: docs/howto/import-csv.md, "What is found out by itself".

DuckDB finds the delimiter; Python's csv module then reads the records. DuckDB's own reader gives the rows it accepts no
line numbers and takes a record with a line break in it for one line; a problem must name the line an editor shows.
"""

import tempfile
from pathlib import Path
from typing import Final

from duebook.importers.errors import FilesExtraMissing, NoDelimiter

_LOCKED_DOWN: Final[dict[str, str | bool | int | float | list[str]]] = {
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "allow_community_extensions": False,
    "threads": 1,
}
# Quotes are told, not found: guesses at them go wrong where values hold names such as 'Best' or end in a backslash.
_STRICT: Final = """SELECT Delimiter, len(Columns) FROM sniff_csv(?, all_varchar = true, quote = '"', escape = '"')"""
# Gets past lines of another length and mixed line ends, but is quicker to take a name's semicolons for delimiters.
_FORGIVING: Final = """
    SELECT Delimiter, len(Columns)
      FROM sniff_csv(
               ?, all_varchar = true, quote = '"', escape = '"',
               strict_mode = false, null_padding = true, ignore_errors = true
           )
"""
# Gets past quotes that are never closed: reading the records will say on which line.
_WITHOUT_QUOTES: Final = """
    SELECT Delimiter, len(Columns)
      FROM sniff_csv(?, all_varchar = true, quote = '', strict_mode = false, null_padding = true, ignore_errors = true)
"""


def find_delimiter(sample: str, path: Path) -> str:
    """What delimits the fields of a file that starts with the sample; a comma if it has one column.

    The path is for the message only. Raises NoDelimiter or FilesExtraMissing.
    """
    try:
        import duckdb
    except ImportError:
        raise FilesExtraMissing from None
    delimiter = None
    with tempfile.TemporaryDirectory(prefix="duebook-") as folder:
        copy = Path(folder) / "sample.csv"
        copy.write_bytes(sample.encode("utf-8"))
        with duckdb.connect(config=_LOCKED_DOWN) as connection:
            connection.execute("SET allowed_paths = ?", [[str(copy)]])
            connection.execute("SET enable_external_access = false")
            connection.execute("SET lock_configuration = true")
            for query in (_STRICT, _FORGIVING, _WITHOUT_QUOTES):
                try:
                    [(found, columns)] = connection.execute(query, [str(copy)]).fetchall()
                except duckdb.Error:
                    continue
                if columns > 1:
                    return str(found)
                delimiter = ","
    if delimiter is None:
        raise NoDelimiter(path)
    return delimiter
