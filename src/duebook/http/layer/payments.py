"""Payments: of customers for invoices, to vendors for bills.

Units: cents.
Holds: a payment is allocated to the last cent; its fee lowers neither what it pays nor what is owed.
Source: docs/reference/layer.md, "Payments".
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Final, Literal, get_args
from uuid import UUID

import msgspec

from duebook.days import day_of
from duebook.http.fields import Cents, ExternalId, Free, LongText, PositiveCents, Text, check_free, kept
from duebook.http.inputs import BadInput
from duebook.http.layer.parties import party_ref
from duebook.http.layer.refusals import PAYMENT_FIELDS
from duebook.http.layer.tags import NewTag, tags_of
from duebook.http.services import Services
from duebook.http.stamps import Stamp, stamp
from duebook.http.writes import RefusedWrite
from duebook.ledger import views
from duebook.ledger.commands import AddSettlement, DocumentRef, NewAllocation, PartyRef
from duebook.ledger.facts import BESIDE, DocumentId, Kind, Side
from duebook.ledger.views import DocumentView
from duebook.tenancy.facts import Business, BusinessId, Caller
from duebook.tenancy.gate import read_tx

AskedPayment = Callable[[Business], AddSettlement]
"""What a checked body of a payment asks of the books, once it is known whose they are."""

Method = Literal["CASH", "CHECK", "CREDIT_CARD", "ACH", "CREDIT_BALANCE", "OTHER", "REDEEMED_PREPAYMENT"]
METHODS: Final[tuple[Method, ...]] = get_args(Method)

ALLOCATIONS: Final = {Side.RECEIVABLE: "invoice_payments", Side.PAYABLE: "bill_payment_allocations"}
"""What a payment's body calls its allocations."""

WORD: Final = {Side.RECEIVABLE: "invoice", Side.PAYABLE: "bill"}
WHOSE: Final = {Side.RECEIVABLE: "customer", Side.PAYABLE: "vendor"}

_A: Final = {Side.RECEIVABLE: "an invoice", Side.PAYABLE: "a bill"}
ACCOUNT_PARTS: Final = "account_parts"
_APART: Final = frozenset(
    {
        *("external_id", "amount", "tags", "reference_number", *ALLOCATIONS.values()),
        *("customer_id", "customer_external_id", "vendor_id", "vendor_external_id"),
    }
)
_PART_APART: Final = frozenset(
    {"amount", "account", "account_identifier", "invoice_id", "invoice_external_id", "bill_id", "bill_external_id"}
)


class Fee(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A fee beside the payment's own."""

    fee_amount: Cents
    account: Free | None = None
    description: Text | None = None
    is_passed_to_customer: bool | None = None


class NewPayment(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What every payment may say."""

    amount: PositiveCents
    external_id: ExternalId | None = None
    fee: PositiveCents | None = None
    additional_fees: list[Fee] | None = None
    processor: Text | None = None
    payment_clearing_account_identifier: Free | None = None
    redemption_account: Free | None = None
    dedicated_refunds: list[Free] | None = None
    tags: list[NewTag] | None = None
    memo: LongText | None = None
    metadata: Free | None = None
    reference_number: Text | None = None


class DatedPayment(NewPayment, kw_only=True):
    """A payment of a day."""

    paid_at: Stamp
    method: Method


class NewPart(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What every part of a payment may say: it is for an invoice or a bill, or goes straight to a ledger account.

    `account_identifier` is another name of `account`.
    """

    amount: PositiveCents
    account: Free | None = None
    account_identifier: Free | None = None
    tags: list[NewTag] | None = None
    memo: LongText | None = None
    metadata: Free | None = None
    reference_number: Text | None = None


def charge_ref(at: str, word: str, charge_id: UUID | None, external_id: str | None) -> DocumentRef:
    """The invoice or bill that is paid, by its id or by its external id. Raises BadInput."""
    match charge_id, external_id:
        case UUID(), None:
            return DocumentId(charge_id)
        case None, str():
            return external_id
    rule = f"or {word}_external_id is required" if charge_id is None else f"and {word}_external_id exclude each other"
    raise BadInput(f"{at}.{word}_id", "", rule)


def to_record(side: Side, asked: DatedPayment, parts: Sequence[NewPart], party: PartyRef | None) -> AskedPayment:
    """What a payment asks of the books, with its parts as they are given. Raises BadInput."""
    check_free("", asked)
    _check_sum(ALLOCATIONS[side], asked, parts)
    paid = stamp("paid_at", asked.paid_at)
    allocations = tuple(_allocations(side, parts))
    if not allocations and party is None:
        whose = WHOSE[side]
        raise BadInput(f"{whose}_id", "", f"or {whose}_external_id is required if no part is for {_A[side]}")

    def command(business: Business) -> AddSettlement:
        return settlement(business, side, asked, day_of(paid, business.zone), allocations, parts, party)

    return command


def payer(side: Side, given: msgspec.Struct) -> PartyRef | None:
    """Whose a payment is, if it says so: it need not, if a part of it is for an invoice or a bill. Raises BadInput."""
    whose = WHOSE[side]
    by_id, external_id = getattr(given, f"{whose}_id"), getattr(given, f"{whose}_external_id")
    return None if by_id is None and external_id is None else party_ref("", whose, by_id, external_id)


def _allocations(side: Side, parts: Sequence[NewPart]) -> Iterator[NewAllocation]:
    word = WORD[side]
    for place, part in enumerate(parts):
        at = f"{ALLOCATIONS[side]}[{place}]"
        charge_id, external_id = getattr(part, f"{word}_id"), getattr(part, f"{word}_external_id")
        if _account(part) is None:
            yield NewAllocation(charge=charge_ref(at, word, charge_id, external_id), amount_minor=part.amount)
        elif charge_id is not None or external_id is not None:
            raise BadInput(f"{at}.account", "", f"and {_A[side]} exclude each other")


def _account(part: NewPart) -> Free | None:
    return part.account if part.account is not None else part.account_identifier


def _check_sum(field: str, asked: NewPayment, parts: Sequence[NewPart]) -> None:
    """The parts add up to the payment. Raises BadInput, which names both sums."""
    allocated = sum(one.amount for one in parts)
    if allocated != asked.amount:
        raise BadInput(field, str(allocated), f"add up to the payment's amount, {asked.amount}")


def settlement(
    business: Business,
    side: Side,
    asked: NewPayment,
    paid_on: date,
    allocations: tuple[NewAllocation, ...],
    parts: Sequence[NewPart] = (),
    party: PartyRef | None = None,
) -> AddSettlement:
    """The payment as the ledger is told of it; `parts` are as they were asked for.

    What goes straight to ledger accounts is on no side: it is kept in the body, beside the amount.
    """
    said = [kept(one, without=_PART_APART) for one in parts if one.amount and _account(one) is None]
    to_accounts = [
        kept(one, without=_PART_APART) | {"amount": one.amount, "account": account}
        for one in parts
        if one.amount and (account := _account(one)) is not None
    ]
    beside = sum(one["amount"] for one in to_accounts)
    return AddSettlement(
        side=side,
        kind=Kind.PAYMENT,
        external_id=asked.external_id,
        party=party,
        number=asked.reference_number,
        settled_on=paid_on,
        currency=business.base_currency,
        amount_minor=asked.amount - beside,
        allocations=allocations,
        tags=tags_of(asked.tags),
        body=kept(asked, without=_APART)
        | ({ALLOCATIONS[side]: said} if any(said) else {})
        | ({ACCOUNT_PARTS: to_accounts, BESIDE: beside} if beside else {}),
    )


@contextmanager
def placed(side: Side, parts: Sequence[NewPart]) -> Iterator[None]:
    """What is refused of an allocation is named by the place of its part, among those for ledger accounts too."""
    places = [place for place, part in enumerate(parts) if _account(part) is None]
    try:
        yield
    except RefusedWrite as refused:
        if refused.error.allocation is None:
            raise
        refused.error.allocation = places[refused.error.allocation]
        raise RefusedWrite(refused.error, side, PAYMENT_FIELDS[side]) from refused.error


async def find(
    services: Services, caller: Caller, business_id: BusinessId, side: Side, payment_id: UUID
) -> DocumentView:
    """One payment. Raises TenancyError, DocumentNotFound."""
    async with read_tx(services.database, caller, business_id) as tx:
        return await views.document(tx, side, Kind.PAYMENT, DocumentId(payment_id))
