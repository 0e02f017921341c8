"""Find what the bodies of the QuickBooks Online API hold: entities, whatever they are wrapped in, and reports.

Units: lines count from 1 in the file as it lies on the disk.
Holds: an entity is found once, in its latest state; what is not for these books is told, never passed over.
Source: docs/howto/import-quickbooks.md.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

from duebook.importers.located import Located, read_json
from duebook.importers.rows import Problem
from duebook.importers.sheet import bytes_of
from duebook.ledger.facts import Side

CHARGES: Final = {"Invoice": Side.RECEIVABLE, "Bill": Side.PAYABLE}
CREDITS: Final = {"CreditMemo": Side.RECEIVABLE, "VendorCredit": Side.PAYABLE}
PAYMENTS: Final = {"Payment": Side.RECEIVABLE, "BillPayment": Side.PAYABLE}
PARTIES: Final = {"Customer": Side.RECEIVABLE, "Vendor": Side.PAYABLE}

_READ: Final = {*CHARGES, *CREDITS, *PAYMENTS, *PARTIES}
_WRAPPERS: Final = ("QueryResponse", "CDCResponse", "BatchItemResponse")
_TOUCHING: Final = frozenset({"JournalEntry", "RefundReceipt", "Deposit"})
"""They can change what is owed, in ways that these books do not read."""


@dataclass(frozen=True, slots=True)
class Entity:
    """One object of the API: its kind, its fields, and where it stands."""

    kind: str
    fields: Located
    file: str

    @property
    def id(self) -> str:
        """Its id, which no other entity of its kind has."""
        return str(self.fields.get("Id", ""))

    @property
    def is_deleted(self) -> bool:
        """Whether it only says that it is gone."""
        return self.fields.get("status") == "Deleted"

    @property
    def is_void(self) -> bool:
        """Whether it was voided, which leaves it standing with an amount of zero and a word in its memo."""
        note = str(self.fields.get("PrivateNote", ""))
        return not self.is_deleted and not self.fields.get("TotalAmt") and note.startswith("Voided")


@dataclass(slots=True)
class Bodies:
    """What several files hold together. `taken_on` is the latest day on which one of them was answered."""

    entities: dict[tuple[str, str], Entity] = field(default_factory=dict)
    reports: list[Entity] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    passed: Counter[tuple[str, str]] = field(default_factory=Counter)
    older: list[Entity] = field(default_factory=list)
    taken_on: date | None = None

    def of(self, kinds: Mapping[str, Side]) -> list[Entity]:
        """The entities of some kinds, in order of files and lines."""
        return [entity for entity in self.entities.values() if entity.kind in kinds]

    def notices(self) -> Iterator[str]:
        """What was found and is not recorded."""
        for (file, kind), count in self.passed.items():
            why = (
                "not read, though they may change what is owed: record them by hand"
                if kind in _TOUCHING
                else "nothing owed, and not read"
            )
            yield f"{file}: {count:,} of kind {kind}: {why}"
        for entity in self.older:
            where = f"{entity.file} line {entity.fields.line}"
            yield f"{where}: {entity.kind} {entity.id} is there in a later state: this one is not read"


def read_bodies(paths: Sequence[Path]) -> Bodies:
    """All entities of the files, which are JSON, plain or gzipped. Raises ImportRefused."""
    bodies = Bodies()
    for path in paths:
        body = read_json(bytes_of(path), path)
        if not isinstance(body, Located):
            bodies.problems.append(Problem(1, None, None, "is not the body of an answer: it is no object", path.name))
            continue
        _note_time(bodies, body)
        _walk(bodies, body, path.name)
    return bodies


def _walk(bodies: Bodies, body: Located, file: str) -> None:
    """Take in one body, or one part of a batch."""
    if _is_report(body):
        bodies.reports.append(Entity("Report", body, file))
        return
    for name, value in body.items():
        if name.casefold() == "fault" and value:
            bodies.problems.append(Problem(body.line, None, None, _said(value), file))
        elif name in _WRAPPERS:
            for part in _objects(value):
                _walk(bodies, part, file)
        elif name[:1].isupper() and isinstance(value, list | dict):
            for fields in _objects(value):
                _take(bodies, Entity(name, fields, file))


def _take(bodies: Bodies, entity: Entity) -> None:
    """Keep the latest state of an entity: the deletion, else the highest token."""
    if entity.kind not in _READ:
        bodies.passed[entity.file, entity.kind] += 1
        return
    if not entity.id:
        rule = f"{entity.kind} has no Id"
        bodies.problems.append(Problem(entity.fields.line, None, None, rule, entity.file))
        return
    key = entity.kind, entity.id
    there = bodies.entities.get(key)
    if there is None:
        bodies.entities[key] = entity
        return
    if _age(entity) != _age(there):
        bodies.older.append(min(entity, there, key=_age))
    bodies.entities[key] = max(entity, there, key=_age)


def _age(entity: Entity) -> tuple[bool, int]:
    token = str(entity.fields.get("SyncToken", ""))
    return entity.is_deleted, int(token) if token.isdecimal() else -1


def _is_report(body: Located) -> bool:
    header = body.get("Header")
    return isinstance(header, dict) and "ReportName" in header


def _objects(value: Any) -> Iterable[Located]:
    values = value if isinstance(value, list) else [value]
    return (each for each in values if isinstance(each, Located))


def _note_time(bodies: Bodies, body: Located) -> None:
    """The day of the answer, where the company is."""
    said = body.get("time")
    if isinstance(said, str):
        try:
            day = datetime.fromisoformat(said).date()
        except ValueError:
            return
        bodies.taken_on = max(filter(None, (bodies.taken_on, day)))


def _said(fault: Any) -> str:
    """What QuickBooks answered instead."""
    errors = [error for name, value in fault.items() if name.casefold() == "error" for error in _objects(value)]
    texts = [str(text) for error in errors for name, text in error.items() if name.casefold() == "message" and text]
    return f"QuickBooks answered with a fault: {'; '.join(texts) or 'no message'}"
