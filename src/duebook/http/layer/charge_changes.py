"""Corrections of invoices and bills that are recorded: changed, void or deleted.

Holds: what a change says replaces what was said, null takes it away, and what is left out stays.
Source: docs/reference/layer.md, "Changes"; docs/rule.md, T9, T10.
"""

from collections.abc import Callable, Mapping, Set
from typing import Any, Final, Literal, TypeVar
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType

from duebook.http.fields import Free, LongText, PositiveCents, Text, check_free
from duebook.http.layer import charges
from duebook.http.layer.charges import AskedCharge, Books
from duebook.http.layer.tags import NewTag
from duebook.http.lines import SalesTax
from duebook.http.services import Services
from duebook.http.stamps import Stamp
from duebook.http.writes import Fields, recorded
from duebook.ledger import views
from duebook.ledger.commands import KEEP, AddCharge, EditDocument, Keep, UndoDocument
from duebook.ledger.facts import DocumentId, Kind, Side, State
from duebook.ledger.views import DocumentView
from duebook.tenancy.facts import BusinessId, Caller
from duebook.tenancy.gate import write_tx

T = TypeVar("T")

_PRICES: Final = frozenset({"line_items", "additional_discount", "additional_sales_taxes", "tips"})
_SUMS: Final = frozenset({"subtotal", "additional_sales_taxes_total"})
_NUMBER: Final = frozenset({"reference_number", "invoice_number", "bill_number"})
_DUE: Final = frozenset({"due_at", "bill_terms"})
_PARTY: Final = frozenset({"customer_id", "customer_external_id", "vendor_id", "vendor_external_id"})
_ISSUED: Final = frozenset({"sent_at", "received_at"})
_DOING: Final = {State.VOID: "void", State.DELETED: "delete"}
_NOUN: Final = {Side.RECEIVABLE: "invoice", Side.PAYABLE: "bill"}
_TOGETHER: Final = (_NUMBER, _DUE, _PARTY)
"""Names of one thing: what is said under one of them replaces what was said under another."""

_RAW: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])


class ChargeChanges(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What may be said anew of both an invoice and a bill."""

    due_at: Stamp | UnsetType | None = UNSET
    additional_discount: PositiveCents | UnsetType | None = UNSET
    additional_sales_taxes: list[SalesTax] | UnsetType | None = UNSET
    tags: list[NewTag] | UnsetType | None = UNSET
    memo: LongText | UnsetType | None = UNSET
    metadata: Free | UnsetType | None = UNSET
    reference_number: Text | UnsetType | None = UNSET


def said_in(body: bytes, changes: msgspec.Struct) -> Mapping[str, msgspec.Raw]:
    """What a body says, by field: only the body itself tells null from nothing. Raises BadInput."""
    check_free("", changes)
    return {name: value for name, value in _RAW.decode(body).items() if name in changes.__struct_fields__}


def said(names: Set[str], about: Set[str], value: T) -> T | Keep:
    """The value, if one of the names that it is about is named; else nothing is said of it."""
    return value if names & about else KEEP


async def change(
    services: Services,
    caller: Caller,
    business_id: BusinessId,
    side: Side,
    charge_id: UUID,
    given: Mapping[str, msgspec.Raw],
    *,
    was: Callable[[DocumentView], Mapping[str, Any]],
    to_record: Callable[[bytes], AskedCharge],
    fields: Fields,
) -> tuple[DocumentView, Books]:
    """Correct a charge, as if it had always been recorded so; as it then stands.

    `was` is what a body would have said to record it as it is, `to_record` what such a body asks of the books.
    Raises TenancyError, DocumentNotFound, BadInput, RefusedWrite.
    """
    async with write_tx(services.database, caller, business_id, f"change {_NOUN[side]}") as tx:
        view = await views.document(tx, side, Kind.CHARGE, DocumentId(charge_id))
        names = frozenset(given).union(*(one for one in _TOGETHER if one & given.keys()))
        kept = {name: value for name, value in was(view).items() if name not in names}
        new = to_record(msgspec.json.encode({**kept, **given}))(tx.business)
        await recorded(tx, [lambda _: _edit(view, names, new)], side=side, fields=fields)
    return await charges.find(services, caller, business_id, side, charge_id)


async def undo(
    services: Services,
    caller: Caller,
    business_id: BusinessId,
    side: Side,
    charge_id: UUID,
    state: Literal[State.VOID, State.DELETED],
    fields: Fields,
) -> tuple[DocumentView, Books]:
    """Void or delete a charge that nothing touches: a void one as it then stands, a deleted one as it stood before.

    Raises TenancyError, DocumentNotFound, RefusedWrite.
    """
    undone = UndoDocument(side=side, kind=Kind.CHARGE, document=DocumentId(charge_id), state=state)
    async with write_tx(services.database, caller, business_id, f"{_DOING[state]} {_NOUN[side]}") as tx:
        view = await views.document(tx, side, Kind.CHARGE, DocumentId(charge_id))
        books = await charges.books_of(tx, side, [view])
        await recorded(tx, [lambda _: undone], side=side, fields=fields)
    if state is State.DELETED:
        return view, books
    return await charges.find(services, caller, business_id, side, charge_id)


def _edit(view: DocumentView, names: frozenset[str], new: AddCharge) -> EditDocument:
    """The correction: of everything that is named, what the new charge would have."""
    there = view.document
    priced = names | _SUMS if there.body.get("line_items") else names | _SUMS | {"line_items"}
    said_in_body = priced if names & _PRICES else names
    body = {name: value for name, value in there.body.items() if name not in said_in_body}
    return EditDocument(
        side=there.side,
        kind=Kind.CHARGE,
        document=there.id,
        party=said(names, _PARTY, new.party),
        number=said(names, _NUMBER, new.number),
        issued_on=said(names, _ISSUED, new.issued_on),
        received_on=said(names, _ISSUED, new.received_on),
        due_on=said(names, _DUE, new.due_on),
        terms=said(names, _DUE, new.terms) or KEEP,
        amount_minor=said(names, _PRICES, new.amount_minor),
        tags=said(names, {"tags"}, new.tags),
        body=body | {name: value for name, value in new.body.items() if name in said_in_body},
    )
