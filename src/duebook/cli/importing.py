"""`duebook import`: record files of invoices, bills and payments, all of it or nothing, as one version.

Source: docs/howto/command-line.md, "What an import records".
"""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Final
from uuid import UUID

from cyclopts import Parameter

from duebook.cli.connection import USUAL, Where, opened, serving_url
from duebook.cli.exits import DONE, REFUSED
from duebook.cli.import_comparing import compared
from duebook.cli.import_files import Format, Intake, Wish, read_files
from duebook.cli.import_metrics import check_place, leave
from duebook.cli.import_writing import Written, write
from duebook.cli.output import print_json, print_table, printable, progress
from duebook.cli.partner import AsJson
from duebook.cli.reading import USUAL_READING, Reading, counted, problems_body, remark_problems
from duebook.importers.rows import Mapping
from duebook.ledger.facts import Kind, Side
from duebook.tenancy.actors import operator
from duebook.tenancy.businesses import business as business_of
from duebook.tenancy.facts import BusinessId
from duebook.tenancy.gate import write_tx

_CHARGE: Final = {Side.RECEIVABLE: "invoice", Side.PAYABLE: "bill", None: "invoice or bill"}
_CHARGES: Final = {Side.RECEIVABLE: "invoices", Side.PAYABLE: "bills", None: "invoices and bills"}
_PARTY: Final = {Side.RECEIVABLE: "customer", Side.PAYABLE: "vendor"}
_WORDS: Final = {Kind.PAYMENT: "payment", Kind.CREDIT: "credit"}


class _OnlyTried(Exception):
    """Ends a write that was to be tried and not kept."""

    def __init__(self, written: Written) -> None:
        self.written = written


def import_file(
    *files: Path,
    business: Annotated[UUID, Parameter(help="The id of the business whose books it goes into.")],
    side: Annotated[
        Side | None, Parameter(help="receivable for invoices to customers, payable for bills from vendors.")
    ] = None,
    format: Annotated[
        Format,
        Parameter(help="csv for invoices or bills, payments for payments alone, xero and quickbooks for both sides."),
    ] = Format.CSV,
    payments: Annotated[
        Path | None, Parameter(help="The payments of these invoices or bills, a CSV file as well.")
    ] = None,
    contacts: Annotated[Path | None, Parameter(help="A CSV file with the names of customers or vendors.")] = None,
    currency: Annotated[str | None, Parameter(help="Of rows that name none; else the business's base.")] = None,
    opening: Annotated[
        bool, Parameter(negative=(), help="Every row is an opening item: it counts from the day the books start.")
    ] = False,
    reading: Reading = USUAL_READING,
    payment_column: Annotated[
        tuple[str, ...],
        Parameter(
            negative=(),
            show_default=False,
            group="Reading the file",
            help="FIELD=COLUMN, for the file of payments: such as paid_on=PaymentDate.",
        ),
    ] = (),
    skip_problems: Annotated[
        bool, Parameter(negative=(), help="Leave the lines out that have problems, and record the others.")
    ] = False,
    dry_run: Annotated[bool, Parameter(negative=(), help="Check everything, record nothing.")] = False,
    metrics_file: Annotated[
        Path | None, Parameter(help="A file *.prom to say in how it ended, for Prometheus.")
    ] = None,
    as_json: AsJson = False,
    where: Where = USUAL,
) -> int:
    """Record files of invoices, bills or payments: every line or none, as one version. A second time adds nothing.

    Parameters
    ----------
    files
        The file, plain or gzipped; of format quickbooks one or more.
    """
    wish = Wish(
        files=files,
        format=format,
        side=side,
        currency=currency,
        payments=payments,
        contacts=contacts,
        opening=opening,
        payment_column=payment_column,
        reading=reading,
        skip_problems=skip_problems,
        dry_run=dry_run,
    )
    wish.check()
    if metrics_file is not None:
        check_place(metrics_file)
    with serving_url(where) as url:
        intake, written = asyncio.run(_import(url, wish, BusinessId(business)))
    if metrics_file is not None and not dry_run:
        leave(metrics_file, intake, written)
    if as_json:
        print_json(_body(intake, written, business, wish))
    else:
        _print(intake, written, wish)
    return DONE if written.done else REFUSED


async def _import(url: str, wish: Wish, business_id: BusinessId) -> tuple[Intake, Written]:
    async with opened(url) as database:
        books = await business_of(database, None, business_id)
        intake = read_files(wish, books)
        try:
            with progress(f"Recording {counted(sum(file.rows for file in intake.files), 'row')}"):
                async with write_tx(database, operator("import"), business_id, "import") as tx:
                    written = await write(tx, intake, skip_problems=wish.skip_problems)
                    if wish.dry_run or not written.done:
                        raise _OnlyTried(written)
        except _OnlyTried as tried:
            written = tried.written
        else:
            if intake.bodies:
                told = await compared(database, business_id, intake.bodies)
                written = replace(written, notices=(*written.notices, *told))
        return intake, written


def _print(intake: Intake, written: Written, wish: Wish) -> None:
    for file in intake.files:
        if len(intake.files) > 1 and file.mapping is not None:
            print(printable(f"{file.file.name}"))
        _print_mapping(file.mapping)
    for notice in written.notices:
        print(printable(f"Note: {notice}"))
    if not written.done:
        remark_problems(wish.called, written.problems, "nothing is recorded")
        return
    if wish.format is Format.CSV and intake.side is not None:
        rows = counted(intake.files[0].rows, "row")
        print(f"Read {rows} of {counted(intake.parties, _PARTY[intake.side])}.")
    if intake.payments is not None:
        print(f"Read {counted(len(intake.payments.rows), 'payment')}.")
    if written.there_before:
        print(f"Recorded already: {counted(written.there_before, 'document')}.")
    print(_outcome(intake, written, dry_run=wish.dry_run))
    if written.problems:
        remark_problems(wish.called, written.problems, "the lines named are left out, as you asked")


def _print_mapping(mapping: Mapping | None) -> None:
    if mapping is None:
        return
    rows = [(column.field, column.column, column.reading or "", column.how) for column in mapping.columns]
    print_table(("field", "column", "read as", ""), rows)
    print()
    if mapping.unused:
        print(printable(f"Not read: {', '.join(mapping.unused)}"))


def _outcome(intake: Intake, written: Written, *, dry_run: bool) -> str:
    """What was recorded, or would have been."""
    if written.version is None:
        return "Nothing new."
    parts = [
        f"{number:,} {_CHARGES[intake.side]}"
        if kind is Kind.CHARGE and number != 1
        else counted(number, _word(intake, kind))
        for kind, number in written.added.items()
        if number
    ]
    if written.undone:
        parts.append(f"{counted(written.undone, 'document')} undone")
    what = ", ".join(parts) or "corrections"
    return f"Would record {what}." if dry_run else f"Recorded {what} as version {written.version}."


def _word(intake: Intake, kind: Kind) -> str:
    return _WORDS.get(kind, _CHARGE[intake.side])


def _columns(mapping: Mapping | None) -> list[dict[str, Any]]:
    columns = mapping.columns if mapping else ()
    return [{"field": one.field, "column": one.column, "read_as": one.reading, "how": one.how} for one in columns]


def _body(intake: Intake, written: Written, business_id: UUID, wish: Wish) -> dict[str, Any]:
    first, *others = intake.files
    added = written.added
    return {
        "business_id": business_id,
        "file": str(first.file),
        "columns": _columns(first.mapping),
        "unused": first.mapping.unused if first.mapping else (),
        "more_files": [
            {
                "file": str(other.file),
                "columns": _columns(other.mapping),
                "unused": other.mapping.unused if other.mapping else (),
                "rows": other.rows,
            }
            for other in others
        ],
        "notices": written.notices,
        "rows": first.rows,
        "problems": problems_body(written.problems),
        "added": {"charges": added[Kind.CHARGE], "credits": added[Kind.CREDIT], "payments": added[Kind.PAYMENT]},
        "undone": written.undone,
        "there_before": written.there_before,
        "dry_run": wish.dry_run,
        "version": None if wish.dry_run else written.version,
    }
