"""Write-offs: what the business gives up of an invoice.

Units: cents of the invoice's currency.
Source: docs/reference/thredfi.md, "Write-offs"; docs/rule.md, T9.
"""

from datetime import datetime
from typing import Annotated, Final, Literal
from uuid import UUID

import msgspec
from litestar import Response, delete, get, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from duebook.days import day_of
from duebook.http import write_offs
from duebook.http.callers import CallerRequest, signed_in
from duebook.http.encoded import answered
from duebook.http.fields import Cents, ExternalId, Free, LongText, PositiveCents, Text, check_free, kept
from duebook.http.inputs import BadInput
from duebook.http.services import TheServices
from duebook.http.stamps import Stamp, as_given, in_utc, optional_stamp
from duebook.http.thredfi.accounts import reason_of
from duebook.http.thredfi.bodies import Body
from duebook.http.thredfi.errors import errors
from duebook.http.thredfi.idempotency import KEYED, TheKey, answered_by
from duebook.http.thredfi.invoices import ONE as INVOICE
from duebook.http.thredfi.paging import PAGING, Paged, ThePage
from duebook.http.thredfi.security import ANYONE
from duebook.http.thredfi.tags import ApiTag, NewTag, api_tags, tags_of
from duebook.ledger import lists, views
from duebook.ledger.facts import DocumentId, Kind, Reason, Side
from duebook.ledger.lists import DocumentFilter
from duebook.ledger.views import DocumentView
from duebook.tenancy.facts import BusinessId
from duebook.tenancy.gate import read_tx, write_tx

ALL: Final = f"{INVOICE}/write-offs"
ONE: Final = f"{ALL}/{{write_off_id:uuid}}"

_SIDE: Final = Side.RECEIVABLE
_REASON_TAG: Final = "write_off_reason"
_APART: Final = frozenset({"external_id", "amount", "amount_cents", "reference_number", "tags"})
_FIELDS: Final = {
    "target": "invoice_id",
    "charge": "invoice_id",
    "number": "reference_number",
    "date": "write_off_at",
    "issued_on": "write_off_at",
    "effective_on": "write_off_at",
    "amount": "amount_cents",
    "open": "amount_cents",
}


class NewWriteOff(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A write-off to record: of all that is outstanding if no amount is named, of today if no day is."""

    amount_cents: PositiveCents | None = None
    amount: Annotated[PositiveCents | None, Meta(description="Another word for amount_cents")] = None
    external_id: ExternalId | None = None
    write_off_at: Stamp | None = None
    destination_account: Free | None = None
    reason: Annotated[Text | None, Meta(description="Why; a tag `write_off_reason` says the same")] = None
    memo: LongText | None = None
    metadata: Free | None = None
    reference_number: Text | None = None
    tags: list[NewTag] | None = None


class WriteOff(msgspec.Struct, kw_only=True):
    """A write-off."""

    type: Literal["InvoiceWriteOff"] = "InvoiceWriteOff"
    id: UUID
    invoice_id: UUID
    external_id: str | None
    amount: Cents
    amount_cents: Cents
    currency: str
    write_off_at: str
    reason: Reason
    destination_account: Free | None
    memo: str | None
    metadata: Free
    reference_number: str | None
    transaction_tags: list[ApiTag]
    created_at: datetime
    updated_at: datetime


class WriteOffPage(Paged, kw_only=True):
    """One page of write-offs, the latest first."""

    results: list[WriteOff]


@post(
    ALL,
    operation_id="create_invoice_write_off",
    tags=["Write-offs"],
    summary="Write off an invoice, or a part of it",
    description="The same external id with the same content answers 200 with the write-off that is there.",
    guards=[signed_in],
    security=ANYONE,
    dependencies=KEYED,
    dto=Body,
    return_dto=None,
    responses={
        200: ResponseSpec(WriteOff, generate_examples=False, description="It was there"),
        201: ResponseSpec(WriteOff, generate_examples=False, description="It is recorded"),
    }
    | errors(401, 403, 404, 409, 413),
)
async def create_write_off(
    request: CallerRequest,
    services: TheServices,
    business_id: FromPath[UUID],
    invoice_id: FromPath[UUID],
    key: TheKey,
    data: JSONBody[NewWriteOff],
) -> Response[bytes]:
    """Give up what is outstanding of an invoice, or a part of it."""
    check_free("", data)
    given = optional_stamp("write_off_at", data.write_off_at)
    async with write_tx(services.database, request.user, BusinessId(business_id), "add write-off") as tx:

        async def make() -> tuple[WriteOff, bool]:
            made, created = await write_offs.add(
                tx,
                _SIDE,
                invoice_id,
                _FIELDS,
                external_id=data.external_id,
                on=None if given is None else day_of(given, tx.business.zone),
                amount_minor=_amount(data),
                reason=_reason(tx.business.id, data),
                number=data.reference_number,
                tags=tags_of(data.tags),
                body=kept(data, without=_APART),
            )
            return _write_off(made), created

        return await answered_by(tx, key, make)


@get(
    ALL,
    operation_id="list_invoice_write_offs",
    tags=["Write-offs"],
    summary="List the write-offs of an invoice",
    guards=[signed_in],
    security=ANYONE,
    dependencies=PAGING,
    responses={200: ResponseSpec(WriteOffPage, generate_examples=False, description="One page")}
    | errors(401, 403, 404),
)
async def list_write_offs(
    request: CallerRequest,
    services: TheServices,
    business_id: FromPath[UUID],
    invoice_id: FromPath[UUID],
    paging: ThePage,
) -> Response[bytes]:
    """A page of write-offs."""
    async with read_tx(services.database, request.user, BusinessId(business_id)) as tx:
        invoice = (await views.document(tx, _SIDE, Kind.CHARGE, DocumentId(invoice_id))).document
        which = DocumentFilter(side=_SIDE, kind=Kind.WRITE_OFF, target_id=invoice.id)
        found = await lists.documents(tx, which, paging.part(back=True))
        total = await lists.count_documents(tx, which)
    results = [_write_off(one.view) for one in found]
    return answered(WriteOffPage(count=total, page_info=paging.info(total), results=results))


@get(
    ONE,
    operation_id="get_invoice_write_off",
    tags=["Write-offs"],
    summary="Find a write-off",
    guards=[signed_in],
    security=ANYONE,
    responses={200: ResponseSpec(WriteOff, generate_examples=False, description="The write-off")}
    | errors(401, 403, 404),
)
async def get_write_off(
    request: CallerRequest,
    services: TheServices,
    business_id: FromPath[UUID],
    invoice_id: FromPath[UUID],
    write_off_id: FromPath[UUID],
) -> Response[bytes]:
    """One write-off."""
    async with read_tx(services.database, request.user, BusinessId(business_id)) as tx:
        return answered(_write_off(await write_offs.find(tx, _SIDE, invoice_id, write_off_id)))


@delete(
    ONE,
    operation_id="delete_invoice_write_off",
    tags=["Write-offs"],
    summary="Delete a write-off",
    description="As if it had never been: what was written off is owed again.",
    guards=[signed_in],
    security=ANYONE,
    responses={204: ResponseSpec(None, generate_examples=False, description="It is deleted")}
    | errors(401, 403, 404, 409),
)
async def delete_write_off(
    request: CallerRequest,
    services: TheServices,
    business_id: FromPath[UUID],
    invoice_id: FromPath[UUID],
    write_off_id: FromPath[UUID],
) -> None:
    """Take a write-off back."""
    async with write_tx(services.database, request.user, BusinessId(business_id), "delete write-off") as tx:
        await write_offs.delete(tx, _SIDE, invoice_id, write_off_id, _FIELDS)


def _write_off(view: DocumentView) -> WriteOff:
    written_off, body = view.document, view.document.body
    return WriteOff(
        id=written_off.id,
        invoice_id=written_off.target_id or written_off.id,
        external_id=written_off.external_id,
        amount=written_off.amount_minor,
        amount_cents=written_off.amount_minor,
        currency=written_off.currency,
        write_off_at=as_given(body, "write_off_at", written_off.issued_on),
        reason=written_off.reason or Reason.BAD_DEBT,
        destination_account=body.get("destination_account"),
        memo=body.get("memo"),
        metadata=body.get("metadata", {}),
        reference_number=written_off.number,
        transaction_tags=api_tags(written_off.tags),
        created_at=in_utc(view.created_at),
        updated_at=in_utc(view.updated_at),
    )


def _amount(asked: NewWriteOff) -> int | None:
    if None not in (asked.amount, asked.amount_cents) and asked.amount != asked.amount_cents:
        raise BadInput("amount", str(asked.amount), "is the same as amount_cents, if both are given")
    return asked.amount if asked.amount_cents is None else asked.amount_cents


def _reason(business_id: BusinessId, asked: NewWriteOff) -> Reason:
    """Why: that of the account, else as said or as a tag says; what names no reason is a bad debt."""
    tagged = [tag.value for tag in asked.tags or () if tag.key == _REASON_TAG]
    said = [text.strip().lower().replace(" ", "_") for text in (asked.reason, *tagged) if text]
    named = next((Reason(one) for one in said if one in {*Reason}), Reason.BAD_DEBT)
    account_id = (asked.destination_account or {}).get("id")
    try:
        return reason_of(business_id, UUID(account_id)) or named
    except (TypeError, ValueError, AttributeError):
        return named
