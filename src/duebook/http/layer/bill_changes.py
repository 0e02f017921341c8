"""Bills that are recorded: changed, void or deleted."""

from typing import Annotated, Any
from uuid import UUID

from litestar import Response, delete, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, JSONBody
from msgspec import UNSET, Meta, UnsetType

from duebook.http.bodies import JsonBody
from duebook.http.callers import CallerRequest, signed_in
from duebook.http.encoded import answered
from duebook.http.fields import ExternalId, Text
from duebook.http.inputs import parse
from duebook.http.layer import charge_changes
from duebook.http.layer.bills import PATH, BillTerms, NewBill, NewBillLine, OneBill, bill, to_record
from duebook.http.layer.charge_changes import ChargeChanges
from duebook.http.layer.charges import as_recorded
from duebook.http.layer.errors import errors
from duebook.http.layer.refusals import BILL_FIELDS
from duebook.http.layer.security import BEARER
from duebook.http.services import Services, TheServices
from duebook.http.stamps import Stamp, as_given
from duebook.ledger.facts import Side, State
from duebook.ledger.views import DocumentView
from duebook.tenancy.facts import BusinessId


class BillChanges(ChargeChanges, kw_only=True, omit_defaults=True):
    """What is to be said anew of a bill; what is left out stays, and null takes away what need not be said."""

    received_at: Stamp | UnsetType = UNSET
    line_items: Annotated[list[NewBillLine], Meta(min_length=1)] | UnsetType = UNSET
    bill_terms: BillTerms | UnsetType | None = UNSET
    vendor_id: UUID | UnsetType = UNSET
    vendor_external_id: ExternalId | UnsetType = UNSET
    bill_number: Text | UnsetType | None = UNSET


@post(
    f"{PATH}/{{billId:uuid}}/update",
    operation_id="business.bills.bill.update.post",
    tags=["Bills"],
    summary="Change a bill",
    description="As if it had always been recorded so. What is left out stays; null takes away.",
    status_code=200,
    guards=[signed_in],
    security=BEARER,
    dto=JsonBody,
    return_dto=None,
    responses={200: ResponseSpec(OneBill, generate_examples=False, description="It is changed")}
    | errors(404, 409, 413),
)
async def change_bill(
    request: CallerRequest,
    services: TheServices,
    businessId: FromPath[UUID],
    billId: FromPath[UUID],
    data: JSONBody[BillChanges],
) -> Response[bytes]:
    """Correct a bill."""
    view, books = await charge_changes.change(
        services,
        request.user,
        BusinessId(businessId),
        Side.PAYABLE,
        billId,
        charge_changes.said_in(await request.body(), data),
        was=_as_recorded,
        to_record=lambda body: to_record("", parse(NewBill, body)),
        fields=BILL_FIELDS,
    )
    return answered(OneBill(bill(books, view)))


@post(
    f"{PATH}/{{billId:uuid}}/void",
    operation_id="business.bills.bill.void.post",
    tags=["Bills"],
    summary="Void a bill",
    description="It is kept and owed by nobody. Not while anything is paid or written off.",
    status_code=200,
    guards=[signed_in],
    security=BEARER,
    responses={200: ResponseSpec(OneBill, generate_examples=False, description="It is void")} | errors(404, 409, 413),
)
async def void_bill(
    request: CallerRequest, services: TheServices, businessId: FromPath[UUID], billId: FromPath[UUID]
) -> Response[bytes]:
    """Void a bill, as if it had never been."""
    view, books = await charge_changes.undo(
        services, request.user, BusinessId(businessId), Side.PAYABLE, billId, State.VOID, BILL_FIELDS
    )
    return answered(OneBill(bill(books, view)))


@post(
    f"{PATH}/{{billId:uuid}}/delete",
    operation_id="business.bills.bill.delete.post",
    tags=["Bills"],
    summary="Delete a bill",
    description="For mistakes only: it leaves lists too. Not while anything is paid or written off.",
    status_code=200,
    guards=[signed_in],
    security=BEARER,
    responses={200: ResponseSpec(OneBill, generate_examples=False, description="As it was")} | errors(404, 409, 413),
)
async def delete_bill(
    request: CallerRequest, services: TheServices, businessId: FromPath[UUID], billId: FromPath[UUID]
) -> Response[bytes]:
    """Delete a bill; the answer is what it was."""
    return await _delete(request, services, businessId, billId)


@delete(
    f"{PATH}/{{billId:uuid}}",
    operation_id="business.bills.bill.delete",
    tags=["Bills"],
    summary="Delete a bill",
    description="The same by another method.",
    status_code=200,
    guards=[signed_in],
    security=BEARER,
    responses={200: ResponseSpec(OneBill, generate_examples=False, description="As it was")} | errors(404, 409),
)
async def delete_bill_by_method(
    request: CallerRequest, services: TheServices, businessId: FromPath[UUID], billId: FromPath[UUID]
) -> Response[bytes]:
    """Delete a bill; the answer is what it was."""
    return await _delete(request, services, businessId, billId)


async def _delete(request: CallerRequest, services: Services, business_id: UUID, bill_id: UUID) -> Response[bytes]:
    view, books = await charge_changes.undo(
        services, request.user, BusinessId(business_id), Side.PAYABLE, bill_id, State.DELETED, BILL_FIELDS
    )
    return answered(OneBill(bill(books, view)))


def _as_recorded(view: DocumentView) -> dict[str, Any]:
    document, body = view.document, view.document.body
    received_at = as_given(body, "received_at", document.issued_on)
    return as_recorded(view) | {"received_at": received_at, "vendor_id": document.party_id}
