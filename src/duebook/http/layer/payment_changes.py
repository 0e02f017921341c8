"""Corrections of payments that are recorded: changed, or deleted with what they pay.

Holds: what a change says replaces what was said, null takes it away, and what is left out stays.
Source: docs/reference/layer.md, "Payments"; docs/rule.md, T9, T10.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType

from duebook.http.fields import Free, LongText, PositiveCents, Text
from duebook.http.layer.allocated import changed, taken_back
from duebook.http.layer.charge_changes import said
from duebook.http.layer.payment_answers import recorded_parts
from duebook.http.layer.payments import (
    ACCOUNT_PARTS,
    ALLOCATIONS,
    WHOSE,
    DatedPayment,
    Fee,
    Method,
    NewPart,
    find,
    placed,
    to_record,
)
from duebook.http.layer.refusals import PAYMENT_FIELDS
from duebook.http.layer.tags import NewTag
from duebook.http.services import Services
from duebook.http.stamps import Stamp, midnight
from duebook.http.writes import RefusedWrite, recorded
from duebook.ledger import views
from duebook.ledger.commands import AddSettlement, Command, EditDocument, PartyRef, UndoDocument
from duebook.ledger.errors import InTheWay, OverRefunded
from duebook.ledger.facts import BESIDE, DocumentId, Kind, Side, State
from duebook.ledger.views import DocumentView
from duebook.tenancy.facts import BusinessId, Caller
from duebook.tenancy.gate import WriteTx, write_tx

Read = tuple[DatedPayment, Sequence[NewPart], PartyRef | None]
"""A body that records a payment, its parts, and whose it is if it says so."""


class PaymentChanges(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What may be said anew of a payment of either side."""

    paid_at: Stamp | UnsetType = UNSET
    method: Method | UnsetType = UNSET
    amount: PositiveCents | UnsetType = UNSET
    fee: PositiveCents | UnsetType | None = UNSET
    additional_fees: list[Fee] | UnsetType | None = UNSET
    processor: Text | UnsetType | None = UNSET
    payment_clearing_account_identifier: Free | UnsetType | None = UNSET
    redemption_account: Free | UnsetType | None = UNSET
    tags: list[NewTag] | UnsetType | None = UNSET
    memo: LongText | UnsetType | None = UNSET
    metadata: Free | UnsetType | None = UNSET
    reference_number: Text | UnsetType | None = UNSET


async def change(
    services: Services,
    caller: Caller,
    business_id: BusinessId,
    side: Side,
    payment_id: UUID,
    given: Mapping[str, msgspec.Raw],
    read: Callable[[bytes], Read],
) -> DocumentView:
    """Correct a payment, as if it had always been recorded so; as it then stands.

    `read` reads a body that records a payment.
    Raises TenancyError, DocumentNotFound, BadInput, RefusedWrite.
    """
    amounts = frozenset({"amount", ALLOCATIONS[side]})
    async with write_tx(services.database, caller, business_id, f"change {_NOUN[side]}") as tx:
        known = await views.document(tx, side, Kind.PAYMENT, DocumentId(payment_id))
        parts_too = bool(amounts & given.keys())
        was = _as_recorded(known, with_parts=parts_too)
        asked, parts, party = read(msgspec.json.encode({**was, **given}))
        new = to_record(side, asked, parts, party)(tx.business)
        names = frozenset(given) | (amounts if parts_too else frozenset())
        commands = changed(known, _edit(known, names, new), new.allocations if parts_too else None)
        with placed(side, parts):
            await _record(tx, side, commands, {} if parts_too else {"amount": "paid_at"})
    return await find(services, caller, business_id, side, payment_id)


async def delete(
    services: Services, caller: Caller, business_id: BusinessId, side: Side, payment_id: UUID
) -> DocumentView:
    """Delete a payment: what it paid is open again. As it stood before.

    Raises TenancyError, DocumentNotFound, RefusedWrite.
    """
    async with write_tx(services.database, caller, business_id, f"delete {_NOUN[side]}") as tx:
        known = await views.document(tx, side, Kind.PAYMENT, DocumentId(payment_id))
        undo = UndoDocument(side=side, kind=Kind.PAYMENT, document=known.document.id, state=State.DELETED)
        try:
            await _record(tx, side, [*taken_back(known), undo])
        except RefusedWrite as refused:
            if not isinstance(refused.error, OverRefunded):
                raise
            needed_by = InTheWay(known.document.id, "deleted", (), refused.error.in_the_way)
            raise RefusedWrite(needed_by, side, PAYMENT_FIELDS[side]) from refused
        return known


_NOUN: Final = {Side.RECEIVABLE: "invoice payment", Side.PAYABLE: "bill payment"}


def _as_recorded(known: DocumentView, *, with_parts: bool) -> dict[str, Any]:
    """What a body would say to record a payment as it is, so far as one without parts can be checked."""
    payment = known.document
    amount = payment.amount_minor + payment.beside_minor
    return {
        "paid_at": midnight(payment.issued_on),
        "method": "OTHER",
        "amount": amount,
        f"{WHOSE[payment.side]}_id": payment.party_id,
        ALLOCATIONS[payment.side]: recorded_parts(known) if with_parts else [{"amount": amount, "account": {}}],
    }


def _edit(known: DocumentView, names: frozenset[str], new: AddSettlement) -> EditDocument:
    """The correction: of everything that is named, what the new payment would have."""
    there, amounts = known.document, frozenset({"amount"})
    in_body = names | {ACCOUNT_PARTS, BESIDE} if names & amounts else names
    body = {name: value for name, value in there.body.items() if name not in in_body}
    return EditDocument(
        side=there.side,
        kind=Kind.PAYMENT,
        document=there.id,
        number=said(names, {"reference_number"}, new.number),
        issued_on=said(names, {"paid_at"}, new.settled_on),
        amount_minor=said(names, amounts, new.amount_minor),
        tags=said(names, {"tags"}, new.tags),
        body=body | {name: value for name, value in new.body.items() if name in in_body},
    )


async def _record(tx: WriteTx, side: Side, commands: Sequence[Command], more: Mapping[str, str] | None = None) -> None:
    """Record a correction; `more` is what this body calls the parts of a write that others call otherwise."""
    asked = [lambda _, one=one: one for one in commands]
    await recorded(tx, asked, side=side, fields={**PAYMENT_FIELDS[side], **(more or {})})
