"""The audit of a business as a file: NDJSON with a line for each record, CSV with a line for each field.

Units: amounts are minor units; instants are in UTC.
Source: docs/reference/api.md, "Audit".
"""

from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from enum import StrEnum
from typing import Any, Final

import msgspec

from duebook.exports.cells import Cell, csv_line
from duebook.ledger.audit_records import Field, Record
from duebook.ledger.heads import SignedHeads

_ACTOR: Final = (
    *("partner_id", "key_id", "subject", "business_id", "address", "request_id"),
    *("user", "host", "command"),
)
_THING: Final = (
    *("created", "id", "side", "kind", "external_id", "name", "number", "target_id"),
    *("source_id", "charge_id", "currency", "quoted_on", "key", "value"),
)
_FIELD: Final = ("field", "before", "after")
_NO_FIELD: Final = Field("", None, None)
"""In the line of a change that changed none."""
_COLUMNS: Final = ("version", "recorded_at", "operation", *_ACTOR, "thing", *_THING, *_FIELD)


class Format(StrEnum):
    """What the file is."""

    NDJSON = "ndjson"
    CSV = "csv"

    @property
    def media_type(self) -> str:
        """The same as a header says it."""
        return "application/x-ndjson" if self is Format.NDJSON else "text/csv"


async def chunks(
    parts: AsyncIterator[list[Record]], form: Format, head: SignedHeads | None
) -> AsyncGenerator[bytes, None]:
    """The file, part after part. Its last line in NDJSON is the signed head, or null; without it, it is not whole."""
    if form is Format.CSV:
        yield csv_line(_COLUMNS).encode()
    async for records in parts:
        if form is Format.CSV:
            yield "".join(csv_line(cells) for record in records for cells in _rows(record)).encode()
        else:
            yield b"".join(msgspec.json.encode(record) + b"\n" for record in records)
    if form is Format.NDJSON:
        yield msgspec.json.encode({"head": head}) + b"\n"


def _rows(record: Record) -> Iterator[list[Cell]]:
    write = [record.version, record.recorded_at, record.operation, *(record.actor.get(name) for name in _ACTOR)]
    for change in record.changes:
        itself = (getattr(change, name, None) for name in _THING)
        shown = [_cell(value) for value in (*write, change.__struct_config__.tag, *itself)]
        for field in change.fields or [_NO_FIELD]:
            yield [*shown, field.field, _cell(field.before), _cell(field.after)]


def _cell(value: Any) -> Cell:
    plain = msgspec.to_builtins(value)
    match plain:
        case bool() | list() | tuple() | dict():
            return msgspec.json.encode(plain).decode()
        case int() | None:
            return plain
    return str(plain)
