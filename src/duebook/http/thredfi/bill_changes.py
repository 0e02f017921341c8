"""Bills that are recorded: changed, void or deleted."""

from uuid import UUID

from litestar import Response, delete, post, put
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, JSONBody

from duebook.http.callers import CallerRequest, signed_in
from duebook.http.encoded import answered
from duebook.http.services import TheServices
from duebook.http.thredfi import charges
from duebook.http.thredfi.bills import ONE, Bill, BillChanges, terms_of
from duebook.http.thredfi.bodies import Body
from duebook.http.thredfi.charge_words import BILLS
from duebook.http.thredfi.errors import errors
from duebook.http.thredfi.security import ANYONE
from duebook.tenancy.facts import BusinessId


@put(
    ONE,
    operation_id="update_bill",
    tags=["Bills"],
    summary="Change a bill",
    description="As if it had always been so. What is not said stays; lines replace all that there were.",
    guards=[signed_in],
    security=ANYONE,
    dto=Body,
    return_dto=None,
    responses={200: ResponseSpec(Bill, generate_examples=False, description="It is changed")}
    | errors(401, 403, 404, 409, 413, 422),
)
async def update_bill(
    request: CallerRequest,
    services: TheServices,
    business_id: FromPath[UUID],
    bill_id: FromPath[UUID],
    data: JSONBody[BillChanges],
) -> Response[bytes]:
    """Correct a bill."""
    changed = await charges.update(
        services, request.user, BusinessId(business_id), BILLS, Bill, bill_id, data, terms_of(data)
    )
    return answered(changed)


@post(
    f"{ONE}/void",
    operation_id="void_bill",
    tags=["Bills"],
    summary="Void a bill",
    description="It is kept, and owed to nobody. Not while anything is paid, applied or written off.",
    status_code=200,
    guards=[signed_in],
    security=ANYONE,
    responses={200: ResponseSpec(Bill, generate_examples=False, description="It is void")}
    | errors(401, 403, 404, 409, 413, 422),
)
async def void_bill(
    request: CallerRequest, services: TheServices, business_id: FromPath[UUID], bill_id: FromPath[UUID]
) -> Response[bytes]:
    """Void a bill, as if it had never been."""
    return answered(await charges.void(services, request.user, BusinessId(business_id), BILLS, Bill, bill_id))


@delete(
    ONE,
    operation_id="delete_bill",
    tags=["Bills"],
    summary="Delete a bill",
    description="For mistakes only: it leaves lists too. Not while anything is paid, applied or written off.",
    guards=[signed_in],
    security=ANYONE,
    responses=errors(401, 403, 404, 409, 413),
)
async def delete_bill(
    request: CallerRequest, services: TheServices, business_id: FromPath[UUID], bill_id: FromPath[UUID]
) -> None:
    """Delete a bill, as if it had never been."""
    await charges.delete(services, request.user, BusinessId(business_id), BILLS, bill_id)
