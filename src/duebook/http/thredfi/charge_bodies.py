"""What bodies say of invoices and bills, and what they come to.

Units: cents of the document's currency.
Holds: of two spellings of one field, either is taken, and both if they agree; a `document` is taken and not kept.
Source: docs/reference/thredfi.md, "Invoices and bills" and "Totals".
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from duebook.http.fields import Cents, ExternalId, Free, LongText, PositiveCents, Text, kept, told
from duebook.http.inputs import BadInput, shown
from duebook.http.lines import NewLine, Priced, Quantity, SalesTax, priced_lines, summed
from duebook.http.stamps import Stamp
from duebook.http.thredfi.businesses import Currency
from duebook.http.thredfi.tags import NewTag

_APART: Final = frozenset(
    {
        *("external_id", "transaction_tags", "currency", "document", "payments", "line_items"),
        *("customer_id", "customer_external_id", "vendor_id", "vendor_external_id", "invoice_number", "bill_number"),
    }
)
"""What the ledger has a place of its own for."""
_SUMS: Final = frozenset({"line_items", "subtotal", "additional_sales_taxes_total"})
_PRICES: Final = frozenset(
    {"line_items", "additional_discount", "additional_sales_taxes", "additional_sales_taxes_total", "tips"}
)


class ChargeLine(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A line: its price under one of two names. What is not a price or a quantity is given back as it was given."""

    unit_price: Cents | None = None
    unit_price_cents: Cents | None = None
    quantity: Quantity = msgspec.field(default_factory=msgspec.Raw)
    external_id: Text | None = None
    product: Text | None = None
    description: LongText | None = None
    discount_amount: PositiveCents | None = None
    sales_taxes: list[SalesTax] | None = None
    account_identifier: Free | None = None
    account_code: Text | None = None
    memo: LongText | None = None
    metadata: Free | None = None


class _PricedLine(NewLine, kw_only=True, omit_defaults=True):
    """The same with its one price, as it is kept."""

    product: Text | None = None
    account_code: Text | None = None


class _KeptLine(msgspec.Struct):
    subtotal: int
    total_amount: int


class _KeptLines(msgspec.Struct):
    line_items: list[_KeptLine]


class _KeptPrices(msgspec.Struct):
    additional_discount: int
    additional_sales_taxes_total: int
    tips: int


_ALONG: Final = frozenset(_PricedLine.__struct_fields__) - {"unit_price"}


class ChargeChanges(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What may be said of both an invoice and a bill.

    `additional_sales_taxes_total` is the sum of `additional_sales_taxes`, or stands instead of them. Without `currency`
    it is in the business's.
    """

    external_id: ExternalId | None = None
    line_items: Sequence[ChargeLine] | None = None
    due_at: Stamp | None = None
    currency: Currency | None = None
    additional_discount: PositiveCents | None = None
    additional_sales_taxes: list[SalesTax] | None = None
    additional_sales_taxes_total: Cents | None = None
    memo: LongText | None = None
    metadata: Free | None = None
    transaction_tags: list[NewTag] | None = None
    document: Annotated[msgspec.Raw, Meta(description="Taken, and not kept")] = msgspec.field(
        default_factory=msgspec.Raw
    )


def mentioned(asked: msgspec.Struct) -> frozenset[str]:
    """The fields that a body says something of; null says nothing."""
    nothing = (None, msgspec.Raw())
    return frozenset(name for name in asked.__struct_fields__ if getattr(asked, name) not in nothing)


def says_prices(asked: ChargeChanges) -> bool:
    """Whether a body says anything of what the charge comes to."""
    return bool(mentioned(asked) & _PRICES)


def sums_of(asked: ChargeChanges, body: Mapping[str, Any]) -> Priced:
    """What a charge comes to; what is not said is as in the `body` that is kept of it. Raises BadInput."""
    lines = _kept_lines(body) if asked.line_items is None else priced_lines("", _with_prices(asked.line_items))
    if not lines:
        raise BadInput("line_items", "", "is required: there is no line yet")
    said = told(_KeptPrices, body) | {name: getattr(asked, name) for name in mentioned(asked)}
    return summed("", lines, discount=said.get("additional_discount"), taxes=_taxes(asked, said), tips=said.get("tips"))


def body_of(asked: ChargeChanges, sums: Priced | None, body: Mapping[str, Any]) -> dict[str, Any]:
    """What is kept of a charge beside what the ledger has a place for: what is said, and of the rest what there is."""
    names = mentioned(asked)
    said = kept(asked, without=_APART)
    if "additional_sales_taxes_total" in names:
        names |= {"additional_sales_taxes"}
    if sums is not None:
        names |= _SUMS
        said |= {
            "line_items": sums.lines,
            "subtotal": sums.subtotal,
            "additional_sales_taxes_total": sums.additional_taxes,
        }
    return {name: value for name, value in body.items() if name not in names} | said


def _taxes(asked: ChargeChanges, said: Mapping[str, Any]) -> int:
    """The additional taxes in all. Raises BadInput if their total is not that of the list."""
    total: int = said.get("additional_sales_taxes_total", 0)
    if asked.additional_sales_taxes is None:
        return total
    taxes = sum(tax.amount for tax in asked.additional_sales_taxes)
    if asked.additional_sales_taxes_total not in (None, taxes):
        raise BadInput("additional_sales_taxes_total", str(total), f"is the sum of additional_sales_taxes, {taxes}")
    return taxes


def _kept_lines(body: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The lines that are there, if they have their sums."""
    return body["line_items"] if "line_items" in told(_KeptLines, body) else []


def _with_prices(lines: Sequence[ChargeLine]) -> list[_PricedLine]:
    return [
        _PricedLine(
            unit_price=_price(f"line_items[{place}]", line),
            **{name: getattr(line, name) for name in line.__struct_fields__ if name in _ALONG},
        )
        for place, line in enumerate(lines)
    ]


def _price(at: str, line: ChargeLine) -> int:
    price: int | None = either(at, line, "unit_price", "unit_price_cents")
    if price is None:
        raise BadInput(f"{at}.unit_price", "", "or unit_price_cents is required")
    return price


def either(at: str, given: msgspec.Struct, name: str, other: str) -> Any:
    """What is given under one of two names. Raises BadInput if both are given and differ."""
    one, two = getattr(given, name), getattr(given, other)
    if None not in (one, two) and one != two:
        raise BadInput(f"{at}.{other}", shown(two), f"is the same as {name}, if both are given")
    return two if one is None else one
