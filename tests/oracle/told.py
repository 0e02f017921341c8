"""Tell the ledger what the oracle was told: sayings become commands.

Holds: a document and an allocation keep their ids once they stand; a repeat comes with new ones, which the ledger must
not use.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final
from uuid import UUID, uuid4

from duebook.days import Terms
from duebook.ledger import commands
from duebook.ledger.commands import AddSettlement, Command, DocumentRef, NewAllocation, NewParty, PartyRef
from duebook.ledger.facts import (
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
)
from tests.oracle import said as words
from tests.oracle.said import Part, Saying, Share, Who, Write
from tests.oracle.slips import Key

NOBODY: Final = PartyId(UUID(int=404))
NOTHING: Final = DocumentId(UUID(int=404))


class Teller:
    """Turns writes into commands, with the ids of what stands already."""

    def __init__(self) -> None:
        self.documents: dict[Key, DocumentId] = {}
        self.shares: dict[str, AllocationId] = {}
        self.parties: dict[tuple[str, str], PartyId] = {}
        self._new: dict[Key, DocumentId] = {}
        self._new_shares: dict[str, AllocationId] = {}

    def commands(self, write: Write) -> list[Command]:
        """The commands of one write."""
        self._new, self._new_shares = {}, {}
        return [self._command(saying) for saying in write]

    def recorded(self, parties: Mapping[tuple[str, str], PartyId]) -> None:
        """The write stands, and these are all parties by side and external id."""
        self.documents |= self._new
        self.shares |= self._new_shares
        self.parties.update(parties)

    def names(self) -> dict[UUID, str]:
        """What stands under which id."""
        names: dict[UUID, str] = {id: key.document for key, id in self.documents.items()}
        names |= {id: name for name, id in self.shares.items()}
        return names | {id: name for (_, name), id in self.parties.items()}

    def _command(self, saying: Saying) -> Command:
        if isinstance(saying, words.Quote):
            return commands.PutRates(tuple(Rate(*one) for one in saying.rates))
        if isinstance(saying, words.Begin):
            return commands.StartBooks(saying.on)
        if isinstance(saying, words.Close):
            return commands.CloseBooks(saying.through, Late(saying.late))
        return self._TOLD[type(saying)](self, saying)

    def _meet(self, said: words.Meet) -> Command:
        terms = _terms(said.net_days, said.end_of_month)
        return commands.PutParty(side=Side(said.side), external_id=said.party, name=said.name, terms=terms)

    def _leave(self, said: words.Leave) -> Command:
        command = commands.UnarchiveParty if said.back else commands.ArchiveParty
        return command(Side(said.side), self._party(said.side, said.party))

    def _merge(self, said: words.Merge) -> Command:
        into = self._party(said.side, said.into)
        return commands.MergeParties(Side(said.side), self._party(said.side, said.party), into)

    def _charge(self, said: words.Charge) -> Command:
        return commands.AddCharge(
            side=Side(said.side),
            id=self._id(Key(said.side, "charge", said.document)),
            external_id=_external_id(said.document),
            state=State(said.state),
            party=self._who(said.side, said.who),
            issued_on=said.on,
            due_on=said.due,
            terms=_terms(said.net_days, said.end_of_month),
            instalments=_instalments(said.parts),
            currency=said.currency,
            amount_minor=said.amount,
            base_minor=said.base,
            opening=said.opening,
            body={"memo": said.memo} if said.memo else {},
            settlements=tuple(self._settle(settle) for settle in said.settles),
        )

    def _settle(self, said: words.Settle) -> AddSettlement:
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
            allocations=tuple(self._share(said.side, share) for share in said.shares),
            across_parties=said.across,
            status=Status(said.status),
            returned_on=said.returned,
            opening=said.opening,
            body={"memo": said.memo} if said.memo else {},
        )

    def _apply(self, said: words.Apply) -> Command:
        return commands.Allocate(
            side=Side(said.side),
            kind=Kind(said.kind),
            source=self._ref(Key(said.side, said.kind, said.document)),
            allocations=tuple(self._share(said.side, share) for share in said.shares),
            across_parties=said.across,
        )

    def _give_up(self, said: words.GiveUp) -> Command:
        return commands.AddWriteOff(
            side=Side(said.side),
            id=self._id(Key(said.side, "write_off", said.document)),
            external_id=_external_id(said.document),
            charge=self._ref(Key(said.side, "charge", said.charge)),
            written_off_on=said.on,
            amount_minor=said.amount,
            reason=Reason(said.reason),
        )

    def _recover(self, said: words.Recover) -> Command:
        return commands.AddRecovery(
            side=Side(said.side),
            id=self._id(Key(said.side, "recovery", said.document)),
            external_id=_external_id(said.document),
            write_off=self._ref(Key(said.side, "write_off", said.write_off)),
            recovered_on=said.on,
            amount_minor=said.amount,
        )

    def _pay_back(self, said: words.PayBack) -> Command:
        return commands.AddRefund(
            side=Side(said.side),
            id=self._id(Key(said.side, "refund", said.document)),
            external_id=_external_id(said.document),
            of_kind=Kind(said.of_kind),
            of=self._ref(Key(said.side, said.of_kind, said.of)),
            refunded_on=said.on,
            amount_minor=said.amount,
            status=Status(said.status),
            returned_on=said.returned,
        )

    def _take_back(self, said: words.TakeBack) -> Command:
        return commands.TakeBack(side=Side(said.side), id=self._share_id(said.share), on=said.on)

    def _move(self, said: words.Move) -> Command:
        to = self._share(said.side, said.to)
        return commands.MoveAllocation(side=Side(said.side), id=self._share_id(said.share), to=to, on=said.on)

    def _postpone(self, said: words.Postpone) -> Command:
        charge = self._ref(Key(said.side, "charge", said.charge))
        return commands.ChangeDueDate(
            side=Side(said.side), charge=charge, from_on=said.from_on, due_on=said.due, instalment=said.part
        )

    def _undo(self, said: words.Undo) -> Command:
        ref = self._ref(Key(said.side, said.kind, said.document))
        state: Any = State(said.state)
        return commands.UndoDocument(side=Side(said.side), kind=Kind(said.kind), document=ref, state=state)

    def _progress(self, said: words.Progress) -> Command:
        ref = self._ref(Key(said.side, said.kind, said.document))
        status, returned = Status(said.status), said.returned
        side, kind = Side(said.side), Kind(said.kind)
        return commands.SetStatus(side=side, kind=kind, document=ref, status=status, returned_on=returned)

    def _edit(self, said: words.Edit) -> Command:
        ref = self._ref(Key(said.side, said.kind, said.document))
        changes: dict[str, Any] = {}
        for name, value in said.changes:
            match name:
                case "who":
                    changes["party"] = self._who(said.side, value)
                case "terms":
                    changes["terms"] = value and Terms(*value)
                case "parts":
                    changes["instalments"] = _instalments(value)
                case "state":
                    changes["state"] = State(value)
                case "reason":
                    changes["reason"] = Reason(value)
                case _:
                    changes[_FIELDS[name]] = value
        return commands.EditDocument(side=Side(said.side), kind=Kind(said.kind), document=ref, **changes)

    _TOLD: Final[Mapping[type[Saying], Callable[..., Command]]] = {
        words.Meet: _meet,
        words.Leave: _leave,
        words.Merge: _merge,
        words.Charge: _charge,
        words.Settle: _settle,
        words.Apply: _apply,
        words.GiveUp: _give_up,
        words.Recover: _recover,
        words.PayBack: _pay_back,
        words.TakeBack: _take_back,
        words.Move: _move,
        words.Postpone: _postpone,
        words.Undo: _undo,
        words.Progress: _progress,
        words.Edit: _edit,
    }

    def _id(self, key: Key) -> DocumentId:
        fresh = DocumentId(uuid4())
        if key not in self.documents and key not in self._new:
            self._new[key] = fresh
        return fresh

    def _who(self, side: str, who: Who) -> PartyRef:
        if who.new_name is None:
            return self._party(side, who.party)
        return NewParty(who.party, who.new_name)

    def _party(self, side: str, party: str) -> PartyId:
        return self.parties.get((side, party), NOBODY)

    def _ref(self, key: Key, *, by_id: bool = True) -> DocumentRef:
        if not by_id and (external_id := _external_id(key.document)):
            return external_id
        return self.documents.get(key) or self._new.get(key) or NOTHING

    def _share(self, side: str, share: Share) -> NewAllocation:
        fresh = AllocationId(uuid4())
        if share.name not in self.shares and share.name not in self._new_shares:
            self._new_shares[share.name] = fresh
        return NewAllocation(
            charge=self._ref(Key(side, "charge", share.charge), by_id=share.by_id),
            amount_minor=share.amount,
            source_minor=share.paid,
            effective_on=share.on,
            instalment=share.part,
            id=fresh,
        )

    def _share_id(self, name: str) -> AllocationId:
        return self.shares.get(name) or self._new_shares.get(name) or AllocationId(UUID(int=404))


_FIELDS: Final = {
    "on": "issued_on",
    "due": "due_on",
    "currency": "currency",
    "amount": "amount_minor",
    "base": "base_minor",
    "returned": "returned_on",
}


def _external_id(document: str) -> str | None:
    return None if document.startswith("#") else document


def _instalments(parts: tuple[Part, ...]) -> tuple[Instalment, ...]:
    return tuple(Instalment(part.due, part.amount) for part in parts)


def _terms(net_days: int | None, end_of_month: bool) -> Terms | None:
    return None if net_days is None else Terms(net_days, end_of_month)
