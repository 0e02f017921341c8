"""`duebook aging`: what is open on a day, by customer or vendor and band, from the books or from a file.

Source: docs/howto/command-line.md, "Aging".
"""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from cyclopts import Parameter

from duebook.aging.report import AgingQuery, AgingReport, Basis
from duebook.aging.report import aging as report_of
from duebook.cli.aging_file import FileQuery, aging_of_file
from duebook.cli.asking import USUAL_ASKED, Asked
from duebook.cli.connection import USUAL, Where, opened, serving_url
from duebook.cli.exits import DONE, REFUSED, UsageError
from duebook.cli.file_books import Files
from duebook.cli.output import print_json, progress, remark
from duebook.cli.reading import (
    USUAL_READING,
    Reading,
    overrides_of,
    problems_body,
    read,
    remark_problems,
    telling_unused,
)
from duebook.cli.report import Format, of_books, print_report
from duebook.importers.payments import read_payments
from duebook.ledger.facts import Side
from duebook.money import exponent
from duebook.tenancy.facts import OPERATOR, BusinessId
from duebook.tenancy.gate import read_tx

_FILE_CURRENCY: Final = "USD"


@Parameter(name="*", group="Reading the file")
@dataclass(frozen=True, kw_only=True)
class Beside:
    """What goes with a file that is aged."""

    payments: Annotated[Path | None, Parameter(help="The payments of these invoices or bills, a CSV file as well.")] = (
        None
    )
    payment_column: Annotated[
        tuple[str, ...],
        Parameter(
            negative=(),
            show_default=False,
            help="FIELD=COLUMN, for the file of payments: such as paid_on=PaymentDate.",
        ),
    ] = ()
    skip_problems: Annotated[
        bool, Parameter(negative=(), help="Leave the lines out that have problems, and age the others.")
    ] = False


ALONE: Final = Beside()


def aging(
    side: Side,
    /,
    *,
    business: Annotated[UUID | None, Parameter(help="The id of the business whose books are aged.")] = None,
    file: Annotated[Path | None, Parameter(help="A CSV file to age instead; no database is needed.")] = None,
    asked: Asked = USUAL_ASKED,
    form: Annotated[Format, Parameter(name="--format", help="How it is printed.")] = Format.TABLE,
    file_currency: Annotated[
        str, Parameter(group="Reading the file", help="Of rows that name none; the base currency of a file.")
    ] = _FILE_CURRENCY,
    reading: Reading = USUAL_READING,
    beside: Beside = ALONE,
    where: Where = USUAL,
) -> int:
    """Print what is open on a day by customer (receivable) or vendor (payable), in bands of days late.

    Parameters
    ----------
    side
        What customers owe, or what vendors are owed.
    """
    query = asked.query(side)
    if file is not None and business is None:
        _raise_if_only_of_books(asked)
        base_currency = file_currency.upper()
        exponent(base_currency)
        of_file = FileQuery(
            side=side,
            as_of=asked.as_of or datetime.now(UTC).date(),
            credits=asked.credits,
            basis=asked.basis or Basis.DOCUMENT,
            bands=query.bands,
            base_currency=base_currency,
            rates=reading.rates(base_currency),
        )
        return _of_file(file, reading, beside, of_file, form)
    if business is None or file is not None:
        raise UsageError("give either --business or --file")
    if reading != USUAL_READING or beside != ALONE:
        raise UsageError("how to read a file is said only with --file")
    with serving_url(where) as url, progress("Aging"):
        report = asyncio.run(_of_books(url, BusinessId(business), query))
    print_report(of_books(report), form)
    return DONE


def _raise_if_only_of_books(asked: Asked) -> None:
    if asked.known_at is not None:
        raise UsageError("a file has no versions: leave --known-at out")
    if asked.basis is Basis.REVALUED:
        raise UsageError("a file has no table of rates: --basis is base or document")
    if asked.tag:
        raise UsageError("a file has no tags: leave --tag out")


def _of_file(file: Path, reading: Reading, beside: Beside, query: FileQuery, form: Format) -> int:
    files = _files(file, reading, beside, query)
    called = str(file) if beside.payments is None else "the aging of 2 files"
    found = aging_of_file(files, query, skip_problems=beside.skip_problems)
    for notice in (*files.parsed.notices, *found.notices):
        remark(f"Note: {notice}")
    if found.report is None:
        if form is Format.JSON:
            print_json({"problems": problems_body(found.problems)})
        else:
            remark_problems(called, found.problems, "nothing is aged")
        return REFUSED
    print_report(found.report, form)
    if found.problems:
        remark_problems(called, found.problems, "the lines named are left out, as you asked")
    return DONE


def _files(file: Path, reading: Reading, beside: Beside, query: FileQuery) -> Files:
    """What the files say. Raises UsageError, ImportRefused."""
    currency, zone = query.base_currency, ZoneInfo("UTC")
    is_paid_elsewhere = beside.payments is not None
    parsed = read(
        file, reading, side=query.side, currency=currency, zone=zone, paid_elsewhere=is_paid_elsewhere
    )  # fmt: skip
    parsed = telling_unused(parsed, query.rates)
    if beside.payments is None:
        if beside.payment_column:
            raise UsageError("--payment-column is said only with --payments")
        return Files(side=query.side, name=file.name, parsed=parsed)
    with progress(f"Reading {beside.payments.name}"):
        payments = read_payments(
            beside.payments,
            side=query.side,
            currency=currency,
            currency_of={row.number: row.currency for row in parsed.rows if row.number is not None},
            overrides=overrides_of(beside.payment_column, "paid_on=PaymentDate"),
            date_format=reading.date_format,
            decimal_mark=reading.decimal_mark,
            zone=zone,
        )
    return Files(side=query.side, name=file.name, parsed=parsed, payments=payments, payments_name=beside.payments.name)


async def _of_books(url: str, business_id: BusinessId, query: AgingQuery) -> AgingReport:
    async with opened(url) as database, read_tx(database, OPERATOR, business_id) as tx:
        return await report_of(tx, query)
