"""What every importer hands over: rows of invoices and bills, the problems that stand in the way, and what was noticed.

Units: amounts are minor units (int) of the currency beside them, negative for a credit; dates are calendar days; lines
count from 1 in the file as it lies on the disk.
Holds: a line of the file is a row, a problem, or blank; nothing is left out without a word.
"""

from dataclasses import dataclass, field
from datetime import date
from typing import Literal, NamedTuple

Field = Literal[
    "party_id", "party_name", "number", "issued_on", "received_on", "due_on", "settled_on", "amount", "currency", "kind"
]

_SHOWN_CHARACTERS = 60


class Cells(NamedTuple):
    """What a line says for each field, trimmed; empty if it says nothing or the field has no column."""

    line: int
    party_id: str
    party_name: str
    number: str
    issued_on: str
    received_on: str
    due_on: str
    settled_on: str
    amount: str
    currency: str
    kind: str


@dataclass(frozen=True, slots=True)
class ImportRow:
    """One invoice or bill, or a credit if its amount is negative; settled in full on `settled_on`, if on any day."""

    line: int
    party_external_id: str
    party_name: str
    number: str | None
    issued_on: date
    received_on: date | None
    due_on: date | None
    currency: str
    amount_minor: int
    settled_on: date | None


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a line, or the whole file if there is no line, cannot be taken. `file` is named where there are several."""

    line: int | None
    column: str | None
    value: str | None
    rule: str
    file: str | None = None

    def __str__(self) -> str:
        places = [self.file, f"line {self.line}" if self.line is not None else None]
        where = " ".join(place for place in places if place is not None) or "the file"
        if self.column is not None:
            where += f", {self.column}"
        return f"{where}: {self.rule}" if self.value is None else f"{where}: {shown(self.value)} {self.rule}"


@dataclass(frozen=True, slots=True)
class MappedColumn:
    """The column that a field is read from. `reading` says how its dates or amounts are written."""

    field: str
    column: str
    position: int
    how: Literal["guessed", "overridden"]
    reading: str | None = None


@dataclass(frozen=True, slots=True)
class Mapping:
    """Which column each field was read from, and which columns were left alone."""

    columns: tuple[MappedColumn, ...]
    unused: tuple[str, ...]
    delimiter: str
    header_line: int


@dataclass(frozen=True, slots=True)
class PaymentRow:
    """Money that was paid for a document, or on account if it names none.

    `states_currency` tells whether the row itself says its currency.
    """

    line: int
    number: str | None
    document: str | None
    party_external_id: str | None
    party_name: str | None
    paid_on: date
    currency: str
    states_currency: bool
    amount_minor: int


@dataclass(frozen=True, slots=True)
class ParsedPayments:
    """A file of payments, read to its end."""

    mapping: Mapping
    rows: tuple[PaymentRow, ...]
    problems: tuple[Problem, ...]
    notices: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Parsed:
    """A file, read to its end. `refused` are the lines, by number, of documents that have problems."""

    mapping: Mapping
    rows: tuple[ImportRow, ...]
    problems: tuple[Problem, ...]
    notices: tuple[str, ...]
    refused: dict[str, int] = field(default_factory=dict)


def shown(value: str) -> str:
    """The value in quotes, safe to print: cut short, control characters spelled out."""
    return repr(value) if len(value) <= _SHOWN_CHARACTERS else f"{value[:_SHOWN_CHARACTERS]!r}…"
