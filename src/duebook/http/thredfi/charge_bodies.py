"""What bodies say of invoices and bills, and what they come to.

Units: cents of the document's currency.
Holds: of two spellings of one field, either is taken, and both if they agree; a `document` is taken and not kept.
Source: docs/reference/thredfi.md, "Invoices and bills" and "Totals".
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from duebook.http.fields import Cents, ExternalId, Free, LongText, PositiveCents, Text, kept
from duebook.http.inputs import BadInput
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
    unit_price_cents: Annotated[Cents | None, Meta(description="Another word for unit_price")] = None
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


_ALONG: Final = frozenset(_PricedLine.__struct_fields__) - {"unit_price"}

Lines = Annotated[list[ChargeLine], Meta(min_length=1)]


class ChargeChanges(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What may be said of both an invoice and a bill."""

    external_id: ExternalId | None = None
    line_items: Lines | None = None
    due_at: Stamp | None = None
    currency: Annotated[Currency | None, Meta(description="The business's without it")] = None
    additional_discount: PositiveCents | None = None
    additional_sales_taxes: list[SalesTax] | None = None
    additional_sales_taxes_total: Annotated[
        Cents | None, Meta(description="The sum of additional_sales_taxes, or instead of them")
    ] = None
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


def sums_of(asked: ChargeChanges, body: Mapping[str, Any]) -> Priced | None:
    """What a charge comes to, if anything is said of that; what is not said is as in its `body`. Raises BadInput."""
    names = mentioned(asked)
    if not names & _PRICES:
        return None
    lines = body.get("line_items", []) if asked.line_items is None else priced_lines("", _with_prices(asked.line_items))
    if not lines:
        raise BadInput("line_items", "", "is required: there is no line yet")
    said = {name: getattr(asked, name) if name in names else body.get(name) for name in (*_PRICES, "tips")}
    return summed("", lines, discount=said["additional_discount"], taxes=_taxes(asked, body), tips=said["tips"])


def body_of(asked: ChargeChanges, sums: Priced | None, body: Mapping[str, Any]) -> dict[str, Any]:
    """What is kept of a charge beside what the ledger has a place for: what is said, and of the rest what there is."""
    names = mentioned(asked)
    said = kept(asked, without=_APART)
    if sums is not None:
        names |= _SUMS
        said |= {
            "line_items": sums.lines,
            "subtotal": sums.subtotal,
            "additional_sales_taxes_total": sums.additional_taxes,
        }
    return {name: value for name, value in body.items() if name not in names} | said


def _taxes(asked: ChargeChanges, body: Mapping[str, Any]) -> int:
    total = asked.additional_sales_taxes_total
    if asked.additional_sales_taxes is None:
        there: int = body.get("additional_sales_taxes_total", 0)
        return there if total is None else total
    taxes = sum(tax.amount for tax in asked.additional_sales_taxes)
    if total not in (None, taxes):
        raise BadInput("additional_sales_taxes_total", str(total), f"is the sum of additional_sales_taxes, {taxes}")
    return taxes


def _with_prices(lines: Sequence[ChargeLine]) -> list[_PricedLine]:
    return [
        _PricedLine(
            unit_price=_price(f"line_items[{place}]", line),
            **{name: getattr(line, name) for name in line.__struct_fields__ if name in _ALONG},
        )
        for place, line in enumerate(lines)
    ]


def _price(at: str, line: ChargeLine) -> int:
    match line.unit_price, line.unit_price_cents:
        case None, None:
            raise BadInput(f"{at}.unit_price", "", "or unit_price_cents is required")
        case int(price), int(other) if price != other:
            raise BadInput(f"{at}.unit_price_cents", str(other), "is the same as unit_price, if both are given")
        case int(price), _:
            return price
        case _, other:
            return int(other or 0)
