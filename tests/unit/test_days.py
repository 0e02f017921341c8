"""Days late, due dates from terms, and the calendar day of an instant (T1, T4)."""

from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from duebook.days import Terms, day_of, days_late, month_end

DUE = date(2025, 3, 31)


@pytest.mark.parametrize("late", [-1, 0, 1, 30, 31, 60, 61, 89, 90, 91, 365])
def test_days_late_are_whole_calendar_days(late: int) -> None:
    """Given an item due on a date, when so many days have passed since, then it is that many days late."""
    assert days_late(DUE, DUE + timedelta(days=late)) == late


@pytest.mark.parametrize(
    ("due_on", "as_of", "late"),
    [
        ("2024-02-28", "2024-02-29", 1),
        ("2024-02-28", "2024-03-01", 2),
        ("2023-02-28", "2023-03-01", 1),
        ("2024-02-29", "2025-02-28", 365),
        ("2024-02-29", "2025-03-01", 366),
        ("2024-01-31", "2024-03-31", 60),
        ("2023-01-31", "2023-03-31", 59),
        ("1900-02-28", "1900-03-01", 1),
        ("2000-02-28", "2000-03-01", 2),
        ("2025-01-31", "2025-02-28", 28),
        ("2025-12-31", "2026-01-01", 1),
        ("2025-03-29", "2025-03-31", 2),  # the clocks go forward in Europe between the two
        ("0001-01-01", "9999-12-31", 3652058),
    ],
)
def test_days_late_over_leap_days_and_month_ends(due_on: str, as_of: str, late: int) -> None:
    """Given two dates around a leap day or a month's end, when counted, then the calendar decides."""
    assert days_late(date.fromisoformat(due_on), date.fromisoformat(as_of)) == late


@pytest.mark.parametrize(
    ("day", "end"),
    [
        ("2024-02-01", "2024-02-29"),
        ("2023-02-01", "2023-02-28"),
        ("1900-02-10", "1900-02-28"),
        ("2025-04-30", "2025-04-30"),
        ("9999-12-01", "9999-12-31"),
    ],
)
def test_the_end_of_a_month(day: str, end: str) -> None:
    """Given a day, when its month's end is asked for, then it is the last day of that month in that year."""
    assert month_end(date.fromisoformat(day)) == date.fromisoformat(end)


@pytest.mark.parametrize(
    ("terms", "charged_on", "due_on"),
    [
        (Terms(0), "2025-03-31", "2025-03-31"),
        (Terms(30), "2025-01-31", "2025-03-02"),
        (Terms(30), "2024-01-31", "2024-03-01"),
        (Terms(0, end_of_month=True), "2024-02-01", "2024-02-29"),
        (Terms(30, end_of_month=True), "2025-01-01", "2025-03-02"),
        (Terms(10, end_of_month=True), "2025-12-31", "2026-01-10"),
        (Terms(-5), "2025-03-03", "2025-02-26"),
    ],
)
def test_terms_give_a_due_date(terms: Terms, charged_on: str, due_on: str) -> None:
    """Given terms, when a charge of a day has no due date, then days are counted from it or from its month's end."""
    assert terms.due_on(date.fromisoformat(charged_on)) == date.fromisoformat(due_on)


@pytest.mark.parametrize(("terms", "charged_on"), [(Terms(1), date.max), (Terms(-1), date.min), (Terms(10**10), DUE)])
def test_terms_that_leave_the_calendar(terms: Terms, charged_on: date) -> None:
    """Given terms that lead out of the years 1 to 9999, when applied, then they overflow."""
    with pytest.raises(OverflowError):
        terms.due_on(charged_on)


NEW_YORK, TOKYO, KIRITIMATI, UTC_ZONE = map(ZoneInfo, ("America/New_York", "Asia/Tokyo", "Pacific/Kiritimati", "UTC"))


@pytest.mark.parametrize("zone", [NEW_YORK, TOKYO, KIRITIMATI, UTC_ZONE], ids=str)
@pytest.mark.parametrize(
    ("stamp", "day"),
    [
        (date(2025, 3, 31), date(2025, 3, 31)),
        (datetime(2025, 3, 31, 0, 0, tzinfo=UTC), date(2025, 3, 31)),
        (datetime(2025, 3, 31, 0, 0, tzinfo=timezone(timedelta(hours=14))), date(2025, 3, 31)),
        (datetime(2025, 3, 31, 0, 0, tzinfo=timezone(-timedelta(hours=11, minutes=30))), date(2025, 3, 31)),
        (datetime(2025, 3, 31, 0, 0), date(2025, 3, 31)),  # noqa: DTZ001 - a stamp without an offset
        (datetime(2025, 3, 31, 23, 59, 59), date(2025, 3, 31)),  # noqa: DTZ001 - the same
    ],
)
def test_dates_and_midnights_are_themselves(stamp: date, day: date, zone: ZoneInfo) -> None:
    """Given a date, a midnight in its own offset or a stamp without one, when placed, then no zone moves it."""
    assert day_of(stamp, zone) == day


@pytest.mark.parametrize(
    ("stamp", "zone", "day"),
    [
        ("2025-03-31T03:59:59+00:00", NEW_YORK, "2025-03-30"),
        ("2025-03-31T04:00:00+00:00", NEW_YORK, "2025-03-31"),
        ("2025-03-31T00:00:00.000001+00:00", NEW_YORK, "2025-03-30"),
        ("2025-03-31T14:59:59.999999+00:00", TOKYO, "2025-03-31"),
        ("2025-03-31T15:00:00+00:00", TOKYO, "2025-04-01"),
        ("2025-03-31T00:00:01+14:00", UTC_ZONE, "2025-03-30"),
        ("2025-03-31T23:00:00-11:00", UTC_ZONE, "2025-04-01"),
        ("2025-03-31T10:00:00+00:00", KIRITIMATI, "2025-04-01"),
        ("2025-03-09T06:59:59+00:00", NEW_YORK, "2025-03-09"),  # the night in which clocks go forward
        ("2025-11-02T04:30:00+00:00", NEW_YORK, "2025-11-02"),  # and back
        ("2025-11-02T03:30:00+00:00", NEW_YORK, "2025-11-01"),
    ],
)
def test_an_instant_falls_on_the_day_where_the_business_is(stamp: str, zone: ZoneInfo, day: str) -> None:
    """Given an instant near midnight, when placed, then it is the day that the wall clock of the zone shows."""
    assert day_of(datetime.fromisoformat(stamp), zone) == date.fromisoformat(day)


@pytest.mark.parametrize(
    ("stamp", "zone"),
    [
        (datetime(1, 1, 1, 0, 30, tzinfo=UTC), NEW_YORK),
        (datetime(9999, 12, 31, 23, 30, tzinfo=UTC), TOKYO),
    ],
)
def test_an_instant_outside_the_calendar(stamp: datetime, zone: ZoneInfo) -> None:
    """Given an instant that has no date in the zone, when placed, then it overflows."""
    with pytest.raises(OverflowError):
        day_of(stamp, zone)


@given(st.datetimes(datetime(1902, 1, 2), datetime(9999, 12, 30)), st.sampled_from([NEW_YORK, TOKYO, KIRITIMATI]))  # noqa: DTZ001 - bounds are naive
def test_any_instant_is_within_a_day_of_its_date_in_utc(naive: datetime, zone: ZoneInfo) -> None:
    """An instant's day is the one before, the same or the one after, by the zone's offset at that instant."""
    stamp = naive.replace(tzinfo=UTC)
    offset = stamp.astimezone(zone).utcoffset() or timedelta(0)
    expected = naive.date() if naive.time().isoformat() == "00:00:00" else (naive + offset).date()
    assert day_of(stamp, zone) == expected
