"""Write-offs: what the business gives up of an invoice.

Units: cents.
Source: docs/reference/layer.md, "Write-offs".
"""

from typing import Any, Final, Literal
from uuid import UUID

import msgspec

from duebook.days import day_of
from duebook.http import write_offs
from duebook.http.fields import Cents, ExternalId, Free, LongText, PositiveCents, Text, check_free, kept
from duebook.http.layer.lists import WRITE_OFF_SORTS, ListMeta, Paging, documents
from duebook.http.layer.refusals import WRITE_OFF_FIELDS
from duebook.http.layer.tags import ApiTag, NewTag, api_tags, tags_of
from duebook.http.services import Services
from duebook.http.stamps import Stamp, as_given, optional_stamp
from duebook.ledger import views
from duebook.ledger.facts import Document, DocumentId, Kind, Reason, Side
from duebook.ledger.lists import DocumentFilter
from duebook.ledger.views import DocumentView, Tx
from duebook.tenancy.facts import BusinessId, Caller
from duebook.tenancy.gate import ReadTx, write_tx

_SIDE: Final = Side.RECEIVABLE
_APART: Final = frozenset({"external_id", "amount", "tags", "reference_number"})

_BAD_DEBT: Final[Free] = {"type": "StableName", "stable_name": "BAD_DEBT_EXPENSE"}
_REASON_KEY: Final = "write_off_reason"


class NewWriteOff(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A write-off to record: of all that is outstanding if no amount is named, of today if no day is."""

    amount: PositiveCents | None = None
    external_id: ExternalId | None = None
    write_off_at: Stamp | None = None
    destination_account_identifier: Free | None = None
    tags: list[NewTag] | None = None
    memo: LongText | None = None
    metadata: Free | None = None
    reference_number: Text | None = None


class WriteOff(msgspec.Struct, kw_only=True):
    """A write-off."""

    type: Literal["Api_Invoice_Write_Off"] = "Api_Invoice_Write_Off"
    id: UUID
    invoice_id: UUID
    external_id: str | None
    amount: Cents
    memo: str | None
    metadata: Free
    reference_number: str | None
    destination_ledger_account: Free
    write_off_at: str
    transaction_tags: list[ApiTag]


async def add(
    services: Services, caller: Caller, business_id: BusinessId, invoice_id: UUID, asked: NewWriteOff
) -> tuple[WriteOff, bool]:
    """Record a write-off, unless this external id's is there already; and whether it was recorded.

    Raises TenancyError, DocumentNotFound, RefusedWrite, BadInput.
    """
    check_free("", asked)
    given = optional_stamp("write_off_at", asked.write_off_at)
    async with write_tx(services.database, caller, business_id, "add write-off") as tx:
        made, created = await write_offs.add(
            tx,
            _SIDE,
            invoice_id,
            WRITE_OFF_FIELDS,
            external_id=asked.external_id,
            on=None if given is None else day_of(given, tx.business.zone),
            amount_minor=asked.amount,
            reason=_reason(asked),
            number=asked.reference_number,
            tags=tags_of(asked.tags),
            body=kept(asked, without=_APART),
        )
        return write_off(business_id, made.document), created


async def find(tx: Tx, invoice_id: UUID, write_off_id: UUID) -> DocumentView:
    """One write-off of this invoice. Raises DocumentNotFound."""
    return await write_offs.find(tx, _SIDE, invoice_id, write_off_id)


async def page(tx: ReadTx, invoice_id: UUID, paging: Paging) -> tuple[list[WriteOff], ListMeta]:
    """One page of the write-offs of an invoice. Raises DocumentNotFound."""
    invoice = (await views.document(tx, _SIDE, Kind.CHARGE, DocumentId(invoice_id))).document
    which = DocumentFilter(side=_SIDE, kind=Kind.WRITE_OFF, target_id=invoice.id)
    found, meta = await documents(tx, which, paging.sorted_by(WRITE_OFF_SORTS))
    return [write_off(tx.business.id, one.document) for one in found], meta


async def delete(
    services: Services, caller: Caller, business_id: BusinessId, invoice_id: UUID, write_off_id: UUID
) -> WriteOff:
    """As if it had never been. Raises TenancyError, DocumentNotFound, RefusedWrite."""
    async with write_tx(services.database, caller, business_id, "delete write-off") as tx:
        gone = await write_offs.delete(tx, _SIDE, invoice_id, write_off_id, WRITE_OFF_FIELDS)
        return write_off(business_id, gone)


def write_off(business_id: BusinessId, document: Document) -> WriteOff:
    """A write-off as this dialect shows it."""
    body = document.body
    return WriteOff(
        id=document.id,
        invoice_id=document.target_id or document.id,
        external_id=document.external_id,
        amount=document.amount_minor,
        memo=body.get("memo"),
        metadata=body.get("metadata", {}),
        reference_number=document.number,
        destination_ledger_account=body.get("destination_account_identifier", _BAD_DEBT),
        write_off_at=as_given(body, "write_off_at", document.issued_on),
        transaction_tags=api_tags(business_id, document.tags),
    )


def _reason(asked: NewWriteOff) -> Reason:
    """Why: what a tag says, else what the account's stable name does; without either it is a bad debt."""
    tagged = [tag.value.lower() for tag in asked.tags or () if tag.key == _REASON_KEY]
    if tagged and tagged[-1] in {*Reason}:
        return Reason(tagged[-1])
    name: Any = (asked.destination_account_identifier or {}).get("stable_name")
    if not isinstance(name, str):
        return Reason.BAD_DEBT
    return next((one for one in Reason if one in name.lower()), Reason.OTHER)
