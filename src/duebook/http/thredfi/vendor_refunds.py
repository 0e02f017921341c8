"""Refunds of vendors: what the business gets back of what it paid them, at once, later or in parts."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Final, Literal
from uuid import UUID

import msgspec
from litestar import Response, delete, get, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from duebook.http import refunding
from duebook.http.callers import CallerRequest, signed_in
from duebook.http.encoded import answered
from duebook.http.fields import Cents, ExternalId, Free, LongText, PositiveCents, Text, check_free, kept
from duebook.http.inputs import BadInput, shown
from duebook.http.refund_parts import AskedPart, AskedRefund
from duebook.http.refunds import Refund, find
from duebook.http.services import TheServices
from duebook.http.stamps import Stamp, as_given, optional_stamp
from duebook.http.thredfi import filters, refunds
from duebook.http.thredfi.bodies import Body, FormOperation
from duebook.http.thredfi.errors import errors
from duebook.http.thredfi.filters import FreeText
from duebook.http.thredfi.idempotency import KEYED, TheKey, answered_by
from duebook.http.thredfi.paging import PAGING, Paged, ThePage
from duebook.http.thredfi.payment_bodies import Currency, PayableCents
from duebook.http.thredfi.refunds import RULES, PartData, PaymentData, RefundData
from duebook.http.thredfi.security import ANYONE
from duebook.http.writes import RefusedWrite
from duebook.ledger import views
from duebook.ledger.errors import OtherParty, PartyNotFound
from duebook.ledger.facts import DocumentId, PartyId, Side
from duebook.ledger.lists import DocumentSort
from duebook.tenancy.facts import BusinessId
from duebook.tenancy.gate import WriteTx, read_tx, write_tx

PATH: Final = "/v1/platform/businesses/{business_id:uuid}/vendor-refunds"
ONE: Final = f"{PATH}/{{refund_id:uuid}}"
PAYMENTS: Final = f"{ONE}/payments"
ONE_PAYMENT: Final = f"{PAYMENTS}/{{vendor_refund_payment_id:uuid}}"

_SIDE: Final = Side.PAYABLE
_RULES: Final = RULES[_SIDE]
_STATUSES: Final = {"pending": "pending", "processing": "allocated", "paid": "completed", "cancelled": "cancelled"}
_SOUGHT: Final = {word: [progress] for progress, word in _STATUSES.items()} | {"partially_allocated": ["none"]}
_SORTS: Final[Mapping[str, DocumentSort]] = {
    "refund_date": "issued_on",
    "created_at": "recorded",
    "updated_at": "updated",
    "vendor__company_name": "party",
}
_KEPT: Final = frozenset({"memo", "metadata", "description", "reason", "refund_type", "refund_date"})

RefundType = Literal[
    "overpayment",
    "credit_balance",
    "duplicate_payment",
    "billing_error",
    "goods_return",
    "service_cancellation",
    "other",
]
RefundMethod = Literal[
    "bank_transfer",
    "ach",
    "wire",
    "check",
    "credit_card",
    "debit_card",
    "cash",
    "paypal",
    "stripe",
    "other",
]


class NewVendorRefundPart(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What is paid back of a bill, or of a payment: of what is unapplied of that, then of what it paid of bills."""

    amount_cents: PayableCents
    allocation_type: Literal["bill", "payment"] | None = None
    bill_id: UUID | None = None
    bill_payment_id: UUID | None = None
    description: LongText | None = None
    metadata: Free | None = None


class NewVendorRefundPayment(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Money that came back: on the refund's day if no other is named, today if it comes later."""

    refunded_amount_cents: PayableCents
    payment_date: Stamp | None = None
    payment_method: RefundMethod | None = None
    payment_reference: Text | None = None
    processor: Text | None = None
    processing_fee_cents: PositiveCents | None = None
    external_id: ExternalId | None = None
    description: LongText | None = None
    memo: LongText | None = None
    metadata: Free | None = None


class NewVendorRefund(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A refund of a vendor. What no allocation names comes out of the vendor's unapplied credits and payments."""

    vendor_id: UUID
    total_refunded_amount_cents: PayableCents
    currency: Annotated[Currency | None, Meta(description="That of what is paid back")] = None
    refund_type: RefundType = "other"
    refund_date: Stamp | None = None
    external_id: ExternalId | None = None
    reference_number: Text | None = None
    description: LongText | None = None
    memo: LongText | None = None
    reason: LongText | None = None
    metadata: Free | None = None
    allocations: Annotated[list[NewVendorRefundPart], Meta(max_length=500)] | None = None
    payments: Annotated[list[NewVendorRefundPayment], Meta(max_length=500)] | None = None


class VendorRefundPart(PartData, kw_only=True):
    """What is paid back of one bill, payment or credit."""

    bill_id: UUID | None
    bill_number: str | None
    bill_outstanding_balance_cents: Cents | None
    bill_payment_id: UUID | None
    credit_id: UUID | None


class VendorRefundPayment(PaymentData, kw_only=True):
    """Money that came back from a vendor."""

    vendor_refund_id: UUID
    refunded_amount_cents: Cents
    processing_fee: Cents
    net_amount: Cents
    payment_date: str
    payment_method: str | None
    payment_reference: str | None
    description: str | None


class VendorRefund(RefundData, kw_only=True):
    """A refund of a vendor."""

    type: Literal["VendorRefund"] = "VendorRefund"
    vendor_id: UUID
    vendor_name: str
    refund_type: str
    refund_date: str
    total_refunded_amount: Cents
    total_refunded_amount_cents: Cents
    allocated_amount: Cents
    unallocated_amount: Annotated[Cents, Meta(description="Always 0: all of a refund comes out of something")] = 0
    description: str | None
    reason: str | None
    allocations: list[VendorRefundPart]
    vendor_refund_payments: list[VendorRefundPayment]


class VendorRefundPage(Paged, kw_only=True):
    """One page of refunds."""

    results: list[VendorRefund]


class VendorRefundPaymentPage(Paged, kw_only=True):
    """The payments of a refund, in order of recording."""

    results: list[VendorRefundPayment]


@post(
    PATH,
    operation_id="create_vendor_refund",
    operation_class=FormOperation,
    tags=["Vendor refunds"],
    summary="Record a refund of a vendor",
    description="The same external id with the same content answers 200 with the refund that is there.",
    guards=[signed_in],
    security=ANYONE,
    dependencies=KEYED,
    dto=Body,
    return_dto=None,
    responses={
        200: ResponseSpec(VendorRefund, generate_examples=False, description="It was there"),
        201: ResponseSpec(VendorRefund, generate_examples=False, description="It is recorded"),
    }
    | errors(401, 403, 404, 409, 413),
)
async def create_vendor_refund(
    request: CallerRequest,
    services: TheServices,
    business_id: FromPath[UUID],
    key: TheKey,
    data: JSONBody[NewVendorRefund],
) -> Response[bytes]:
    """Record what a vendor pays back, or will."""
    check_free("", data)
    parts = list(_parts(data))
    async with write_tx(services.database, request.user, BusinessId(business_id), "add vendor refund") as tx:

        async def make() -> tuple[VendorRefund, bool]:
            await _check_vendor(tx, data)
            made, created = await refunds.create(tx, _SIDE, _asked(tx, data, parts), _said(data))
            _check_made(made, data)
            return _refund(made), created

        return await answered_by(tx, key, make)


@get(
    PATH,
    operation_id="list_vendor_refunds",
    tags=["Vendor refunds"],
    summary="List refunds of vendors",
    description=f"The latest first, or by `ordering`: {', '.join(_SORTS)}, each with a - before it backwards.",
    guards=[signed_in],
    security=ANYONE,
    dependencies=PAGING,
    responses={200: ResponseSpec(VendorRefundPage, generate_examples=False, description="One page")}
    | errors(401, 403, 404),
)
async def list_vendor_refunds(
    request: CallerRequest,
    services: TheServices,
    business_id: FromPath[UUID],
    paging: ThePage,
    status: FreeText = None,
    vendor_id: FreeText = None,
    external_id: FreeText = None,
    currency: FreeText = None,
    search: FreeText = None,
    refund_date_start: FreeText = None,
    refund_date_end: FreeText = None,
    ordering: FreeText = None,
) -> Response[bytes]:
    """A page of refunds."""
    whose = filters.ids("vendor_id", vendor_id)
    start, end = filters.days("refund_date", refund_date_start, refund_date_end)
    which = refunds.whole(
        _SIDE,
        party_ids=None if whose is None else [PartyId(one) for one in whose],
        progress=filters.words("status", status, _SOUGHT),
        external_id=external_id,
        currency=currency,
        search=search,
        issued_from=start,
        issued_to=end,
    )
    sort, back = filters.order(ordering, None, None, _SORTS)
    async with read_tx(services.database, request.user, BusinessId(business_id)) as tx:
        found, total = await refunds.page(tx, which, paging, sort, back=back)
    body = VendorRefundPage(count=total, page_info=paging.info(total), results=[_refund(one) for one in found])
    return answered(body)


@get(
    ONE,
    operation_id="get_vendor_refund",
    tags=["Vendor refunds"],
    summary="Find a refund of a vendor",
    guards=[signed_in],
    security=ANYONE,
    responses={200: ResponseSpec(VendorRefund, generate_examples=False, description="The refund")}
    | errors(401, 403, 404),
)
async def get_vendor_refund(
    request: CallerRequest, services: TheServices, business_id: FromPath[UUID], refund_id: FromPath[UUID]
) -> Response[bytes]:
    """One refund."""
    async with read_tx(services.database, request.user, BusinessId(business_id)) as tx:
        return answered(_refund(await find(tx, _SIDE, refund_id)))


@delete(
    ONE,
    operation_id="delete_vendor_refund",
    tags=["Vendor refunds"],
    summary="Delete a refund of a vendor",
    description="As if it had never been, nor its payments.",
    guards=[signed_in],
    security=ANYONE,
    responses={204: ResponseSpec(None, generate_examples=False, description="It is deleted")}
    | errors(401, 403, 404, 409),
)
async def delete_vendor_refund(
    request: CallerRequest, services: TheServices, business_id: FromPath[UUID], refund_id: FromPath[UUID]
) -> None:
    """Take a refund back."""
    async with write_tx(services.database, request.user, BusinessId(business_id), "delete vendor refund") as tx:
        await refunding.delete(tx, _RULES, refund_id)


@post(
    f"{ONE}/cancel",
    operation_id="cancel_vendor_refund",
    tags=["Vendor refunds"],
    summary="Cancel a refund of a vendor",
    description="Nothing of it will come. Refused once a part has come.",
    status_code=200,
    guards=[signed_in],
    security=ANYONE,
    dependencies=KEYED,
    responses={200: ResponseSpec(VendorRefund, generate_examples=False, description="It is cancelled")}
    | errors(401, 403, 404, 409, 413),
)
async def cancel_vendor_refund(
    request: CallerRequest,
    services: TheServices,
    business_id: FromPath[UUID],
    refund_id: FromPath[UUID],
    key: TheKey,
) -> Response[bytes]:
    """Give a refund up."""
    async with write_tx(services.database, request.user, BusinessId(business_id), "cancel vendor refund") as tx:

        async def make() -> tuple[VendorRefund, bool]:
            return _refund(await refunding.cancel(tx, _RULES, refund_id)), False

        return await answered_by(tx, key, make)


@post(
    PAYMENTS,
    operation_id="create_vendor_refund_payment",
    operation_class=FormOperation,
    tags=["Vendor refund payments"],
    summary="Record a payment of a refund",
    description="No more than is left. An external id that is there answers 200 with the payment that has it.",
    guards=[signed_in],
    security=ANYONE,
    dependencies=KEYED,
    dto=Body,
    return_dto=None,
    responses={
        200: ResponseSpec(VendorRefundPayment, generate_examples=False, description="It was there"),
        201: ResponseSpec(VendorRefundPayment, generate_examples=False, description="It is recorded"),
    }
    | errors(401, 403, 404, 409, 413),
)
async def create_vendor_refund_payment(
    request: CallerRequest,
    services: TheServices,
    business_id: FromPath[UUID],
    refund_id: FromPath[UUID],
    key: TheKey,
    data: JSONBody[NewVendorRefundPayment],
) -> Response[bytes]:
    """Record that a refund has come, or a part of it."""
    check_free("", data)
    optional_stamp("payment_date", data.payment_date)
    async with write_tx(services.database, request.user, BusinessId(business_id), "pay vendor refund") as tx:

        async def make() -> tuple[VendorRefundPayment, bool]:
            given = _paid(tx, data, tx.business.today(tx.now).isoformat())
            refund, paid, created = await refunding.pay(tx, _RULES, refund_id, given)
            return _payment(refund, paid), created

        return await answered_by(tx, key, make)


@get(
    PAYMENTS,
    operation_id="list_vendor_refund_payments",
    tags=["Vendor refund payments"],
    summary="List the payments of a refund",
    guards=[signed_in],
    security=ANYONE,
    dependencies=PAGING,
    responses={200: ResponseSpec(VendorRefundPaymentPage, generate_examples=False, description="One page")}
    | errors(401, 403, 404),
)
async def list_vendor_refund_payments(
    request: CallerRequest,
    services: TheServices,
    business_id: FromPath[UUID],
    refund_id: FromPath[UUID],
    paging: ThePage,
) -> Response[bytes]:
    """A page of payments."""
    async with read_tx(services.database, request.user, BusinessId(business_id)) as tx:
        refund = await find(tx, _SIDE, refund_id)
    every = refund.payments
    some = [_payment(refund, one) for one in every[paging.offset : paging.offset + paging.page_size]]
    return answered(VendorRefundPaymentPage(count=len(every), page_info=paging.info(len(every)), results=some))


@get(
    ONE_PAYMENT,
    operation_id="get_vendor_refund_payment",
    tags=["Vendor refund payments"],
    summary="Find a payment of a refund",
    guards=[signed_in],
    security=ANYONE,
    responses={200: ResponseSpec(VendorRefundPayment, generate_examples=False, description="The payment")}
    | errors(401, 403, 404),
)
async def get_vendor_refund_payment(
    request: CallerRequest,
    services: TheServices,
    business_id: FromPath[UUID],
    refund_id: FromPath[UUID],
    vendor_refund_payment_id: FromPath[UUID],
) -> Response[bytes]:
    """One payment."""
    async with read_tx(services.database, request.user, BusinessId(business_id)) as tx:
        refund = await find(tx, _SIDE, refund_id)
    return answered(_payment(refund, refunds.payment_of(refund, vendor_refund_payment_id)))


@delete(
    ONE_PAYMENT,
    operation_id="delete_vendor_refund_payment",
    tags=["Vendor refund payments"],
    summary="Delete a payment of a refund",
    description="As if it had never been. The only payment of a refund is deleted with the refund.",
    guards=[signed_in],
    security=ANYONE,
    responses={204: ResponseSpec(None, generate_examples=False, description="It is deleted")}
    | errors(401, 403, 404, 409),
)
async def delete_vendor_refund_payment(
    request: CallerRequest,
    services: TheServices,
    business_id: FromPath[UUID],
    refund_id: FromPath[UUID],
    vendor_refund_payment_id: FromPath[UUID],
) -> None:
    """Take a payment back."""
    async with write_tx(services.database, request.user, BusinessId(business_id), "delete vendor refund payment") as tx:
        await refunding.take_back(tx, _RULES, refund_id, vendor_refund_payment_id, "vendor_refund_payment_id")


async def _check_vendor(tx: WriteTx, asked: NewVendorRefund) -> None:
    if not await views.parties_by_id(tx, _SIDE, [asked.vendor_id]):
        raise RefusedWrite(PartyNotFound(_SIDE, asked.vendor_id), _SIDE, _RULES.fields)


def _check_made(made: Refund, asked: NewVendorRefund) -> None:
    """What is paid back is the vendor's, and in the currency that is named. Raises RefusedWrite, BadInput."""
    for one, target, _ in made.parts():
        document, place = target.document, one.body.get("allocation", 0)
        if document.party_id != asked.vendor_id:
            error = OtherParty(document.id, document.party_id, PartyId(asked.vendor_id))
            raise RefusedWrite(error, _SIDE, {"charge": f"allocations[{place}]"})
        if asked.currency not in (None, document.currency):
            raise BadInput("currency", shown(asked.currency), f"is that of what is paid back, {document.currency}")


def _parts(asked: NewVendorRefund) -> Iterator[AskedPart]:
    """The allocations, and the rest out of the vendor's unapplied money. Raises BadInput."""
    left = asked.total_refunded_amount_cents
    for place, one in enumerate(asked.allocations or ()):
        at = f"allocations[{place}]."
        named = {name: value for name in ("bill_id", "bill_payment_id") if (value := getattr(one, name))}
        wanted = {"bill": "bill_id", "payment": "bill_payment_id"}
        names = [wanted[one.allocation_type]] if one.allocation_type else sorted(named)
        if len(names) != 1 or names[0] not in named:
            raise BadInput(f"{at}{names[0] if names else 'bill_id'}", "", "or another target is required, and only one")
        left -= one.amount_cents
        target = DocumentId(named[names[0]])
        yield AskedPart(
            at=at,
            name=names[0],
            charge=target if names[0] == "bill_id" else None,
            payment=target if names[0] == "bill_payment_id" else None,
            amount=one.amount_cents,
            amount_name="amount_cents",
            said=kept(one, without=frozenset({"amount_cents", "allocation_type", "bill_id", "bill_payment_id"})),
        )
    if left < 0:
        total = asked.total_refunded_amount_cents
        raise BadInput("total_refunded_amount_cents", str(total), f"is at least what is allocated, {total - left}")
    if left:
        yield AskedPart(
            at="",
            name="vendor_id",
            party=PartyId(asked.vendor_id),
            amount=left,
            amount_name="total_refunded_amount_cents",
        )


def _said(asked: NewVendorRefund) -> dict[str, Any]:
    return kept(asked, without=frozenset({"external_id"}))


def _asked(tx: WriteTx, asked: NewVendorRefund, parts: list[AskedPart]) -> AskedRefund:
    said, today = _said(asked), tx.business.today(tx.now)
    given = optional_stamp("refund_date", asked.refund_date)
    for place, one in enumerate(asked.payments or ()):
        optional_stamp(f"payments[{place}].payment_date", one.payment_date)
    return AskedRefund(
        external_id=asked.external_id,
        completed=today if given is None else given,
        parts=parts,
        payments=[_paid(tx, one, asked.refund_date or today.isoformat()) for one in asked.payments or ()],
        paid={},
        keeps_payments=False,
        number=asked.reference_number,
        tags=(),
        body={
            "refund_type": asked.refund_type,
            **{name: said[name] for name in said if name in _KEPT},
            "request": said,
        },
    )


def _paid(tx: WriteTx, asked: NewVendorRefundPayment, otherwise: str) -> dict[str, Any]:
    said = kept(asked, without=frozenset({"refunded_amount_cents"}))
    renamed = {
        "payment_date": "completed_at",
        "payment_method": "method",
        "payment_reference": "reference_number",
        "processing_fee_cents": "refund_processing_fee",
    }
    found = {renamed.get(name, name): value for name, value in said.items()}
    found.setdefault("completed_at", otherwise)
    return refunds.recorded_now(tx, {**found, "refunded_amount": asked.refunded_amount_cents})


def _refund(refund: Refund) -> VendorRefund:
    body = refund.body
    return VendorRefund(
        **refunds.fields(refund, _STATUSES),
        vendor_id=refund.party.id,
        vendor_name=refund.party.name,
        refund_type=body.get("refund_type", "other"),
        refund_date=as_given(body, "refund_date", refund.on),
        total_refunded_amount=refund.refunded,
        total_refunded_amount_cents=refund.refunded,
        allocated_amount=refund.refunded,
        description=body.get("description"),
        reason=body.get("reason"),
        allocations=[VendorRefundPart(**one) for one in refunds.part_fields(refund)],
        vendor_refund_payments=[_payment(refund, one) for one in refund.payments],
    )


def _payment(refund: Refund, paid: Mapping[str, Any]) -> VendorRefundPayment:
    fee = paid.get("refund_processing_fee", 0)
    return VendorRefundPayment(
        **refunds.payment_fields(refund, paid),
        vendor_refund_id=refund.head.document.id,
        refunded_amount_cents=paid["refunded_amount"],
        processing_fee=fee,
        net_amount=paid["refunded_amount"] - fee,
        payment_date=as_given(paid, "completed_at", refund.on),
        payment_method=paid.get("method"),
        payment_reference=paid.get("reference_number"),
        description=paid.get("description"),
    )
