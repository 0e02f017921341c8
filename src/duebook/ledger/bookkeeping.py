"""Say what a foreign unit is worth, where the books begin, and how far they are closed (T11, T16, T18).

Source: docs/rule.md, T11, T16, T18.
"""

from dataclasses import replace
from datetime import date
from decimal import Decimal

from duebook.ledger import errors
from duebook.ledger.commands import CloseBooks, PutRates, StartBooks
from duebook.ledger.working import Working


def put_rates(working: Working, command: PutRates) -> None:
    """Add rates, or correct those of the same currency and day."""
    for rate in command.rates:
        if rate.currency == working.base_currency or not (rate.rate.is_finite() and rate.rate > 0):
            raise errors.BadRate(rate.currency, rate.quoted_on, rate.rate, working.base_currency)
        plain = replace(rate, rate=Decimal(format(rate.rate, "f")))
        known = working.rates.quoted(rate.currency, rate.quoted_on)
        if known != plain:
            working.rates.put(plain)
            working.changes.rates.append(plain)


def start(working: Working, command: StartBooks) -> None:
    """Keep the books from a day on; nothing in them may have taken effect before it."""
    books, first_on = working.books, working.first_counting()
    opened = books.starts_on is not None and first_on is not None
    if command.on != books.starts_on:
        if first_on is not None and (first_on < command.on or opened):
            raise errors.BooksHaveBegun(command.on, first_on)
        working.keep_books(replace(books, starts_on=command.on))


def close(working: Working, command: CloseBooks) -> None:
    """Close the books through a day, or open them again after an earlier one."""
    if command.through_on == date.max:
        raise errors.ClosedForGood(command.through_on)
    books = replace(working.books, closed_through=command.through_on, late=command.late)
    if books != working.books:
        working.keep_books(books)
