"""Refunds of both sides as this dialect writes them, each request one write.

Source: docs/reference/layer.md, "Refunds".
"""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from duebook.http import refunding, refunds
from duebook.http.inputs import BadInput, shown
from duebook.http.layer.refusals import REFUND_FIELDS
from duebook.http.refund_parts import AskedRefund
from duebook.http.refunding import Rules
from duebook.http.refunds import Refund
from duebook.http.services import Services
from duebook.ledger import lists, views
from duebook.ledger.facts import DocumentId, Kind, Side
from duebook.tenancy.facts import BusinessId, Caller
from duebook.tenancy.gate import write_tx

_RULES: Final = {side: Rules(side, REFUND_FIELDS, "refunded_amount", at_once=True) for side in Side}


async def put(
    services: Services,
    caller: Caller,
    business_id: BusinessId,
    side: Side,
    asked: AskedRefund,
    *,
    addressed: UUID | None = None,
) -> tuple[Refund, bool]:
    """Record a refund, or change the one with this external id into it; and whether it was made.

    `addressed` is the charge that the request's path names. Raises TenancyError, DocumentNotFound, RefusedWrite,
    BadInput.
    """
    async with write_tx(services.database, caller, business_id, f"put {side} refund") as tx:
        if addressed is not None:
            await views.document(tx, side, Kind.CHARGE, DocumentId(addressed))
        known = await lists.document_named(tx, side, Kind.REFUND, asked.external_id)
        there = (await refunds.show(tx, side, [known]))[0] if known else None
        return await refunding.put(tx, _RULES[side], asked, there), there is None


async def replace_refund(
    services: Services, caller: Caller, business_id: BusinessId, side: Side, refund_id: UUID, asked: AskedRefund
) -> Refund:
    """Change a refund into another. Raises TenancyError, DocumentNotFound, RefusedWrite, BadInput."""
    async with write_tx(services.database, caller, business_id, f"replace {side} refund") as tx:
        there = await refunds.find(tx, side, refund_id)
        external_id = there.head.document.external_id
        if asked.external_id not in (None, external_id):
            raise BadInput("external_id", shown(asked.external_id), f"stays as it was recorded, {shown(external_id)}")
        return await refunding.put(tx, _RULES[side], asked, there)


async def delete(services: Services, caller: Caller, business_id: BusinessId, side: Side, refund_id: UUID) -> Refund:
    """As if it had never been paid back. Raises TenancyError, DocumentNotFound, RefusedWrite."""
    async with write_tx(services.database, caller, business_id, f"delete {side} refund") as tx:
        return await refunding.delete(tx, _RULES[side], refund_id)


async def pay(
    services: Services,
    caller: Caller,
    business_id: BusinessId,
    side: Side,
    refund_id: UUID,
    given: Mapping[str, Any],
) -> tuple[Refund, Mapping[str, Any], bool]:
    """Record a payment of a refund, unless this external id's is there; and whether it was recorded.

    Raises TenancyError, DocumentNotFound, RefusedWrite, BadInput.
    """
    async with write_tx(services.database, caller, business_id, f"pay {side} refund") as tx:
        return await refunding.pay(tx, _RULES[side], refund_id, given)


async def take_back(
    services: Services, caller: Caller, business_id: BusinessId, side: Side, refund_id: UUID, payment_id: UUID
) -> tuple[Refund, Mapping[str, Any]]:
    """Delete a payment of a refund. Raises TenancyError, DocumentNotFound, RefusedWrite."""
    async with write_tx(services.database, caller, business_id, f"delete payment of {side} refund") as tx:
        return await refunding.take_back(tx, _RULES[side], refund_id, payment_id, "refundPaymentId")
