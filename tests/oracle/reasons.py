"""What the oracle refuses for, and the ledger's error for each reason."""

from collections.abc import Mapping
from typing import Final

from duebook.ledger import errors

ERRORS: Final[Mapping[str, type[errors.LedgerError]]] = {
    "unknown party": errors.PartyNotFound,
    "unknown document": errors.DocumentNotFound,
    "unknown share": errors.AllocationNotFound,
    "no party": errors.NoParty,
    "same party": errors.SameParty,
    "archived": errors.PartyIsArchived,
    "conflict": errors.ExternalIdConflict,
    "due date": errors.DueDateOutOfRange,
    "parts": errors.InstalmentsDoNotAddUp,
    "no such part": errors.InstalmentNotFound,
    "change too early": errors.DueChangeTooEarly,
    "no rate": errors.NoRate,
    "bad rate": errors.BadRate,
    "amounts differ": errors.AmountsDiffer,
    "negative": errors.NegativeAmount,
    "too large": errors.TooLarge,
    "nothing left": errors.NothingLeft,
    "other party": errors.OtherParty,
    "not open": errors.NotOpen,
    "not that kind": errors.NotThatKind,
    "undone": errors.IsUndone,
    "in the way": errors.InTheWay,
    "bad transition": errors.BadTransition,
    "return day": errors.ReturnDateMissing,
    "returned too early": errors.ReturnedTooEarly,
    "too early": errors.AllocatedTooEarly,
    "too much": errors.OverAllocated,
    "overdrawn": errors.Overdrawn,
    "over refunded": errors.OverRefunded,
    "starts later": errors.BooksStartLater,
    "no start": errors.BooksHaveNoStart,
    "begun": errors.BooksHaveBegun,
    "closed": errors.PeriodIsClosed,
}
