"""Write what a body asks for as one version, and say in the body's own words what the ledger refuses.

Holds: a dialect says of each body what it calls the parts of a write; nothing here knows which dialect it is.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final
from uuid import UUID

from duebook.http.services import Services
from duebook.ledger.commands import Command
from duebook.ledger.errors import (
    DocumentNotFound,
    ExternalIdConflict,
    LedgerError,
    NotFound,
    NotOpen,
    OtherParty,
    OverAllocated,
    PartyNotFound,
)
from duebook.ledger.facts import Side
from duebook.ledger.store import record
from duebook.ledger.working import Recorded
from duebook.tenancy.facts import Business, BusinessId, Caller
from duebook.tenancy.gate import WriteTx, write_tx

Asked = Callable[[Business], Command]
"""What a checked body asks of the books, once it is known whose they are: their currency and their time zone."""


def as_is(command: Command) -> Asked:
    """A command that is the same whosever books they are."""
    return lambda _: command


Fields = Mapping[str, str]
"""What a body calls the parts of a write that the ledger has its own words for. A name that ends in [] is that of a
list of allocations: its place in it is named too."""

_ALONG_FIELDS: Final = {
    "party": "external_id",
    "number": "reference_number",
    "settled_on": "paid_at",
    "allocations": "external_id",
    "charge": "external_id",
}
"""The same for payments that come along: only by its external id can one be another document's."""

_WORDS: Final = {
    Side.RECEIVABLE: {"charge": "invoice", "party": "customer"},
    Side.PAYABLE: {"charge": "bill", "party": "vendor"},
}


class RefusedWrite(Exception):
    """The ledger refused what a body asked for; `field` is the body's own word for what it is about."""

    def __init__(self, error: LedgerError, side: Side, fields: Fields, at: str = "") -> None:
        self.error, self.side = error, side
        self.values = error.values
        along = error.settlement is not None
        name = _named(error, _ALONG_FIELDS if along else fields)
        if isinstance(error, ExternalIdConflict):
            self.values["differing"] = name
        self.field = f"{at}payments[{error.settlement}].{name}" if along else at + name
        super().__init__(f"{self.field}: {self.said}")

    @property
    def said(self) -> str:
        """Why, in the words of the side."""
        words = _WORDS[self.side]
        match self.error:
            case ExternalIdConflict(external_id=external_id, differing="state"):
                return f"external id {external_id!r} is already recorded in another state: void, deleted, or neither"
            case ExternalIdConflict(external_id=external_id) if self.values["differing"] == "external_id":
                return f"external id {external_id!r} is already recorded for another {words['charge']}"
            case ExternalIdConflict(external_id=external_id):
                return f"external id {external_id!r} is already recorded with other {self.values['differing']}"
            case DocumentNotFound(what="charge", given=given):
                return f"no {words['charge']} {given}"
            case DocumentNotFound() | PartyNotFound():
                return str(self.error)
        return re.sub("charge|party", lambda found: words[found[0]], str(self.error))


def _named(error: LedgerError, fields: Fields) -> str:
    match error:
        case OverAllocated():
            about = "open"
        case DocumentNotFound() | NotOpen() | OtherParty():
            about = "charge"
        case ExternalIdConflict(differing=about):
            pass
        case _:
            about = error.field
    unnamed = "external_id" if about == "state" else about
    name, is_list, _ = fields.get(about, unnamed).partition("[]")
    return f"{name}[{error.allocation}]" if is_list and error.allocation is not None else name


async def recorded(
    tx: WriteTx,
    asked: Sequence[Asked],
    *,
    side: Side,
    fields: Fields,
    batch: bool = False,
    named: UUID | None = None,
) -> list[Recorded]:
    """Record all or nothing inside a write. Raises RefusedWrite in the words of `fields`.

    Raises NotFound itself if what is missing is not in the body, but `named`: what the address names.
    """
    try:
        return [done for done in await record(tx, [one(tx.business) for one in asked]) if done]
    except LedgerError as error:
        if isinstance(error, NotFound) and error.given == named:
            raise
        raise RefusedWrite(error, side, fields, f"[{error.at}]." if batch else "") from error


async def write(
    services: Services,
    caller: Caller,
    business_id: BusinessId,
    operation: str,
    asked: Sequence[Asked],
    *,
    side: Side,
    fields: Fields,
    batch: bool = False,
    named: UUID | None = None,
) -> list[Recorded]:
    """Record all or nothing as a write of its own. Raises TenancyError, and as `recorded` does."""
    async with write_tx(services.database, caller, business_id, operation) as tx:
        return await recorded(tx, asked, side=side, fields=fields, batch=batch, named=named)
