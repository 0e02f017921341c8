"""Due dates from terms, month ends, and the calendar day of an instant. Takes dates, never asks the clock.

Units: dates are calendar days; days late are whole days, negative before the due date.
Holds: a day, once worked out, does not depend on the hour or on the machine's time zone.
Source: docs/rule.md, T1 and T4.
"""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Terms:
    """When a charge falls due if it does not say: so many days after its day, or after the end of that month."""

    net_days: int
    end_of_month: bool = False

    def due_on(self, charged_on: date) -> date:
        """The due date of a charge of that day. Raises OverflowError past the year 9999."""
        start = month_end(charged_on) if self.end_of_month else charged_on
        return start + timedelta(days=self.net_days)


def month_end(day: date) -> date:
    """The last day of the month that the day lies in."""
    return day.replace(day=monthrange(day.year, day.month)[1])


def days_late(due_on: date, as_of: date) -> int:
    """Whole calendar days from the due date to the as-of date; 0 or less is not late (T1)."""
    return (as_of - due_on).days


def day_of(stamp: date | datetime, zone: ZoneInfo) -> date:
    """The calendar day that a date or an instant stands for (T1).

    A bare date is itself; a stamp at exactly midnight in its own offset is that date; a stamp without an offset is
    read in the zone; any other instant is the day it falls on in the zone. Raises OverflowError outside the years 1 to
    9999.
    """
    if not isinstance(stamp, datetime):
        return stamp
    if stamp.tzinfo is None or stamp.time() == time(0):
        return stamp.date()
    return stamp.astimezone(zone).date()
