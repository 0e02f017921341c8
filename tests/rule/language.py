"""What the lines of an example in docs/rule.md record: one line, one command.

Units: amounts are in the base currency unless a line names another; dates are calendar days.
Holds: every word of a line is read; a line with a word too many says nothing and fails its test.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Final, Literal
from uuid import UUID

from duebook.days import Terms
from duebook.ids import new_id
from duebook.ledger.commands import (
    AddCharge,
    AddRecovery,
    AddRefund,
    AddSettlement,
    AddWriteOff,
    Allocate,
    ArchiveParty,
    ChangeDueDate,
    CloseBooks,
    Command,
    EditDocument,
    MergeParties,
    MoveAllocation,
    NewAllocation,
    NewParty,
    PutParty,
    PutRates,
    SetStatus,
    StartBooks,
    TakeBack,
    UnarchiveParty,
    UndoDocument,
)
from duebook.ledger.facts import (
    BESIDE,
    AllocationId,
    DocumentId,
    Instalment,
    Kind,
    Late,
    PartyId,
    Rate,
    Reason,
    Side,
    State,
    Status,
    Tag,
)
from duebook.money import parse_minor

BASE_CURRENCY: Final = "USD"


@dataclass
class Told:
    """What an example has named so far: what its documents are, and what the page calls each id."""

    side: Side
    kinds: dict[str, Kind] = field(default_factory=dict)
    allocations: dict[str, AllocationId] = field(default_factory=dict)
    parties: dict[str, PartyId] = field(default_factory=dict)
    names: dict[UUID, str] = field(default_factory=dict)

    def new(self, number: str, kind: Kind) -> dict[str, Any]:
        """How a command says which document it makes."""
        document_id = DocumentId(new_id())
        self.kinds[number], self.names[document_id] = kind, number
        return {"side": self.side, "id": document_id, "external_id": number}

    def kind(self, number: str) -> dict[str, Any]:
        """How a command says which document it corrects."""
        return {"side": self.side, "kind": self.kinds[number], "document": number}

    def allocation(self, source: str, text: str) -> NewAllocation:
        """`A-1 60.00 [EUR] [using 66.00 [EUR]] [instalment 2] [on 2025-03-01]`: what is said after `for`."""
        words = Words(text)
        charge, amount_minor = words.word(), words.amount()
        using = words.amount() if words.has("using") else None
        instalment = int(words.word()) if words.has("instalment") else None
        on = words.day() if words.has("on") else None
        words.end()
        allocation_id = AllocationId(new_id())
        self.allocations[f"{source} {charge}"] = allocation_id
        self.names[allocation_id] = f"{source} to {charge}"
        return NewAllocation(
            id=allocation_id,
            charge=charge,
            amount_minor=amount_minor,
            source_minor=using,
            effective_on=on,
            instalment=instalment,
        )


class Words:
    """The words of a line, read from the left."""

    def __init__(self, line: str) -> None:
        self.line: Final = line
        self._left = line.split()

    def word(self) -> str:
        """The next word."""
        assert self._left, f"a word is missing: {self.line}"
        return self._left.pop(0)

    def has(self, phrase: str) -> bool:
        """Whether the next words are these; they are read if so."""
        words = phrase.split()
        if self._left[: len(words)] != words:
            return False
        del self._left[: len(words)]
        return True

    def day(self) -> date:
        """A date."""
        return date.fromisoformat(self.word())

    def amount(self) -> int:
        """An amount in the currency named after it, else in the base currency."""
        number = self.word()
        return parse_minor(number, self.currency())

    def currency(self) -> str:
        """The currency that is named next, else the base currency."""
        return self.word() if self._left and re.fullmatch("[A-Z]{3}", self._left[0]) else BASE_CURRENCY

    def rest(self, separator: str) -> list[str]:
        """All words that are left, parted."""
        parts = " ".join(self._left).split(separator)
        self._left.clear()
        return parts

    def end(self) -> None:
        """Nothing is left to read."""
        assert not self._left, f"{' '.join(self._left)!r} says nothing in: {self.line}"


def command_of(told: Told, line: str) -> Command:
    """The command that a line stands for. Raises MoneyError."""
    words = Words(line)
    said = _on_a_day if re.match(r"\d{4}-", line) else _said
    command = said(told, words)
    words.end()
    return command


def _on_a_day(told: Told, words: Words) -> Command:
    on = words.day()
    opening = words.has("opening")
    what = words.word()
    if what in {"invoice", "bill", "draft"}:
        return _charge(told, words, on, opening, State.DRAFT if what == "draft" else State.ISSUED)
    if what in {"payment", "credit"}:
        return _settlement(told, words, on, opening, Kind(what))
    return _DATED[what](told, words, on)


def _charge(told: Told, words: Words, on: date, opening: bool, state: State) -> Command:
    number, name, amount = words.word(), words.word(), words.word()
    currency = words.currency()
    said: dict[str, Any] = {}
    if words.has("booked"):
        said["base_minor"] = words.amount()
    if words.has("tag"):
        said["tags"] = (Tag(words.word(), words.word()),)
    if words.has("due"):
        said["due_on"] = words.day()
    elif words.has("terms end of month"):
        said["terms"] = Terms(int(words.word()), end_of_month=True)
    elif words.has("terms"):
        said["terms"] = Terms(int(words.word()))
    elif words.has("in"):
        said["instalments"] = tuple(_instalment(part, currency) for part in words.rest(","))
    return AddCharge(
        **told.new(number, Kind.CHARGE),
        party=NewParty(name, name),
        issued_on=on,
        currency=currency,
        amount_minor=parse_minor(amount, currency),
        state=state,
        opening=opening,
        **said,
    )


def _instalment(part: str, currency: str) -> Instalment:
    amount, _, due_on = part.split()
    return Instalment(date.fromisoformat(due_on), parse_minor(amount, currency))


def _settlement(told: Told, words: Words, on: date, opening: bool, kind: Kind) -> Command:
    number, name, amount = words.word(), words.word(), words.word()
    currency = words.currency()
    said: dict[str, Any] = {}
    if words.has("booked"):
        said["base_minor"] = words.amount()
    if words.has("pending"):
        said["status"] = Status.PENDING
    if words.has("beside"):
        said["body"] = {BESIDE: words.amount()}
    if words.has("across parties"):
        said["across_parties"] = True
    if words.has("for"):
        said["allocations"] = tuple(told.allocation(number, part) for part in words.rest(","))
    return AddSettlement(
        **told.new(number, kind),
        kind=kind,
        party=NewParty(name, name),
        settled_on=on,
        currency=currency,
        amount_minor=parse_minor(amount, currency),
        opening=opening,
        **said,
    )


def _write_off(told: Told, words: Words, on: date) -> Command:
    number, charge = words.word(), _of(words)
    amount_minor = words.amount()
    reason = Reason("_".join(words.rest(" ")))
    new = told.new(number, Kind.WRITE_OFF)
    return AddWriteOff(**new, charge=charge, written_off_on=on, amount_minor=amount_minor, reason=reason)


def _recovery(told: Told, words: Words, on: date) -> Command:
    number, write_off = words.word(), _of(words)
    new = told.new(number, Kind.RECOVERY)
    return AddRecovery(**new, write_off=write_off, recovered_on=on, amount_minor=words.amount())


def _refund(told: Told, words: Words, on: date) -> Command:
    number, of = words.word(), _of(words)
    return AddRefund(
        **told.new(number, Kind.REFUND),
        of_kind=told.kinds[of],
        of=of,
        refunded_on=on,
        amount_minor=words.amount(),
        status=Status.PENDING if words.has("pending") else Status.COMPLETED,
    )


def _return(told: Told, words: Words, on: date) -> Command:
    return SetStatus(**told.kind(words.word()), status=Status.RETURNED, returned_on=on)


def _due_date(told: Told, words: Words, on: date) -> Command:
    charge = _of(words)
    assert words.has("becomes")
    return ChangeDueDate(side=told.side, charge=charge, from_on=on, due_on=words.day())


def _rate(_: Told, words: Words, on: date) -> Command:
    return PutRates((Rate(words.word(), on, Decimal(words.word())),))


def _of(words: Words) -> str:
    assert words.has("of")
    return words.word()


_DATED: Final[dict[str, Callable[[Told, Words, date], Command]]] = {
    "write-off": _write_off,
    "recovery": _recovery,
    "refund": _refund,
    "return": _return,
    "due-date": _due_date,
    "rate": _rate,
}


def _said(told: Told, words: Words) -> Command:
    what = words.word()
    return _UNDATED[what](told, words) if what in _UNDATED else _status(told, words, what)


def _status(told: Told, words: Words, number: str) -> Command:
    assert words.has("is"), f"nothing is said by: {words.line}"
    return SetStatus(**told.kind(number), status=Status(words.word()))


def _edit(told: Told, words: Words) -> Command:
    number = words.word()
    said: dict[str, Any] = {}
    if words.has("amount"):
        said["amount_minor"] = words.amount()
    if words.has("issued"):
        said["issued_on"] = words.day()
    if words.has("due"):
        said["due_on"] = words.day()
    return EditDocument(**told.kind(number), **said)


def _undo(told: Told, words: Words, state: Literal[State.VOID, State.DELETED]) -> Command:
    return UndoDocument(**told.kind(words.word()), state=state)


def _void(told: Told, words: Words) -> Command:
    return _undo(told, words, State.VOID)


def _delete(told: Told, words: Words) -> Command:
    return _undo(told, words, State.DELETED)


def _allocate(told: Told, words: Words) -> Command:
    source = words.word()
    assert words.has("for")
    allocations = tuple(told.allocation(source, part) for part in words.rest(","))
    return Allocate(side=told.side, kind=told.kinds[source], source=source, allocations=allocations)


def _take(told: Told, words: Words) -> Command:
    assert words.has("back")
    source = words.word()
    assert words.has("from")
    there = told.allocations[f"{source} {words.word()}"]
    return TakeBack(side=told.side, id=there, on=words.day() if words.has("on") else None)


def _move(told: Told, words: Words) -> Command:
    source = words.word()
    assert words.has("from")
    there = told.allocations[f"{source} {words.word()}"]
    on = words.day() if words.has("on") else None
    assert words.has("to")
    return MoveAllocation(side=told.side, id=there, to=told.allocation(source, " ".join(words.rest(","))), on=on)


def _merge(told: Told, words: Words) -> Command:
    merged = told.parties[words.word()]
    assert words.has("into")
    return MergeParties(told.side, merged, told.parties[words.word()])


def _rename(told: Told, words: Words) -> Command:
    party = told.parties[words.word()]
    assert words.has("to")
    return PutParty(side=told.side, id=party, name=words.word())


def _archive(told: Told, words: Words) -> Command:
    return ArchiveParty(told.side, told.parties[words.word()])


def _unarchive(told: Told, words: Words) -> Command:
    return UnarchiveParty(told.side, told.parties[words.word()])


def _books(_: Told, words: Words) -> Command:
    if words.has("start on"):
        return StartBooks(words.day())
    if words.has("open again"):
        return CloseBooks(None)
    assert words.has("close through")
    through_on = words.day()
    return CloseBooks(through_on, Late.SHIFT if words.has("and shift") else Late.REFUSE)


_UNDATED: Final[dict[str, Callable[[Told, Words], Command]]] = {
    "edit": _edit,
    "void": _void,
    "delete": _delete,
    "allocate": _allocate,
    "take": _take,
    "move": _move,
    "merge": _merge,
    "rename": _rename,
    "archive": _archive,
    "unarchive": _unarchive,
    "books": _books,
}
