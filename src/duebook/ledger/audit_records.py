"""What an audit tells: a record for each write, in it a change for each thing, in it the fields that are others since.

Units: minor units; dates are calendar days; instants are in UTC.
Holds: a field is called what the API calls it. A change has none if a thing was recorded again as it was, such as a
party that was archived and brought back in one write.
Source: docs/reference/api.md, "Audit".
"""

from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec

from duebook.ledger.facts import Kind, Side


class Field(msgspec.Struct, frozen=True):
    """A field that is another since: null before where there was nothing, or nothing was said."""

    field: str
    before: Any
    after: Any


class PartyChange(msgspec.Struct, frozen=True, kw_only=True, tag_field="thing", tag="party"):
    """A customer or a vendor, under the name that it has since."""

    created: bool
    id: UUID
    side: Side
    external_id: str | None
    name: str
    fields: list[Field]


class DocumentChange(msgspec.Struct, frozen=True, kw_only=True, tag_field="thing", tag="document"):
    """A document, under the number that it has since; `target_id` is what it is aimed at."""

    created: bool
    id: UUID
    side: Side
    kind: Kind
    external_id: str | None
    target_id: UUID | None
    number: str | None
    fields: list[Field]


class AllocationChange(msgspec.Struct, frozen=True, kw_only=True, tag_field="thing", tag="allocation"):
    """Part of a payment or credit, applied to a charge."""

    created: bool
    id: UUID
    source_id: UUID
    charge_id: UUID
    fields: list[Field]


class RateChange(msgspec.Struct, frozen=True, kw_only=True, tag_field="thing", tag="rate"):
    """What one unit of a currency is worth from a day on."""

    created: bool
    currency: str
    quoted_on: date
    fields: list[Field]


class BooksChange(msgspec.Struct, frozen=True, kw_only=True, tag_field="thing", tag="books"):
    """Where the books begin, and how far they are closed: there from the first day."""

    created: bool
    fields: list[Field]


class TagChange(msgspec.Struct, frozen=True, kw_only=True, tag_field="thing", tag="tag"):
    """What is said of a value of a key, or of the key itself, which has no value."""

    created: bool
    key: str
    value: str | None
    fields: list[Field]


Change = PartyChange | DocumentChange | AllocationChange | RateChange | BooksChange | TagChange


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """One write: when, what was done, by whom, and what it changed. `hash` is the version's, in hexadecimal.

    `continued` if it tells more of the version that was told of last.
    """

    version: int
    recorded_at: datetime
    operation: str
    actor: dict[str, Any]
    hash: str
    continued: bool
    changes: list[Change]
