"""Tell the ledger what the oracle was told: sayings become commands, reasons become errors.

Holds: a document keeps its id once it stands; a repeat comes with a new id, which the ledger must not use.
"""

from collections.abc import Mapping
from typing import Final
from uuid import UUID, uuid4

from duebook.days import Terms
from duebook.ledger import errors
from duebook.ledger.commands import (
    AddCharge,
    AddSettlement,
    ArchiveParty,
    Command,
    DocumentRef,
    NewAllocation,
    NewParty,
    PartyRef,
    PutParty,
)
from duebook.ledger.facts import DocumentId, Kind, PartyId, Side, State
from tests.oracle.said import Charge, Leave, Meet, Saying, Settle, Share, Who, Write
from tests.oracle.slow import Key

ERRORS: Final[Mapping[str, type[errors.LedgerError]]] = {
    "unknown party": errors.PartyNotFound,
    "unknown charge": errors.DocumentNotFound,
    "no party": errors.NoParty,
    "archived": errors.PartyIsArchived,
    "conflict": errors.ExternalIdConflict,
    "due date": errors.DueDateOutOfRange,
    "no rate": errors.NoRate,
    "negative": errors.NegativeAmount,
    "too large": errors.TooLarge,
    "other party": errors.OtherParty,
    "other currency": errors.OtherCurrency,
    "not open": errors.NotOpen,
    "too early": errors.AllocatedTooEarly,
    "too much": errors.OverAllocated,
}
NOBODY: Final = PartyId(UUID(int=404))


class Teller:
    """Turns writes into commands, with the ids of what stands already."""

    def __init__(self) -> None:
        self.documents: dict[Key, DocumentId] = {}
        self.parties: dict[tuple[str, str], PartyId] = {}
        self._new: dict[Key, DocumentId] = {}

    def commands(self, write: Write) -> list[Command]:
        """The commands of one write."""
        self._new = {}
        return [self._command(saying) for saying in write]

    def recorded(self, parties: Mapping[tuple[str, str], PartyId]) -> None:
        """The write stands, and these are all parties by side and external id."""
        self.documents |= self._new
        self.parties.update(parties)

    def _command(self, saying: Saying) -> Command:
        match saying:
            case Meet():
                return PutParty(
                    side=Side(saying.side),
                    external_id=saying.party,
                    name=saying.name,
                    terms=_terms(saying.net_days, saying.end_of_month),
                )
            case Leave():
                return ArchiveParty(Side(saying.side), self.parties.get((saying.side, saying.party), NOBODY))
            case Charge():
                return self._charge(saying)
            case Settle():
                return self._settle(saying)

    def _charge(self, said: Charge) -> AddCharge:
        return AddCharge(
            side=Side(said.side),
            id=self._id(Key(said.side, "charge", said.document)),
            external_id=_external_id(said.document),
            state=State(said.state),
            party=self._who(said.side, said.who),
            issued_on=said.on,
            due_on=said.due,
            terms=_terms(said.net_days, said.end_of_month),
            currency=said.currency,
            amount_minor=said.amount,
            base_minor=said.base,
            body={"memo": said.memo} if said.memo else {},
            settlements=tuple(self._settle(settle) for settle in said.settles),
        )

    def _settle(self, said: Settle) -> AddSettlement:
        return AddSettlement(
            side=Side(said.side),
            kind=Kind(said.kind),
            id=self._id(Key(said.side, said.kind, said.document)),
            external_id=_external_id(said.document),
            party=self._who(said.side, said.who) if said.who else None,
            settled_on=said.on,
            currency=said.currency,
            amount_minor=said.amount,
            base_minor=said.base,
            allocations=tuple(
                NewAllocation(
                    charge=self._charge_ref(said.side, share), amount_minor=share.amount, effective_on=share.on
                )
                for share in said.shares
            ),
            body={"memo": said.memo} if said.memo else {},
        )

    def _id(self, key: Key) -> DocumentId:
        fresh = DocumentId(uuid4())
        if key not in self.documents and key not in self._new:
            self._new[key] = fresh
        return fresh

    def _who(self, side: str, who: Who) -> PartyRef:
        if who.new_name is None:
            return self.parties.get((side, who.party), NOBODY)
        return NewParty(who.party, who.new_name)

    def _charge_ref(self, side: str, share: Share) -> DocumentRef:
        if not share.by_id and (external_id := _external_id(share.charge)):
            return external_id
        key = Key(side, "charge", share.charge)
        return self.documents.get(key) or self._new.get(key) or DocumentId(UUID(int=404))


def _external_id(document: str) -> str | None:
    return None if document.startswith("#") else document


def _terms(net_days: int | None, end_of_month: bool) -> Terms | None:
    return None if net_days is None else Terms(net_days, end_of_month)
