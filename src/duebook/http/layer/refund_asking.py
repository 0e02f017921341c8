"""What the body of a refund asks for, checked: one target that is paid back in full, or allocations and payments."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final
from uuid import UUID

import msgspec

from duebook.http.fields import check_free, kept
from duebook.http.inputs import BadInput
from duebook.http.layer.refunds import NewRefundPart, NewRefundPayment, RefundBase
from duebook.http.layer.tags import tags_of
from duebook.http.refund_parts import AskedPart, AskedRefund
from duebook.http.stamps import stamp
from duebook.ledger.facts import DocumentId, Side

_WORDS: Final = {Side.RECEIVABLE: ("invoice", "customer"), Side.PAYABLE: ("bill", "vendor")}
_IDS: Final = ("id", "external_id")
_PAID_BY: Final = ("method", "processor", "refund_processing_fee", "refunded_payment_fees")
_SAID_ELSEWHERE: Final = frozenset({"amount", "total_amount"})
_APART: Final = frozenset({"external_id", "refunded_amount", "tags", "reference_number", "allocations", "payments"})


def asked_refund(
    side: Side,
    given: RefundBase,
    allocations: Sequence[NewRefundPart] | None,
    payments: Sequence[NewRefundPayment] | None,
) -> AskedRefund:
    """A refund in its simple form, or itemized. Raises BadInput."""
    check_free("", given)
    if allocations is None:
        if payments is not None:
            raise BadInput("payments", "", "are those of a refund with allocations")
        return _asked(given, [_part(side, "", given, given.refunded_amount)], None)
    if given.refunded_amount is None:
        raise BadInput("refunded_amount", "", "is required beside allocations")
    _check_no_target(side, given)
    parts = [
        _part(side, f"allocations[{place}].", one, _amount(f"allocations[{place}]", one))
        for place, one in enumerate(allocations)
    ]
    total = sum(one.amount or 0 for one in parts)
    if total != given.refunded_amount:
        raise BadInput("refunded_amount", str(given.refunded_amount), f"is the sum of the allocations, {total}")
    if payments is None and given.method:
        return _asked(given, parts, None)
    paid = [payment_body(f"payments[{place}]", one) for place, one in enumerate(payments or ())]
    return _asked(given, parts, paid, keeps_payments=payments is None)


def asked_dedicated(given: RefundBase, invoice_id: UUID) -> AskedRefund:
    """A refund of one invoice, which the path names. Raises BadInput."""
    check_free("", given)
    amount = given.refunded_amount
    part = AskedPart(at="", name="refunded_amount", charge=DocumentId(invoice_id), amount=amount)
    return _asked(given, [part], None, {"is_dedicated": True})


def payment_body(at: str, given: NewRefundPayment) -> dict[str, Any]:
    """A payment of a refund as it is kept. Raises BadInput."""
    check_free(at, given)
    stamp(f"{at}.completed_at" if at else "completed_at", given.completed_at)
    if not given.refunded_amount:
        raise BadInput(f"{at}.refunded_amount" if at else "refunded_amount", "0", "is above zero")
    return kept(given)


def _asked(
    given: RefundBase,
    parts: Sequence[AskedPart],
    payments: Sequence[Mapping[str, Any]] | None,
    more: Mapping[str, Any] | None = None,
    *,
    keeps_payments: bool = False,
) -> AskedRefund:
    body = kept(given, without=_APART)
    return AskedRefund(
        external_id=given.external_id,
        completed=stamp("completed_at", given.completed_at),
        parts=parts,
        payments=payments,
        keeps_payments=keeps_payments,
        paid={name: body[name] for name in (*_PAID_BY, "completed_at") if name in body},
        number=given.reference_number,
        tags=tags_of(given.tags),
        body={**body, **(more or {})},
    )


def _amount(at: str, part: NewRefundPart) -> int:
    match part.amount, part.total_amount:
        case int(amount), None:
            found = amount
        case None, int(amount):
            found = amount
        case None, None:
            raise BadInput(f"{at}.amount", "", "is required")
        case _:
            raise BadInput(f"{at}.total_amount", "", "and amount exclude each other")
    if not found:
        raise BadInput(f"{at}.amount", "0", "is above zero")
    return found


def _targets(side: Side, given: msgspec.Struct) -> dict[str, Any]:
    charge, party = _WORDS[side]
    fields = [f"{word}_{name}" for word in (charge, f"{charge}_line_item", f"{charge}_payment", party) for name in _IDS]
    return {name: value for name in fields if (value := getattr(given, name, None)) is not None}


def _check_no_target(side: Side, given: RefundBase) -> None:
    for name in _targets(side, given):
        raise BadInput(name, "", "and allocations exclude each other")


def _part(side: Side, at: str, given: RefundBase | NewRefundPart, amount: int | None) -> AskedPart:
    """One target: a charge, alone or with one of its lines, a payment or a party. Raises BadInput."""
    charge, party = _WORDS[side]
    named = _targets(side, given)
    found = {
        word: [name for name in (f"{word}_id", f"{word}_external_id") if name in named]
        for word in (charge, f"{charge}_line_item", f"{charge}_payment", party)
    }
    for names in found.values():
        if len(names) > 1:
            raise BadInput(f"{at}{names[0]}", "", f"and {names[1]} exclude each other")
    line = found[f"{charge}_line_item"]
    if line and not found[charge]:
        raise BadInput(f"{at}{charge}_id", "", f"or {charge}_external_id is required beside {line[0]}")
    whole = [name for word in (charge, f"{charge}_payment", party) for name in found[word]]
    if not whole:
        raise BadInput(f"{at}{charge}_id", "", f"or {charge}_payment_id or another target is required")
    if len(whole) > 1:
        raise BadInput(f"{at}{whole[1]}", "", f"and {whole[0]} exclude each other")
    (name,) = whole
    said = kept(given, without=_SAID_ELSEWHERE.union(named)) if isinstance(given, NewRefundPart) else {}
    asked = AskedPart(at=at, name=name, amount=amount, said=said)
    ref: DocumentId | str = named[name]
    if found[party]:
        return replace(asked, party=named[name])
    if found[f"{charge}_payment"]:
        return replace(asked, payment=ref)
    return replace(asked, name=line[0], charge=ref, line=str(named[line[0]])) if line else replace(asked, charge=ref)
