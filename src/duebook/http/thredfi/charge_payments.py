"""Payments that come along with an invoice or a bill: all of each is for that document.

Units: cents of the document's currency.
Source: docs/reference/thredfi.md, "Invoices and bills".
"""

from collections.abc import Sequence
from datetime import date

from duebook.http.fields import ExternalId
from duebook.http.inputs import BadInput
from duebook.http.stamps import Stamp, optional_stamp
from duebook.http.thredfi.charge_bodies import either
from duebook.http.thredfi.payment_bodies import Method, PayableCents, PaymentDetails, checked, day, returned_on, said
from duebook.ledger.commands import AddSettlement, NewAllocation
from duebook.ledger.facts import DocumentId, Kind, Side, Status
from duebook.ledger.views import Tx


class PaymentAlong(PaymentDetails, kw_only=True, omit_defaults=True):
    """A payment that comes along, its amount under one of two names; without a day it is of the document's."""

    amount_cents: PayableCents | None = None
    total_amount_cents: PayableCents | None = None
    payment_method: Method | None = None
    payment_date: Stamp | None = None
    external_id: ExternalId | None = None


def check_payments(payments: Sequence[PaymentAlong], total: int, *, voided: bool) -> None:
    """They pay no more than the document comes to, and nothing of what is void. Raises BadInput."""
    if voided and payments:
        raise BadInput("payments", "", "cannot be made for what is void")
    for place, one in enumerate(payments):
        try:
            checked(one)
            optional_stamp("payment_date", one.payment_date)
        except BadInput as bad:
            raise BadInput(f"payments[{place}].{bad.field}", bad.value, bad.rule) from None
    paid = sum(_amount(place, one) for place, one in enumerate(payments))
    if paid > total:
        raise BadInput("payments", str(paid), f"add up to at most the total, {total}")


def settlements(
    tx: Tx, side: Side, charge_id: DocumentId, currency: str, otherwise: date, payments: Sequence[PaymentAlong]
) -> tuple[AddSettlement, ...]:
    """The payments as the ledger is told of them; `otherwise` is the day of those that name none. Raises BadInput."""
    return tuple(
        AddSettlement(
            side=side,
            kind=Kind.PAYMENT,
            external_id=one.external_id,
            number=one.payment_reference,
            settled_on=day(tx, "payment_date", one.payment_date) or otherwise,
            currency=currency,
            amount_minor=_amount(place, one),
            allocations=(NewAllocation(charge=charge_id, amount_minor=_amount(place, one)),),
            status=Status(one.status or Status.COMPLETED),
            returned_on=returned_on(tx, one),
            body=said(one),
        )
        for place, one in enumerate(payments)
    )


def _amount(place: int, payment: PaymentAlong) -> int:
    amount: int | None = either(f"payments[{place}]", payment, "amount_cents", "total_amount_cents")
    if amount is None:
        raise BadInput(f"payments[{place}].amount_cents", "", "or total_amount_cents is required")
    return amount
