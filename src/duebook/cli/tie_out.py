"""`duebook tie-out`: whether aging plus unapplied money comes to what the control account shows, and if not, why.

Units: minor units of the base currency in JSON; decimals in tables.
Source: docs/howto/close-a-month.md; docs/rule.md, T17.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date
from pathlib import Path
from typing import Annotated, Final, Literal
from uuid import UUID

import msgspec
from cyclopts import Parameter

from duebook.aging.tieout import Suspect, Suspicion, TieDay, TieOut
from duebook.aging.tieout import tie_out as tie_out_of
from duebook.cli.asking import BusinessOption, KnownAtOption, moment_named
from duebook.cli.connection import USUAL, Where, opened, serving_url
from duebook.cli.exits import DONE, REFUSED, CommandRefused, UsageError
from duebook.cli.output import grouped, print_json, print_table, progress
from duebook.cli.partner import AsJson
from duebook.cli.table_files import DateFormatOption, DecimalMarkOption, refuse_file
from duebook.cli.words import KINDS, PARTY
from duebook.importers.amounts import DecimalMark
from duebook.importers.balances import read_balances
from duebook.importers.dates import DateFormat
from duebook.importers.rows import Problem
from duebook.importers.sheet import bytes_of
from duebook.ledger import history
from duebook.ledger.facts import Books, Side
from duebook.money import BadAmount, parse_minor
from duebook.tenancy.businesses import business as business_of
from duebook.tenancy.facts import OPERATOR, BusinessId
from duebook.tenancy.gate import read_tx

_WHY: Final = {
    Suspicion.RECORDED_LATE: "recorded late",
    Suspicion.UNDONE_SINCE: "void since",
    Suspicion.BEFORE_ITS_CHARGE: "before its charge",
    Suspicion.FOREIGN_CURRENCY: "foreign currency",
}


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """The JSON body."""

    business_id: UUID
    side: Side
    base_currency: str
    basis: Literal["base"] = "base"
    credits: Literal["column"] = "column"
    time_zone: str
    books_start_on: date | None
    closed_through: date | None
    ties_out: bool
    days: tuple[TieDay, ...]
    tied_on: date | None
    first_on: date | None
    suspects: tuple[Suspect, ...]


def tie_out(
    side: Side,
    /,
    *,
    business: BusinessOption,
    balance: Annotated[
        str | None, Parameter(help="What the control account shows, in base currency, such as 1234.50: above zero.")
    ] = None,
    on: Annotated[date | None, Parameter(help="The day at whose end it shows that.")] = None,
    balances: Annotated[
        Path | None, Parameter(help="A CSV file of days and balances instead, to find the first day that differs.")
    ] = None,
    known_at: KnownAtOption = None,
    date_format: DateFormatOption = None,
    decimal_mark: DecimalMarkOption = None,
    as_json: AsJson = False,
    where: Where = USUAL,
) -> int:
    """Compare the control account with aging plus unapplied money; the exit code is 1 if they differ.

    Parameters
    ----------
    side
        What customers owe, or what vendors are owed.
    """
    given = _given(balance, on, balances)
    moment = None if known_at is None else moment_named(known_at)

    async def run(url: str) -> Told | Sequence[Problem]:
        async with opened(url) as database:
            currency = (await business_of(database, None, BusinessId(business))).base_currency
            found, problems = _read(given, currency, date_format, decimal_mark)
            if problems:
                return problems
            async with read_tx(database, OPERATOR, BusinessId(business)) as tx:
                tied = await tie_out_of(tx, side, found, moment)
                return _told(tied, await history.books(tx, max(day.known_at for day in tied.days)))

    with serving_url(where) as url, progress("Tying out"):
        told = asyncio.run(run(url))
    if not isinstance(told, Told):
        refuse_file(balances, told, "nothing is compared", as_json)
        return REFUSED
    if as_json:
        print_json(told)
    else:
        _print(told)
    return DONE if told.ties_out else REFUSED


def _given(balance: str | None, on: date | None, balances: Path | None) -> Path | tuple[date, str]:
    """A file, or a day with its balance. Raises UsageError."""
    if balances is not None and balance is None and on is None:
        return balances
    if balances is None and balance is not None and on is not None:
        return on, balance
    raise UsageError("give either --balance and --on, or --balances")


def _read(
    given: Path | tuple[date, str], currency: str, date_format: DateFormat | None, decimal_mark: DecimalMark | None
) -> tuple[Sequence[tuple[date, int]], Sequence[Problem]]:
    """Days and balances, or what is wrong with their file. Raises UsageError, CommandRefused, ImportRefused."""
    if isinstance(given, tuple):
        on, text = given
        try:
            return [(on, parse_minor(text, currency))], ()
        except BadAmount as error:
            raise UsageError(f"--balance: {error}") from None
    found, problems = read_balances(
        bytes_of(given), currency=currency, date_format=date_format, decimal_mark=decimal_mark, name=str(given)
    )
    if not found and not problems:
        raise CommandRefused(f"{given} has no balance in it")
    return found, problems


def _told(found: TieOut, books: Books) -> Told:
    return Told(
        business_id=found.business_id,
        side=found.side,
        base_currency=found.base_currency,
        time_zone=found.zone,
        books_start_on=books.starts_on,
        closed_through=books.closed_through,
        ties_out=found.first_on is None,
        days=found.days,
        tied_on=found.tied_on,
        first_on=found.first_on,
        suspects=tuple(replace(one, recorded_at=one.recorded_at.astimezone(UTC)) for one in found.suspects),
    )


def _print(told: Told) -> None:
    currency = told.base_currency
    print(f"{told.side.capitalize()} against its control account")
    print(
        f"Base currency {currency} at booked rates; unapplied payments and credits in a column of their own; "
        f"time zone {told.time_zone}"
    )
    if told.books_start_on and told.days[0].on < told.books_start_on:
        print(f"The books start later, on {told.books_start_on}: nothing before that day is in them")
    print()
    headers = ("day", "known at version", "control account", "aging", "unapplied", "total", "difference")
    days = [
        (
            str(day.on),
            str(day.known_at),
            *(
                grouped(minor, currency)
                for minor in (
                    day.control_minor,
                    day.charges_minor,
                    day.unapplied_minor,
                    day.total_minor,
                    day.difference_minor,
                )
            ),
        )
        for day in told.days
    ]
    print_table(headers, days, numbers=range(1, 7))
    for day in told.days:
        if day.beside_minor:
            print(
                f"Beside, by {day.on}: {grouped(day.beside_minor, currency)} {currency} that payments sent straight to "
                "other accounts; it is in none of the sums"
            )
    print()
    print(_verdict(told))
    if told.suspects:
        print()
        _print_suspects(told)


def _verdict(told: Told) -> str:
    if told.first_on is None:
        return "Ties out."
    first = next(day for day in told.days if day.on == told.first_on)
    before = f"; on {told.tied_on} it still tied out" if told.tied_on else ""
    difference = f"{grouped(first.difference_minor, told.base_currency)} {told.base_currency}"
    where = "No document in the books stands out." if not told.suspects else "What may be behind it:"
    return f"A difference of {difference} first appears on {first.on}{before}. {where}"


def _print_suspects(told: Told) -> None:
    base = told.base_currency
    headers = ("why", PARTY[told.side], "document", "number", "date", "recorded", "amount", "in base", "exchange", "")
    rows = [
        (
            _WHY[one.suspicion],
            one.party_name,
            KINDS[told.side, one.kind],
            one.number or "",
            str(one.issued_on),
            f"{one.recorded_at:%Y-%m-%d}",
            f"{grouped(one.amount_minor, one.currency)} {one.currency}",
            f"{grouped(one.base_minor, base)} {base}",
            grouped(one.exchange_minor, base),
            "equals the difference" if one.equals_difference else "",
        )
        for one in told.suspects
    ]
    print_table(headers, rows, numbers=(6, 7, 8))
