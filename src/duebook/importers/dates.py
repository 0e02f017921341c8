"""Read a column of dates, whose format is decided for the column as a whole.

Units: dates are calendar days.
Holds: every value of a column is read in one format; a day is never taken for a month on a guess.
Source: docs/howto/import-csv.md, "Dates"; docs/rule.md, T1.
"""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Final, Literal
from zoneinfo import ZoneInfo

from duebook.days import day_of

DateFormat = Literal["mdy", "dmy"]

_BLANK: Final = frozenset({"", "null", "none", "nan", "nat", "n/a", "#n/a"})
_YEARS: Final = range(1900, 2200)

_YEAR_FIRST: Final = re.compile(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})", re.ASCII)
_DIGITS: Final = re.compile(r"(\d{4})(\d{2})(\d{2})(?:\.0)?", re.ASCII)
_YEAR_LAST: Final = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4})", re.ASCII)
_STAMP: Final = re.compile(
    r"(?P<day>[\d/.-]+)"
    r"(?:(?:T|\s+)(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,](?P<fraction>\d{1,9}))?)?"
    r"\s*(?P<half>[AaPp][Mm])?\s*(?P<offset>Z|UTC|GMT|[+-]\d{2}:?\d{2}|[+-]\d{2})?)?",
    re.ASCII,
)


class BadDate(ValueError):
    """A value is a day of the calendar, written like the rest of its column."""


@dataclass(frozen=True, slots=True)
class DateColumn:
    """How the dates of a column are written: which part comes where, and what stands between the parts."""

    order: Literal["ymd", "mdy", "dmy"]
    separator: str

    def __str__(self) -> str:
        if self.order == "ymd":
            return self.separator.join(("YYYY", "MM", "DD"))
        return self.separator.join(("M", "D", "YYYY") if self.order == "mdy" else ("D", "M", "YYYY"))

    def read(self, text: str, zone: ZoneInfo) -> date | None:
        """The day, or None if the value is blank; an instant with an offset is its day in the zone. Raises BadDate."""
        if is_blank(text):
            return None
        stamp = _STAMP.fullmatch(text)
        numbers = self._numbers(stamp["day"]) if stamp else None
        if stamp is None or numbers is None:
            raise BadDate(f"is not a date written as {self}, like the rest of the column")
        if numbers[0] not in _YEARS:
            raise BadDate(f"is not in the years {_YEARS.start} to {_YEARS.stop - 1}")
        try:
            day = date(*numbers)
        except ValueError:
            raise BadDate(f"does not exist in the calendar (read as {self})") from None
        if stamp["offset"] is None:
            return day
        try:
            return day_of(datetime.combine(day, _time_of_day(stamp), _offset(stamp["offset"])), zone)
        except ValueError:
            raise BadDate("has a time of day that does not exist") from None

    def _numbers(self, text: str) -> tuple[int, int, int] | None:
        """Year, month and day as written, if the value has this column's shape."""
        if self.order == "ymd":
            found = _YEAR_FIRST.fullmatch(text) if self.separator else None
            digits = None if self.separator else _DIGITS.fullmatch(text)
            if found:
                return int(found[1]), int(found[3]), int(found[4])
            return (int(digits[1]), int(digits[2]), int(digits[3])) if digits else None
        found = _YEAR_LAST.fullmatch(text)
        if found is None:
            return None
        first, second, year = int(found[1]), int(found[3]), int(found[4])
        return (year, first, second) if self.order == "mdy" else (year, second, first)


def is_blank(text: str) -> bool:
    """Whether the value stands for no date at all."""
    return text.casefold() in _BLANK


def decide(values: Mapping[str, int], wanted: DateFormat | None = None) -> DateColumn | None:
    """How a column is written, from its values and how often each occurs: as most of them are.

    `wanted` says whether day or month comes first where the year comes last. None: nothing says which.
    """
    written: Counter[tuple[str, str]] = Counter()
    firsts: Counter[DateFormat] = Counter()
    for text, count in values.items():
        stamp = _STAMP.fullmatch(text)
        if stamp is None:
            continue
        if found := _YEAR_LAST.fullmatch(stamp["day"]):
            written["year last", found[2]] += count
            first, second = int(found[1]), int(found[3])
            if first > 12 >= second:
                firsts["dmy"] += count
            elif second > 12 >= first:
                firsts["mdy"] += count
        elif found := _YEAR_FIRST.fullmatch(stamp["day"]):
            written["year first", found[2]] += count
        elif _DIGITS.fullmatch(stamp["day"]):
            written["year first", ""] += count
    if not written:
        return DateColumn("ymd", "-")
    [((shape, separator), _)] = written.most_common(1)
    if shape == "year first":
        return DateColumn("ymd", separator)
    if wanted is not None:
        return DateColumn(wanted, separator)
    if firsts["dmy"] != firsts["mdy"]:
        return DateColumn("dmy" if firsts["dmy"] > firsts["mdy"] else "mdy", separator)
    # Nobody who writes points between the numbers puts the month first.
    return DateColumn("dmy", separator) if separator == "." else None


def _time_of_day(stamp: re.Match[str]) -> time:
    """The time written in the stamp. Raises ValueError if the clock never shows it."""
    hour = int(stamp["hour"])
    if stamp["half"]:
        if not 1 <= hour <= 12:
            raise ValueError(hour)
        hour = hour % 12 + (12 if stamp["half"].casefold() == "pm" else 0)
    microsecond = int((stamp["fraction"] or "0").ljust(6, "0")[:6])
    return time(hour, int(stamp["minute"]), int(stamp["second"] or 0), microsecond)


def _offset(text: str) -> timezone:
    if text in ("Z", "UTC", "GMT"):
        return UTC
    hours, minutes = int(text[1:3]), int(text[-2:]) if len(text) > 3 else 0
    distance = timedelta(hours=hours, minutes=minutes)
    return timezone(-distance if text[0] == "-" else distance)
