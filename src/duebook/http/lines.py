"""What an invoice or a bill comes to: its lines, discounts, taxes and tips.

Units: cents; a quantity is a decimal.
Holds: total = sum of line totals - additional discount + additional taxes + tips; a line's total = its subtotal -
its discount + its taxes; its subtotal is unit price x quantity, rounded half to even, line by line.
Source: docs/reference/layer.md, "Totals"; docs/reference/thredfi.md, "Totals".
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from duebook.http.fields import Cents, Free, LongText, PositiveCents, Text, kept
from duebook.http.inputs import BadInput, shown
from duebook.money import MAX_MINOR, MIN_MINOR, round_half_even

_DIGITS: Final = 9
_TEXT: Final = rf"-?[0-9]{{1,{_DIGITS}}}(\.[0-9]{{1,{_DIGITS}}})?"
_KINDS: Final = f"a number, or a decimal as text, of at most {_DIGITS} digits before the point and {_DIGITS} after it"

Quantity = Annotated[
    msgspec.Raw,
    Meta(
        description=f"1 if not given: {_KINDS}",
        extra_json_schema={
            "extra": {
                "type": ["number", "string", "null"],
                "pattern": f"^{_TEXT}$",
                "exclusive_minimum": -(10**_DIGITS),
                "exclusive_maximum": 10**_DIGITS,
            }
        },
    ),
]
"""As it is written in the body: as a Decimal, text would be read more widely than it is described."""


class SalesTax(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A tax, in cents; to which account or at which rate is kept as it is given."""

    amount: Cents
    tax_account: Free | None = None
    tax_ledger_account: Free | None = None
    tax_rate: float | None = None
    tax_rate_id: Text | None = None
    tax_rate_name: Text | None = None


class NewLine(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What every line says, on an invoice or on a bill."""

    unit_price: Cents
    quantity: Quantity = msgspec.field(default_factory=msgspec.Raw)
    external_id: Text | None = None
    description: LongText | None = None
    discount_amount: PositiveCents | None = None
    sales_taxes: list[SalesTax] | None = None
    account_identifier: Free | None = None
    prepayment_account_identifier: Free | None = None
    memo: LongText | None = None
    metadata: Free | None = None
    reference_number: Text | None = None


@dataclass(frozen=True, slots=True)
class Priced:
    """A charge with its sums; `lines` are the lines as they are kept."""

    lines: list[dict[str, Any]]
    subtotal: int
    additional_taxes: int
    total: int


def priced(
    at: str,
    lines: Sequence[NewLine],
    *,
    discount: int | None,
    taxes: Sequence[SalesTax] | None,
    tips: int | None = None,
) -> Priced:
    """The sums. Raises BadInput for a quantity, a sum or a total that cannot be; `at` is the charge's place."""
    done = priced_lines(at, lines)
    return summed(at, done, discount=discount, taxes=sum(tax.amount for tax in taxes or ()), tips=tips)


def priced_lines(at: str, lines: Sequence[NewLine]) -> list[dict[str, Any]]:
    """The lines as they are kept, with their sums. Raises BadInput."""
    return [_priced_line(f"{at}line_items[{place}]", line) for place, line in enumerate(lines)]


def summed(at: str, lines: list[dict[str, Any]], *, discount: int | None, taxes: int, tips: int | None) -> Priced:
    """The sums of lines that have theirs; `taxes` come on top of those of the lines. Raises BadInput."""
    additional_taxes = _fits(f"{at}additional_sales_taxes", taxes)
    subtotal = _fits(f"{at}line_items", sum(line["subtotal"] for line in lines))
    gross = sum(line["total_amount"] for line in lines)
    total = _fits(f"{at}line_items", gross - (discount or 0) + additional_taxes + (tips or 0))
    if total < 0:
        raise BadInput(f"{at}line_items", str(total), "come to a total of zero or more, after discounts and taxes")
    return Priced(lines, subtotal, additional_taxes, total)


def _priced_line(at: str, line: NewLine) -> dict[str, Any]:
    numerator, denominator = _ratio(f"{at}.quantity", line.quantity)
    subtotal = _fits(at, round_half_even(line.unit_price * numerator, denominator))
    taxes = _fits(at, sum(tax.amount for tax in line.sales_taxes or ()))
    total = _fits(at, subtotal - (line.discount_amount or 0) + taxes)
    sums = {"subtotal": subtotal, "sales_taxes_total": taxes, "total_amount": total}
    return kept(line, without=frozenset({"quantity"})) | {"quantity": _plain(numerator, denominator)} | sums


def _ratio(field: str, raw: msgspec.Raw) -> tuple[int, int]:
    sign, digits, exponent = _decimal(field, bytes(raw) or b"null").as_tuple()
    unsigned = int("".join(map(str, digits))) * 10 ** max(int(exponent), 0)
    return (-unsigned if sign else unsigned), 10 ** max(-int(exponent), 0)


def _decimal(field: str, written: bytes) -> Decimal:
    try:
        given = msgspec.json.decode(written)
    except msgspec.DecodeError:  # a number that is larger than any float
        given = ""
    match given:
        case None:
            return Decimal(1)
        case str() if re.fullmatch(_TEXT, given):
            return Decimal(given)
        case int() | float() if not isinstance(given, bool):
            number = Decimal(written.decode())
            if number.adjusted() < _DIGITS and -_DIGITS <= int(number.as_tuple().exponent) <= _DIGITS:
                return number
    raise BadInput(field, shown(msgspec.Raw(written)), f"is {_KINDS}")


def _plain(numerator: int, denominator: int) -> str:
    """The quantity in one way of writing, whichever way it was given: 2, 2.0 and "2.00" are "2"."""
    return f"{(Decimal(numerator) / denominator).normalize():f}"


def _fits(field: str, amount: int) -> int:
    if not MIN_MINOR <= amount <= MAX_MINOR:
        raise BadInput(field, str(amount), "adds up to an amount that fits 64 bits of cents")
    return amount
