"""Read a column of amounts, whose decimal mark is decided for the column as a whole.

Units: amounts come out in minor units (int) of the currency of their row.
Holds: every value of a column is read with one decimal mark; no digit is dropped, no fraction rounded.
Source: docs/howto/import-csv.md, "Amounts".
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

from duebook.money import BadAmount, parse_minor

DecimalMark = Literal[".", ","]

_SIGNS: Final = {
    "$": frozenset("USD CAD AUD NZD SGD HKD TWD MXN CLP COP ARS".split()),
    "€": frozenset({"EUR"}),
    "£": frozenset({"GBP"}),
    "¥": frozenset({"JPY", "CNY"}),
    "₹": frozenset({"INR"}),
}
_UNIT: Final = r"[A-Za-z]{3}|[$€£¥₹]"
_WRITTEN: Final = re.compile(rf"([-+]?)\s*({_UNIT})?\s*([-+]?)\s*([0-9.,](?:[0-9.,'’\s]*[0-9])?)\s*({_UNIT})?\s*(-?)")


def _number(mark: str, other: str) -> re.Pattern[str]:
    """Digits, plain or grouped in threes (the last three alone in India), with decimals after the mark."""
    thirds = rf"[1-9][0-9]{{0,2}}([{other}'’\s])[0-9]{{3}}(?:\1[0-9]{{3}})*"
    indian = rf"[1-9][0-9]?(?:[{other}][0-9]{{2}})+[{other}][0-9]{{3}}"
    return re.compile(rf"(?:{thirds}|{indian}|[0-9]+)(?:[{mark}][0-9]+)?|[{mark}][0-9]+")


_NUMBERS: Final[dict[DecimalMark, re.Pattern[str]]] = {".": _number(".", ","), ",": _number(",", ".")}
_BETWEEN: Final[dict[DecimalMark, re.Pattern[str]]] = {".": re.compile("[^0-9.]+"), ",": re.compile("[^0-9,]+")}
_LOOKS: Final[dict[DecimalMark, str]] = {".": "1,234.56", ",": "1.234,56"}


class BadColumnAmount(ValueError):
    """A value is an amount of its row's currency, written like the rest of its column."""


class _Written(NamedTuple):
    negative: bool
    unit: str | None
    number: str


@dataclass(frozen=True, slots=True)
class AmountColumn:
    """How the amounts of a column are written."""

    mark: DecimalMark

    def __str__(self) -> str:
        return _LOOKS[self.mark]

    def read(self, text: str, currency: str) -> int:
        """The amount in minor units. Raises BadColumnAmount."""
        written = _written(text)
        if written is None:
            raise BadColumnAmount("is not an amount")
        if _NUMBERS[self.mark].fullmatch(written.number) is None:
            raise BadColumnAmount(f"is not an amount written as {self}, like the rest of the column")
        if written.unit is not None and currency not in _SIGNS.get(written.unit, {written.unit.upper()}):
            raise BadColumnAmount(f"is not in {currency}, the currency of its row")
        try:
            amount_minor = parse_minor(_BETWEEN[self.mark].sub("", written.number).replace(",", "."), currency)
        except BadAmount as error:
            raise BadColumnAmount(f"is not an amount of {currency}: {error.rule}") from None
        return -amount_minor if written.negative else amount_minor


def decide(values: Mapping[str, int], most_places: int) -> AmountColumn | None:
    """How a column is written, from its values and how often each occurs: as most of them are.

    `most_places` are the most decimal places that a currency of the file has. None: nothing tells whether a mark
    stands before decimals or between thousands.
    """
    only: dict[DecimalMark, int] = {".": 0, ",": 0}
    open_marks: set[str] = set()
    for text, count in values.items():
        written = _written(text)
        if written is None:
            continue
        fits = [mark for mark, number in _NUMBERS.items() if number.fullmatch(written.number)]
        if len(fits) == 1:
            only[fits[0]] += count
        elif fits:
            open_marks.update(each for each in written.number if each in ".,")
    if only["."] != only[","]:
        return AmountColumn("." if only["."] > only[","] else ",")
    if not open_marks or (open_marks == {","} and most_places < 3):
        return AmountColumn(".")
    return None


def _written(text: str) -> _Written | None:
    """Sign, currency and number of an amount as people write it; brackets and a minus behind it are negative."""
    body = text.replace("−", "-").strip()
    bracketed = body.startswith("(") and body.endswith(")")
    found = _WRITTEN.fullmatch(body[1:-1].strip() if bracketed else body)
    if found is None:
        return None
    signs = [sign for sign in (found[1], found[3], found[6]) if sign] + ["-"] * bracketed
    units = [unit for unit in (found[2], found[5]) if unit]
    if len(signs) > 1 or len(units) > 1:
        return None
    return _Written("-" in signs, units[0] if units else None, found[4])
