"""What an invoice comes to, worked out from its lines, discounts, taxes and tips."""

from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given, reject
from hypothesis import strategies as st

from duebook.http.inputs import BadInput
from duebook.http.lines import NewLine, SalesTax, priced
from duebook.money import MAX_MINOR, MIN_MINOR

cents = st.integers(-(10**9), 10**9)
quantities = st.decimals(Decimal(-1000), Decimal(1000), places=4).map(lambda given: msgspec.Raw(f'"{given:f}"'))
taxes = st.lists(st.builds(SalesTax, amount=st.integers(0, 10**6)), max_size=3)
lines = st.lists(
    st.builds(NewLine, unit_price=cents, quantity=quantities, discount_amount=st.integers(0, 10**6), sales_taxes=taxes),
    min_size=1,
    max_size=5,
)


def line(**fields: Any) -> NewLine:
    """A line as it comes in a body."""
    return msgspec.json.decode(msgspec.json.encode({"unit_price": 100} | fields), type=NewLine)


def test_the_worked_example_comes_to_its_published_sums() -> None:
    """Given the published example, when added up, then its subtotal, its first line and its total are as printed."""
    taxed = line(unit_price=1299, quantity=2, sales_taxes=[{"amount": 218}])
    sums = priced("", [taxed, line(unit_price=25000, quantity=1)], discount=250, taxes=None, tips=0)
    assert (sums.subtotal, sums.total) == (27598, 27566)
    assert [(one["subtotal"], one["sales_taxes_total"], one["total_amount"]) for one in sums.lines] == [
        (2598, 218, 2816),
        (25000, 0, 25000),
    ]


@pytest.mark.parametrize(
    ("unit_price", "quantity", "subtotal"),
    [
        (5, "0.5", 2),
        (7, "0.5", 4),
        (3, "0.5", 2),
        (-5, "0.5", -2),
        (333, "0.333", 111),
        (1, "999999999", 10**9 - 1),
        (MAX_MINOR, "1", MAX_MINOR),
    ],
)
def test_a_line_is_rounded_half_to_even(unit_price: int, quantity: str, subtotal: int) -> None:
    """Given a price and a decimal quantity, when multiplied, then the cent is the nearest, the even one of two."""
    to_zero = [SalesTax(amount=max(0, -subtotal))]
    sums = priced("", [line(unit_price=unit_price, quantity=quantity)], discount=None, taxes=to_zero)
    assert subtotal == sums.lines[0]["subtotal"]


@given(lines, taxes, st.integers(0, 10**6), st.integers(0, 10**6))
def test_the_sums_add_up(given_lines: list[NewLine], more: list[SalesTax], discount: int, tips: int) -> None:
    """The total is the lines' totals less the discount plus taxes and tips; each line as decimals have it."""
    try:
        sums = priced("", given_lines, discount=discount, taxes=more, tips=tips)
    except BadInput:
        reject()  # a total below zero
    for asked, done in zip(given_lines, sums.lines, strict=True):
        exact = asked.unit_price * Decimal(msgspec.json.decode(asked.quantity))
        assert int(exact.quantize(Decimal(1), ROUND_HALF_EVEN)) == done["subtotal"]
        assert done["subtotal"] - done.get("discount_amount", 0) + done["sales_taxes_total"] == done["total_amount"]
    assert sum(one["subtotal"] for one in sums.lines) == sums.subtotal
    paid_for = sum(one["total_amount"] for one in sums.lines)
    assert paid_for - discount + sums.additional_taxes + tips == sums.total


@pytest.mark.parametrize("given_quantity", [2, 2.0, "2", "02", "2.00", "2.000000000"])
def test_a_quantity_is_kept_in_one_way_of_writing(given_quantity: object) -> None:
    """Given one quantity written in many ways, when kept, then it reads the same: it is the same content."""
    assert priced("", [line(quantity=given_quantity)], discount=None, taxes=None).lines[0]["quantity"] == "2"


TEXTS = [
    "",
    " 1",
    "1 ",
    "+1",
    "1_0",
    "\u0663",
    ".5",
    "1.",
    "1e9",
    "1E10",
    "NaN",
    "Infinity",
    "1E999999",
    "1.0000000001",
]


@pytest.mark.parametrize("bad", [*TEXTS, "1000000000", "-1000000000", 10**9, -(10**9), 1e9, 1e300, 1e-10, True, [], {}])
def test_a_quantity_has_its_bounds(bad: object) -> None:
    """Given a quantity that is no decimal of a sensible size, when priced, then its field is named."""
    with pytest.raises(BadInput) as refused:
        priced("[3].", [line(), line(quantity=bad)], discount=None, taxes=None)
    assert refused.value.field == "[3].line_items[1].quantity"
    assert refused.value.value == msgspec.json.encode(bad).decode()


def test_a_number_is_read_to_its_last_digit() -> None:
    """Given a JSON number of 18 digits, when multiplied, then none of them is lost on the way."""
    long = msgspec.json.decode(b'{"unit_price": 1000000000, "quantity": 123456789.123456789}', type=NewLine)
    assert priced("", [long], discount=None, taxes=None).subtotal == 123456789123456789


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ([line(unit_price=MAX_MINOR, quantity=2)], "line_items[0]"),
        ([line(unit_price=MIN_MINOR, quantity=2)], "line_items[0]"),
        ([line(sales_taxes=[{"amount": MAX_MINOR}, {"amount": 1}])], "line_items[0]"),
        ([line(unit_price=MAX_MINOR), line(unit_price=MAX_MINOR)], "line_items"),
        ([line(unit_price=-1)], "line_items"),
    ],
)
def test_what_does_not_fit_is_refused(asked: list[NewLine], field: str) -> None:
    """Given sums beyond 64 bits or below zero, when added up, then refused, naming where."""
    with pytest.raises(BadInput) as refused:
        priced("", asked, discount=None, taxes=None)
    assert refused.value.field == field
