"""`duebook rates`: record and list what a unit of a foreign currency is worth.

Source: docs/howto/import-csv.md, "Rates and balances"; docs/rule.md, T11.
"""

import asyncio
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Annotated, Final
from uuid import UUID

import msgspec
from cyclopts import App, Parameter

from duebook.aging.question import moment_of
from duebook.cli.asking import BusinessOption, version_or_instant
from duebook.cli.connection import USUAL, Where, opened, serving_url
from duebook.cli.exits import DONE, REFUSED
from duebook.cli.output import print_json, print_table
from duebook.cli.partner import AsJson
from duebook.cli.reading import counted
from duebook.cli.table_files import DateFormatOption, refuse_file
from duebook.importers.rates import read_rates
from duebook.importers.rows import Problem
from duebook.importers.sheet import bytes_of
from duebook.ledger import history
from duebook.ledger.commands import PutRates
from duebook.ledger.facts import Rate
from duebook.ledger.store import record
from duebook.tenancy.actors import operator
from duebook.tenancy.businesses import business as business_of
from duebook.tenancy.facts import OPERATOR, BusinessId
from duebook.tenancy.gate import read_tx, write_tx

_PAGE: Final = 1_000

rates = App(name="rates", help="What one unit of a foreign currency is worth in base currency, day by day.")


class Imported(msgspec.Struct, frozen=True, kw_only=True):
    """The JSON body of an import. The version is null if all of it was there before."""

    business_id: UUID
    rates: int
    version: int | None


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """The JSON body of a list."""

    business_id: UUID
    base_currency: str
    known_at: int
    rates: tuple[Rate, ...]


@rates.command(name="import")
def import_rates(
    file: Path,
    /,
    *,
    business: BusinessOption,
    date_format: DateFormatOption = None,
    as_json: AsJson = False,
    where: Where = USUAL,
) -> int:
    """Record a CSV file of rates, all of it or nothing, as one version. A rate of the same day is corrected.

    Parameters
    ----------
    file
        A CSV file with a currency, a day and a rate in each line, plain or gzipped.
    """

    async def run(url: str) -> Imported | Sequence[Problem]:
        async with opened(url) as database:
            base_currency = (await business_of(database, None, BusinessId(business))).base_currency
            found, problems = read_rates(
                bytes_of(file), base_currency=base_currency, date_format=date_format, name=str(file)
            )
            if problems:
                return problems
            async with write_tx(database, operator("rates import"), BusinessId(business), "put_rates") as tx:
                await record(tx, [PutRates(found)])
                version, _ = await history.head(tx)
                new = version if version > tx.version else None
                return Imported(business_id=business, rates=len(found), version=new)

    with serving_url(where) as url:
        outcome = asyncio.run(run(url))
    if not isinstance(outcome, Imported):
        refuse_file(file, outcome, "nothing is recorded", as_json)
        return REFUSED
    if as_json:
        print_json(outcome)
    else:
        print(f"Read {counted(outcome.rates, 'rate')}.")
        print("Nothing new." if outcome.version is None else f"Recorded as version {outcome.version}.")
    return DONE


@rates.command(name="list")
def list_rates(
    *,
    business: BusinessOption,
    currency: Annotated[str | None, Parameter(help="Only those of this currency.")] = None,
    known_at: Annotated[
        str | None, Parameter(help="As known then: a version, or an instant such as 2026-01-31T18:00:00Z.")
    ] = None,
    as_json: AsJson = False,
    where: Where = USUAL,
) -> None:
    """List the rates, by currency and day. A rate is in force until the next one of its currency."""
    moment = None if known_at is None else version_or_instant(known_at)

    async def run(url: str) -> Listed:
        async with opened(url) as database, read_tx(database, OPERATOR, BusinessId(business)) as tx:
            version = (await moment_of(tx, None, moment)).known_at
            found: list[Rate] = []
            after = ("", date.min)
            while page := await history.rates(tx, version, currency.upper() if currency else None, after, _PAGE):
                found += page
                after = (page[-1].currency, page[-1].quoted_on)
            return Listed(
                business_id=business, base_currency=tx.business.base_currency, known_at=version, rates=tuple(found)
            )

    with serving_url(where) as url:
        listed = asyncio.run(run(url))
    if as_json:
        print_json(listed)
    else:
        rows = [(one.currency, str(one.quoted_on), f"{one.rate:f} {listed.base_currency}") for one in listed.rates]
        print_table(("currency", "from", "rate"), rows, numbers=(2,))
