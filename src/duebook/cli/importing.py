"""`duebook import`: record a file of invoices or bills, all of it or nothing, as one version.

Source: docs/howto/command-line.md, "What an import records".
"""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Final
from uuid import UUID

from cyclopts import Parameter

from duebook.cli.connection import USUAL, Where, opened, serving_url
from duebook.cli.exits import DONE, REFUSED
from duebook.cli.output import print_json, print_table, printable, progress
from duebook.cli.partner import AsJson
from duebook.cli.reading import USUAL_READING, Reading, counted, problems_body, read, remark_problems, telling_unused
from duebook.importers.commands import Plan, applied, plan
from duebook.importers.rows import Parsed, Problem
from duebook.ledger.book import Book
from duebook.ledger.errors import LedgerError
from duebook.ledger.facts import Kind, Side
from duebook.ledger.loading import known
from duebook.ledger.store import record
from duebook.ledger.working import Recorded
from duebook.tenancy.businesses import business as business_of
from duebook.tenancy.facts import OPERATOR, BusinessId
from duebook.tenancy.gate import WriteTx, write_tx

_CHARGE: Final = {Side.RECEIVABLE: "invoice", Side.PAYABLE: "bill"}
_PARTY: Final = {Side.RECEIVABLE: "customer", Side.PAYABLE: "vendor"}
_WORDS: Final = {Kind.PAYMENT: "payment", Kind.CREDIT: "credit"}


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What became of a file: recorded as a version (None: nothing new, or a trial), or refused for its problems."""

    parsed: Parsed
    problems: Sequence[Problem]
    version: int | None = None
    added: Counter[Kind] | None = None
    there_before: int = 0


class _OnlyTried(Exception):
    """Ends a write that was to be tried and not kept."""


def import_file(
    file: Path,
    /,
    *,
    business: Annotated[UUID, Parameter(help="The id of the business whose books it goes into.")],
    side: Annotated[Side, Parameter(help="receivable for invoices to customers, payable for bills from vendors.")],
    currency: Annotated[str | None, Parameter(help="Of rows that name none; else the business's base.")] = None,
    reading: Reading = USUAL_READING,
    dry_run: Annotated[bool, Parameter(negative=(), help="Check everything, record nothing.")] = False,
    as_json: AsJson = False,
    where: Where = USUAL,
) -> int:
    """Record a CSV file of invoices or bills: every row or none, as one version. A file recorded before adds nothing.

    Parameters
    ----------
    file
        The CSV file, plain or gzipped.
    """
    with serving_url(where) as url:
        outcome = asyncio.run(_import(url, file, BusinessId(business), side, currency, reading, dry_run))
    if as_json:
        print_json(_body(outcome, business, file, dry_run))
    else:
        _print(outcome, side, file, dry_run)
    return REFUSED if outcome.problems else DONE


async def _import(
    url: str, file: Path, business_id: BusinessId, side: Side, currency: str | None, reading: Reading, dry_run: bool
) -> _Outcome:
    async with opened(url) as database:
        books = await business_of(database, None, business_id)
        rates: dict[str, Decimal] = reading.rates(books.base_currency)
        named = currency.upper() if currency else books.base_currency
        parsed = telling_unused(read(file, reading, side=side, currency=named, zone=books.zone), rates)
        wanted = plan(parsed, side=side, base_currency=books.base_currency, rates=rates)
        if wanted.problems:
            return _Outcome(parsed, wanted.problems)
        outcome = _Outcome(parsed, ())
        try:
            with progress(f"Recording {counted(len(parsed.rows), 'row')}"):
                async with write_tx(database, OPERATOR, business_id, "import") as tx:
                    outcome = await _record(tx, parsed, wanted)
                    if dry_run or outcome.problems:
                        raise _OnlyTried
        except _OnlyTried:
            pass
        return outcome


async def _record(tx: WriteTx, parsed: Parsed, wanted: Plan) -> _Outcome:
    try:
        results = await record(tx, wanted.commands)
    except LedgerError:
        book = Book(tx.business.base_currency, await known(tx, wanted.commands))
        return _Outcome(parsed, applied(book, wanted.asks))
    added = _added(wanted, results)
    version = tx.version + 1 if added.total() else None
    return _Outcome(parsed, (), version, added, len(results) - added.total())


def _added(wanted: Plan, results: Sequence[Recorded | None]) -> Counter[Kind]:
    kinds = (
        getattr(ask.command, "kind", Kind.CHARGE)
        for ask, result in zip(wanted.asks, results, strict=True)
        if result and result.created
    )
    return Counter(kinds)


def _print(outcome: _Outcome, side: Side, file: Path, dry_run: bool) -> None:
    mapping = outcome.parsed.mapping
    rows = [(column.field, column.column, column.reading or "", column.how) for column in mapping.columns]
    print_table(("field", "column", "read as", ""), rows)
    print()
    if mapping.unused:
        print(printable(f"Not read: {', '.join(mapping.unused)}"))
    for notice in outcome.parsed.notices:
        print(printable(f"Note: {notice}"))
    if outcome.added is None:
        remark_problems(file, outcome.problems, "nothing is recorded")
        return
    parties = len({row.party_external_id for row in outcome.parsed.rows})
    print(f"Read {counted(len(outcome.parsed.rows), 'row')} of {counted(parties, _PARTY[side])}.")
    if outcome.there_before:
        print(f"Recorded already: {counted(outcome.there_before, 'document')}.")
    if outcome.version is None:
        print("Nothing new.")
        return
    what = ", ".join(
        counted(number, _WORDS.get(kind, _CHARGE[side])) for kind, number in outcome.added.items() if number
    )
    print(f"Would record {what}." if dry_run else f"Recorded {what} as version {outcome.version}.")


def _body(outcome: _Outcome, business_id: UUID, file: Path, dry_run: bool) -> dict[str, Any]:
    mapping = outcome.parsed.mapping
    added = outcome.added or Counter()
    return {
        "business_id": business_id,
        "file": str(file),
        "columns": [
            {"field": one.field, "column": one.column, "read_as": one.reading, "how": one.how}
            for one in mapping.columns
        ],
        "unused": mapping.unused,
        "notices": outcome.parsed.notices,
        "rows": len(outcome.parsed.rows),
        "problems": problems_body(outcome.problems),
        "added": {"charges": added[Kind.CHARGE], "credits": added[Kind.CREDIT], "payments": added[Kind.PAYMENT]},
        "there_before": outcome.there_before,
        "dry_run": dry_run,
        "version": None if dry_run else outcome.version,
    }
