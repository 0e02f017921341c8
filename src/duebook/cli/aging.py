"""`duebook aging`: what is open on a day, by customer or vendor and band, from the books or from a file.

Source: docs/howto/command-line.md, "Aging".
"""

import asyncio
import re
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from cyclopts import Parameter

from duebook.aging.bands import Bands
from duebook.aging.report import AgingQuery, AgingReport, Basis, Credits, version_at
from duebook.aging.report import aging as report_of
from duebook.cli.aging_file import FileQuery, aging_of_file
from duebook.cli.connection import USUAL, Where, opened, serving_url
from duebook.cli.exits import DONE, REFUSED, UsageError
from duebook.cli.output import print_json, progress, remark
from duebook.cli.reading import USUAL_READING, Reading, problems_body, read, remark_problems, telling_unused
from duebook.cli.report import Format, Report, of_books, print_report
from duebook.ledger.facts import Side
from duebook.money import exponent
from duebook.tenancy.facts import OPERATOR, BusinessId
from duebook.tenancy.gate import read_tx

_VERSION: Final = re.compile(r"\d{1,18}", re.ASCII)
_EDGE: Final = re.compile(r"-?\d{1,7}", re.ASCII)
_FILE_CURRENCY: Final = "USD"


def aging(
    side: Side,
    /,
    *,
    business: Annotated[UUID | None, Parameter(help="The id of the business whose books are aged.")] = None,
    file: Annotated[Path | None, Parameter(help="A CSV file to age instead; no database is needed.")] = None,
    as_of: Annotated[date | None, Parameter(help="The day; else today where the business is.")] = None,
    known_at: Annotated[
        str | None, Parameter(help="As known then: a version, or an instant such as 2026-01-31T18:00:00Z.")
    ] = None,
    credits: Annotated[
        Credits, Parameter(help="Unapplied payments and credits: left out, in a column, or netted in their band.")
    ] = Credits.COLUMN,
    currency: Annotated[
        Basis | None, Parameter(help="Of the amounts: the base currency (of books), or each document's (of a file).")
    ] = None,
    edges: Annotated[str, Parameter(help="The days late at which each band after the first begins.")] = "1,31,61,91",
    form: Annotated[Format, Parameter(name="--format", help="How it is printed.")] = Format.TABLE,
    file_currency: Annotated[
        str, Parameter(group="Reading the file", help="Of rows that name none; the base currency of a file.")
    ] = _FILE_CURRENCY,
    reading: Reading = USUAL_READING,
    where: Where = USUAL,
) -> int:
    """Print what is open on a day by customer (receivable) or vendor (payable), in bands of days late.

    Parameters
    ----------
    side
        What customers owe, or what vendors are owed.
    """
    bands = _bands(edges)
    if file is not None and business is None:
        if known_at is not None:
            raise UsageError("a file has no versions: leave --known-at out")
        base_currency = file_currency.upper()
        exponent(base_currency)
        query = FileQuery(
            side=side,
            as_of=as_of or datetime.now(UTC).date(),
            credits=credits,
            basis=currency or Basis.DOCUMENT,
            bands=bands,
            base_currency=base_currency,
            rates=reading.rates(base_currency),
        )
        return _of_file(file, reading, query, form)
    if business is None or file is not None:
        raise UsageError("give either --business or --file")
    if reading != USUAL_READING:
        raise UsageError("how to read a file is said only with --file")
    asked = AgingQuery(side=side, as_of=as_of, credits=credits, basis=currency or Basis.BASE, bands=bands)
    moment = _moment(known_at) if known_at is not None else None
    with serving_url(where) as url, progress("Aging"):
        report = asyncio.run(_of_books(url, BusinessId(business), asked, moment))
    print_report(of_books(report), form)
    return DONE


def _of_file(file: Path, reading: Reading, query: FileQuery, form: Format) -> int:
    parsed = read(file, reading, side=query.side, currency=query.base_currency, zone=ZoneInfo("UTC"))
    parsed = telling_unused(parsed, query.rates)
    for notice in parsed.notices:
        remark(f"Note: {notice}")
    report = aging_of_file(parsed, query)
    if isinstance(report, Report):
        print_report(report, form)
        return DONE
    if form is Format.JSON:
        print_json({"problems": problems_body(report)})
    else:
        remark_problems(file, report, "nothing is aged")
    return REFUSED


async def _of_books(
    url: str, business_id: BusinessId, query: AgingQuery, known_at: int | datetime | None
) -> AgingReport:
    async with opened(url) as database, read_tx(database, OPERATOR, business_id) as tx:
        if isinstance(known_at, datetime):
            instant = known_at if known_at.tzinfo else known_at.replace(tzinfo=tx.business.zone)
            known_at = await version_at(tx, instant)
        return await report_of(tx, replace(query, known_at=known_at))


def _moment(text: str) -> int | datetime:
    """A version, or an instant; one without an offset is where the business is."""
    if _VERSION.fullmatch(text):
        return int(text)
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        instant = None
    if instant is None or ":" not in text:
        raise UsageError(f"{text!r} is neither a version nor an instant such as 2026-01-31T18:00:00Z")
    return instant


def _bands(text: str) -> Bands:
    """Raises UsageError, BadBands."""
    edges = []
    for word in text.split(","):
        if not _EDGE.fullmatch(word.strip()):
            raise UsageError(f"{word.strip()!r} is not a number of days; edges are written 1,31,61,91")
        edges.append(int(word))
    return Bands(tuple(edges))
