"""What one currency was worth in another on a day, by the rates a business has quoted (T11).

Units: minor units of the currency named; a rate is base currency for one unit.
Source: docs/rule.md, T11.
"""

from bisect import bisect_right
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from fractions import Fraction

from duebook.ledger.facts import Rate
from duebook.money import exponent, round_half_even


class Rates:
    """The quoted rates of a business; the rate of a day is the latest quoted on or before it."""

    def __init__(self, base_currency: str, quoted: Iterable[Rate] = ()) -> None:
        self.base_currency = base_currency
        self._quoted: dict[str, dict[date, Decimal]] = {}
        for rate in quoted:
            self.put(rate)

    def put(self, rate: Rate) -> None:
        """Add a rate, or replace the one quoted for the same currency and day."""
        self._quoted.setdefault(rate.currency, {})[rate.quoted_on] = rate.rate

    def quoted(self, currency: str, on: date) -> Rate | None:
        """The quote in force on a day, if there is one; the base currency's is always 1."""
        if currency == self.base_currency:
            return Rate(currency, on, Decimal(1))
        days = sorted(self._quoted.get(currency, ()))
        place = bisect_right(days, on)
        return Rate(currency, days[place - 1], self._quoted[currency][days[place - 1]]) if place else None

    def converted(self, amount_minor: int, currency: str, into: str, on: date) -> int | None:
        """The amount in the other currency, rounded half to even; None without a rate. Raises UnknownCurrency."""
        if currency == into:
            return amount_minor
        given, wanted = self.quoted(currency, on), self.quoted(into, on)
        if given is None or wanted is None:
            return None
        scale = Fraction(10) ** (exponent(into) - exponent(currency))
        exact = amount_minor * Fraction(given.rate) / Fraction(wanted.rate) * scale
        return round_half_even(exact.numerator, exact.denominator)
