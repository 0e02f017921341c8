"""What makes the demonstration's books interesting: a few dealings that went another way than planned.

Units: amounts are minor units of the currency named; days are counted back from the day the history runs up to, so that
-14 is two weeks later.
Holds: nothing lies after that day but due dates; what was recorded first is corrected by what comes to light.
"""

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from duebook.demo.people import party_named
from duebook.ledger.commands import (
    AddCharge,
    AddRecovery,
    AddRefund,
    AddSettlement,
    AddWriteOff,
    ChangeDueDate,
    Command,
    EditDocument,
    NewAllocation,
    NewParty,
    PutRates,
    SetStatus,
)
from duebook.ledger.facts import Instalment, Kind, Rate, Reason, Side, Status

BOUNCED: Final = "Cedar Hollow Farms"
IN_INSTALMENTS: Final = "Harborview Cafe"
WRITTEN_OFF: Final = "Flintlock Security"
CORRECTED: Final = "Meridian Labs"
REFUNDED: Final = "Juniper Wellness"
ABROAD: Final = "Quicksilver Fuel"

_CURRENCY: Final = "USD"
_FOREIGN: Final = "EUR"
_RATES: Final = ((200, "1.0715"), (120, "1.0840"), (60, "1.0932"), (20, "1.0887"))


def episodes(today: date) -> list[list[Command]]:
    """What was recorded as it seemed, then what came to light."""

    def ago(days: int) -> date:
        return today - timedelta(days=days)

    return [_as_it_seemed(ago), _as_it_turned_out(ago)]


def _as_it_seemed(ago: Callable[[int], date]) -> list[Command]:
    quotes = tuple(Rate(_FOREIGN, ago(days), Decimal(rate)) for days, rate in _RATES)
    plan = tuple(Instalment(ago(days), 150_000) for days in (62, 32, 2, -28))
    return [
        PutRates(quotes),
        _invoice(BOUNCED, "INV-90001", ago(96), 184_000),
        _payment(BOUNCED, "RCPT-90001", ago(61), 184_000, "INV-90001"),
        _invoice(IN_INSTALMENTS, "INV-90002", ago(92), 600_000, plan),
        _payment(IN_INSTALMENTS, "RCPT-90002", ago(60), 150_000, "INV-90002"),
        _payment(IN_INSTALMENTS, "RCPT-90003", ago(29), 90_000, "INV-90002"),
        _invoice(WRITTEN_OFF, "INV-90003", ago(310), 97_500),
        _payment(WRITTEN_OFF, "RCPT-90004", ago(205), 30_000, "INV-90003"),
        _invoice(CORRECTED, "INV-90004", ago(50), 231_000),
        _credit(REFUNDED, "CN-90001", ago(45), 15_000),
        _bill(ABROAD, "BILL-90001", ago(75), 425_000),
        _bill(ABROAD, "BILL-90002", ago(18), 119_000),
        _payment(ABROAD, "PMT-90001", ago(31), 200_000, "BILL-90001", _FOREIGN),
    ]


def _as_it_turned_out(ago: Callable[[int], date]) -> list[Command]:
    us = Side.RECEIVABLE
    return [
        SetStatus(side=us, kind=Kind.PAYMENT, document="RCPT-90001", status=Status.RETURNED, returned_on=ago(57)),
        _payment(BOUNCED, "RCPT-90005", ago(40), 120_000, "INV-90001"),
        ChangeDueDate(side=us, charge="INV-90001", from_on=ago(40), due_on=ago(-14)),
        AddWriteOff(
            side=us,
            external_id="WO-90001",
            number="WO-90001",
            charge="INV-90003",
            written_off_on=ago(85),
            reason=Reason.BAD_DEBT,
        ),
        AddRecovery(
            side=us,
            external_id="REC-90001",
            number="REC-90001",
            write_off="WO-90001",
            recovered_on=ago(12),
            amount_minor=20_000,
        ),
        EditDocument(side=us, kind=Kind.CHARGE, document="INV-90004", amount_minor=213_000),
        AddRefund(
            side=us,
            external_id="REF-90001",
            number="REF-90001",
            of_kind=Kind.CREDIT,
            of="CN-90001",
            refunded_on=ago(9),
            amount_minor=15_000,
        ),
    ]


def _invoice(
    name: str, number: str, issued_on: date, amount_minor: int, instalments: Sequence[Instalment] = ()
) -> AddCharge:
    person = party_named(name)
    return AddCharge(
        side=Side.RECEIVABLE,
        party=NewParty(person.external_id, name),
        external_id=number,
        number=number,
        issued_on=issued_on,
        terms=None if instalments else person.terms,
        instalments=tuple(instalments),
        currency=_CURRENCY,
        amount_minor=amount_minor,
    )


def _bill(name: str, number: str, issued_on: date, amount_minor: int) -> AddCharge:
    person = party_named(name)
    return AddCharge(
        side=Side.PAYABLE,
        party=NewParty(person.external_id, name),
        external_id=number,
        number=number,
        issued_on=issued_on,
        terms=person.terms,
        currency=_FOREIGN,
        amount_minor=amount_minor,
    )


def _payment(
    name: str, number: str, paid_on: date, amount_minor: int, charge: str, currency: str = _CURRENCY
) -> AddSettlement:
    person = party_named(name)
    return AddSettlement(
        side=person.side,
        kind=Kind.PAYMENT,
        party=NewParty(person.external_id, name),
        external_id=number,
        number=number,
        settled_on=paid_on,
        currency=currency,
        amount_minor=amount_minor,
        allocations=(NewAllocation(charge=charge, amount_minor=amount_minor),),
    )


def _credit(name: str, number: str, issued_on: date, amount_minor: int) -> AddSettlement:
    person = party_named(name)
    return AddSettlement(
        side=person.side,
        kind=Kind.CREDIT,
        party=NewParty(person.external_id, name),
        external_id=number,
        number=number,
        settled_on=issued_on,
        currency=_CURRENCY,
        amount_minor=amount_minor,
    )
