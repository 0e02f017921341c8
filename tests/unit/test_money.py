"""Money in and out of whole minor units."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from duebook.money import (
    MAX_MINOR,
    MIN_MINOR,
    BadAmount,
    UnknownCurrency,
    exponent,
    fits,
    format_minor,
    parse_minor,
    portion,
    round_half_even,
    split,
)

ONE_OF_EACH = ("JPY", "USD", "KWD")
"""A currency with no decimal places, one with two, one with three."""

currencies = st.sampled_from([*ONE_OF_EACH, "EUR", "CLP", "BHD"])
amounts = st.integers(MIN_MINOR, MAX_MINOR)


@given(amounts, currencies)
def test_what_is_printed_is_read_back(amount_minor: int, currency: str) -> None:
    """An amount that was printed is the same amount when it is parsed."""
    assert parse_minor(format_minor(amount_minor, currency), currency) == amount_minor


@pytest.mark.parametrize("amount_minor", [0, 1, -1, 99, -100, 1234567, MAX_MINOR, MIN_MINOR])
@pytest.mark.parametrize("currency", ONE_OF_EACH)
def test_the_ends_of_the_range_are_read_back(amount_minor: int, currency: str) -> None:
    """Given amounts at the ends of 64 bits and around zero, when printed and parsed, then they are the same."""
    assert parse_minor(format_minor(amount_minor, currency), currency) == amount_minor


@pytest.mark.parametrize(
    ("amount_minor", "currency", "text"),
    [
        (-1234, "USD", "-12.34"),
        (5, "JPY", "5"),
        (5, "USD", "0.05"),
        (-5, "KWD", "-0.005"),
        (0, "KWD", "0.000"),
        (MIN_MINOR, "USD", "-92233720368547758.08"),
    ],
)
def test_an_amount_prints_with_all_the_places_of_its_currency(amount_minor: int, currency: str, text: str) -> None:
    """Given an amount, when printed, then the currency decides how many decimals there are."""
    assert format_minor(amount_minor, currency) == text


@pytest.mark.parametrize(
    ("text", "minor"),
    [
        ("1234.5", 123450),
        ("+1", 100),
        ("-0", 0),
        ("-0.00", 0),
        (".5", 50),
        ("1.", 100),
        ("007", 700),
        ("1.100", 110),
        ("1." + "0" * 38, 100),
        ("0" * 40, 0),
        ("92233720368547758.07", MAX_MINOR),
        ("-92233720368547758.08", MIN_MINOR),
    ],
)
def test_a_plain_decimal_is_an_amount(text: str, minor: int) -> None:
    """Given digits with an optional sign and at most one point, when parsed, then they are cents."""
    assert parse_minor(text, "USD") == minor


@pytest.mark.parametrize(
    "text",
    [
        *("", ".", "+", "-", "-.", "1e5", "1E-2", "1_000", "1,000", " 1", "1 ", "1\n", "--1", "+-1", "1.2.3", "1-"),
        *("0x10", "NaN", "sNaN", "Infinity", "-inf", "٣", "１", "²", "$1", "1USD", "1" * 41, "0" * 41, "\x001"),
    ],
)
def test_anything_else_is_not_an_amount(text: str) -> None:
    """Given exponents, separators, blanks, other scripts' digits or too many, when parsed, then it is refused."""
    with pytest.raises(BadAmount, match="write digits with at most one decimal point"):
        parse_minor(text, "USD")


@pytest.mark.parametrize(
    ("text", "currency"),
    [
        ("0.001", "USD"),
        ("1.5", "JPY"),
        ("0.0001", "KWD"),
        ("1.0000000000000000000000000000001", "USD"),
        ("-.009", "EUR"),
    ],
)
def test_fractions_of_a_minor_unit_are_refused(text: str, currency: str) -> None:
    """Given more decimals than the currency has, when parsed, then it is refused, however far back they stand."""
    with pytest.raises(BadAmount, match=f"{currency} has {exponent(currency)} decimal places"):
        parse_minor(text, currency)


@pytest.mark.parametrize("text", ["92233720368547758.08", "-92233720368547758.09", "9" * 40, "-" + "9" * 39])
def test_amounts_beyond_64_bits_are_refused(text: str) -> None:
    """Given one cent more than 64 bits hold, when parsed, then it is refused."""
    with pytest.raises(BadAmount, match="64 bits"):
        parse_minor(text, "USD")


@given(st.text(max_size=50), currencies)
def test_any_text_is_an_amount_or_refused(text: str, currency: str) -> None:
    """A text is read as the number it says, exactly, or refused as an amount."""
    try:
        minor = parse_minor(text, currency)
    except BadAmount:
        return
    assert Fraction(minor, 10 ** exponent(currency)) == Fraction(text.removesuffix("."))


@pytest.mark.parametrize("currency", ["", "usd", "XXX", "USDT", "US", "XAU", "€", " USD"])
def test_a_currency_is_a_code_of_iso_4217(currency: str) -> None:
    """Given a code that is not of a currency in circulation, when used, then it is refused by name."""
    with pytest.raises(UnknownCurrency, match="ISO 4217"):
        exponent(currency)


@pytest.mark.parametrize("beyond", [MAX_MINOR + 1, MIN_MINOR - 1])
def test_what_does_not_fit_is_refused(beyond: int) -> None:
    """Given an amount one past the end, when checked, then it is refused."""
    with pytest.raises(BadAmount, match=str(beyond)):
        fits(beyond)


@given(st.integers(), st.integers(min_value=1))
def test_rounding_is_half_to_even(numerator: int, denominator: int) -> None:
    """A quotient is rounded to the nearest whole number, and to the even one of two equally near."""
    assert round_half_even(numerator, denominator) == round(Fraction(numerator, denominator))


@given(amounts, st.integers(0, 10**12), st.integers(1, 10**12))
def test_a_portion_is_rounded_once(amount_minor: int, part: int, whole: int) -> None:
    """A portion is the exact fraction, rounded half to even: all at the whole, nothing at zero."""
    assert portion(amount_minor, part, whole) == round(Fraction(amount_minor) * part / whole)
    assert (portion(amount_minor, whole, whole), portion(amount_minor, 0, whole)) == (amount_minor, 0)


@given(amounts, st.lists(st.integers(0, 10**9), min_size=1, max_size=9).filter(any))
def test_shares_add_up(amount_minor: int, weights: list[int]) -> None:
    """The shares of a split add up to the amount, and all but the last are their exact portion, rounded."""
    shares = split(amount_minor, weights)
    assert sum(shares) == amount_minor
    assert shares[:-1] == tuple(round(Fraction(amount_minor) * weight / sum(weights)) for weight in weights[:-1])
    assert len(shares) == len(weights)
