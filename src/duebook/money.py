"""Parse and print money as whole minor units, and share it out without losing one.

Units: an amount is an int of minor units of one currency (cents of USD, yen of JPY, fils of KWD).
Holds: parse(format(x)) is x; the shares of a split add up to what was split; nothing leaves 64 bits.
Source: ISO 4217 for the number of decimal places; docs/rule.md, T11 and T14.
"""

import re
from collections.abc import Sequence
from typing import Final

MAX_MINOR: Final = 2**63 - 1
MIN_MINOR: Final = -(2**63)

_PLAIN: Final = re.compile(r"(?P<sign>[+-]?)(?P<whole>[0-9]*)(?:\.(?P<rest>[0-9]*))?")
_LONGEST: Final = 40

_PLACES: Final[dict[str, int]] = {
    **dict.fromkeys(
        "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY"
        " COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS"
        " INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR"
        " MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD"
        " SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XCD XCG YER ZAR"
        " ZMW ZWG".split(),
        2,
    ),
    **dict.fromkeys("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF".split(), 0),
    **dict.fromkeys("BHD IQD JOD KWD LYD OMR TND".split(), 3),
}


class MoneyError(ValueError):
    """An amount or a currency that cannot be kept."""


class UnknownCurrency(MoneyError):
    """A currency is one of the ISO 4217 codes in circulation, in capitals."""

    def __init__(self, currency: str) -> None:
        self.currency = currency
        super().__init__(f"{currency!r} is not the code of a currency (ISO 4217, such as USD)")


class BadAmount(MoneyError):
    """An amount is a decimal number with no more places than its currency has, and fits 64 bits of minor units."""

    def __init__(self, text: str, rule: str) -> None:
        self.text, self.rule = text, rule
        super().__init__(f"{text!r} is not an amount: {rule}")


def exponent(currency: str) -> int:
    """How many decimal places the currency has: JPY 0, USD 2, KWD 3. Raises UnknownCurrency."""
    try:
        return _PLACES[currency]
    except KeyError:
        raise UnknownCurrency(currency) from None


def parse_minor(text: str, currency: str) -> int:
    """The minor units of a plain decimal such as "1234.5": digits, an optional sign, at most one point.

    Raises UnknownCurrency, or BadAmount for anything else, fractions of a minor unit and more than 64 bits.
    """
    places = exponent(currency)
    plain = _PLAIN.fullmatch(text) if len(text) <= _LONGEST else None
    whole, rest = (plain["whole"], plain["rest"] or "") if plain else ("", "")
    if plain is None or not whole + rest:
        raise BadAmount(text[: _LONGEST + 20], "write digits with at most one decimal point")
    if rest[places:].strip("0"):
        raise BadAmount(text, f"{currency} has {places} decimal places")
    minor = int(whole + rest[:places].ljust(places, "0") or "0")
    return fits(-minor if plain["sign"] == "-" else minor, text)


def format_minor(amount_minor: int, currency: str) -> str:
    """A plain decimal with all the places of the currency: -1234 USD is "-12.34", 5 JPY is "5"."""
    places = exponent(currency)
    if places == 0:
        return str(amount_minor)
    whole, rest = divmod(abs(amount_minor), 10**places)
    return f"{'-' if amount_minor < 0 else ''}{whole}.{rest:0{places}d}"


def fits(amount_minor: int, text: str | None = None) -> int:
    """The amount itself if 64 bits hold it. Raises BadAmount."""
    if MIN_MINOR <= amount_minor <= MAX_MINOR:
        return amount_minor
    raise BadAmount(text or str(amount_minor), "it does not fit 64 bits of minor units")


def round_half_even(numerator: int, denominator: int) -> int:
    """The whole number nearest to numerator / denominator, the even one of two equally near. denominator > 0."""
    whole, rest = divmod(numerator, denominator)
    if 2 * rest > denominator or (2 * rest == denominator and whole % 2 == 1):
        return whole + 1
    return whole


def portion(amount_minor: int, part: int, whole: int) -> int:
    """amount x part / whole, rounded half to even; all of it when part is whole, none when part is 0."""
    return round_half_even(amount_minor * part, whole) if whole > 0 else -round_half_even(amount_minor * part, -whole)


def split(amount_minor: int, weights: Sequence[int]) -> tuple[int, ...]:
    """Shares in proportion to the weights; the last takes the rounding, so they add up to the amount."""
    total = sum(weights)
    shares = [portion(amount_minor, weight, total) for weight in weights[:-1]]
    return (*shares, amount_minor - sum(shares))
