"""The oracle's small rules on what a document may say: its amounts, its days, its parts, its due dates.

Units: minor units; days are calendar days.
Holds: it shares no code with the ledger. What is wrong is a set of reasons; empty if nothing is.
"""

from calendar import monthrange
from collections.abc import Sequence
from datetime import date

from tests.oracle.said import BASE_CURRENCY, Part
from tests.oracle.slips import BIGGEST, Facts


def booked(facts: Facts, amount: int, currency: str, base: int | None, day: date) -> tuple[int, set[str]]:
    """The base amount of a document, and what is wrong with its amounts (T11, T14)."""
    if currency == BASE_CURRENCY:
        base = amount
    elif base is None:
        base = facts.worth(amount, currency, BASE_CURRENCY, day)
    reasons = set()
    if base is None:
        reasons.add("no rate")
    if amount < 0 or (base or 0) < 0:
        reasons.add("negative")
    if max(amount, base or 0) > BIGGEST:
        reasons.add("too large")
    return base or 0, reasons


def opening_reasons(facts: Facts, day: date, opening: bool) -> set[str]:
    """Whether a document of that day fits where the books begin (T18)."""
    if opening and (facts.starts is None or day > facts.starts):
        return {"no start"}
    if not opening and facts.starts is not None and day < facts.starts:
        return {"starts later"}
    return set()


def return_reasons(status: str, returned: date | None, paid: date) -> set[str]:
    """Whether a status and a day of return go together (T9)."""
    reasons = set()
    if (status == "returned") != (returned is not None):
        reasons.add("return day")
    if returned is not None and returned < paid:
        reasons.add("returned too early")
    return reasons


def part_reasons(parts: Sequence[Part], amount: int) -> set[str]:
    """Whether the parts of a charge are its amount, in order of due date (T6)."""
    in_order = [part.due for part in parts] == sorted(part.due for part in parts)
    fit = in_order and all(part.amount > 0 for part in parts) and sum(part.amount for part in parts) == amount
    return set() if fit or not parts else {"parts"}


def due_dates(
    on: date, amount: int, parts: tuple[Part, ...], due: date | None, terms: tuple[int, bool] | None
) -> tuple[tuple[Part, ...], str, tuple[int, bool] | None]:
    """The parts of a charge, where their due dates came from, and by which terms; none past the calendar's end."""
    if parts:
        return parts, "given", None
    if due is not None:
        return (Part(due, amount),), "given", None
    found = due_date(on, terms)
    source = "issue_date" if terms is None else "terms"
    return () if found is None else (Part(found, amount),), source, terms


def due_date(on: date, terms: tuple[int, bool] | None) -> date | None:
    """The due date by terms (T4), else the charge's day; None past the calendar's end."""
    if terms is None:
        return on
    net_days, end_of_month = terms
    start = on.replace(day=monthrange(on.year, on.month)[1]) if end_of_month else on
    if not 1 <= start.toordinal() + net_days <= date.max.toordinal():
        return None
    return date.fromordinal(start.toordinal() + net_days)
