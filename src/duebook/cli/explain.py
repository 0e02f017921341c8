"""`duebook explain`: the open items behind a cell of an aging report.

Units: minor units in JSON; decimals, with all places of the currency, in tables.
Holds: the items add up to the cell (T15).
Source: docs/howto/command-line.md, "Explain".
"""

import asyncio
from collections.abc import Iterator
from typing import Annotated, Final, Literal
from uuid import UUID

import msgspec
from cyclopts import Parameter

from duebook.aging.bands import Bands
from duebook.aging.explain import Cell, Explained, OpenItem, items
from duebook.aging.report import AgingQuery
from duebook.cli.asking import USUAL_ASKED, Asked, BusinessOption, party_named
from duebook.cli.connection import USUAL, Where, opened, serving_url
from duebook.cli.exits import UsageError
from duebook.cli.output import grouped, print_json, print_table, printable, progress
from duebook.cli.partner import AsJson
from duebook.cli.stated import Stated, stated
from duebook.cli.words import KINDS, PARTY
from duebook.ledger.facts import DueFrom, Side
from duebook.tenancy.facts import OPERATOR, BusinessId
from duebook.tenancy.gate import read_tx

_UNAPPLIED: Final = "unapplied"
_DUE_FROM: Final = {DueFrom.GIVEN: "given", DueFrom.TERMS: "terms", DueFrom.ISSUE_DATE: "issue date"}


class ItemTotal(msgspec.Struct, frozen=True, kw_only=True):
    """What the items add up to in one currency: the cell."""

    currency: str
    open_minor: int


class Explanation(Stated, frozen=True, kw_only=True):
    """The JSON body. `band` is the place of a band, counted from 0."""

    party_id: UUID | None
    band: int | Literal["unapplied"] | None
    items: tuple[OpenItem, ...]
    totals: tuple[ItemTotal, ...]


def explain(
    side: Side,
    /,
    *,
    business: BusinessOption,
    party: Annotated[str | None, Parameter(help="Only of this customer or vendor: its id or its external id.")] = None,
    band: Annotated[
        str | None, Parameter(help="Only of this band, as the report calls it (current, 31-60, 91+), or unapplied.")
    ] = None,
    asked: Asked = USUAL_ASKED,
    as_json: AsJson = False,
    where: Where = USUAL,
) -> None:
    """List the open items behind a cell of the report: of one party or all, of one band or all.

    Parameters
    ----------
    side
        What customers owe, or what vendors are owed.
    """
    query = asked.query(side)
    wanted = None if band is None else band_named(query.bands, band)
    with serving_url(where) as url, progress("Explaining"):
        explained = asyncio.run(_explained(url, BusinessId(business), query, party, wanted))
    body = _body(explained)
    if as_json:
        print_json(body)
    else:
        _print(body, party, band)


def band_named(bands: Bands, name: str) -> int | Literal["unapplied"]:
    """A band by its name in the report. Raises UsageError."""
    if name == _UNAPPLIED:
        return "unapplied"
    labels = [bands.label(place) for place in range(len(bands))]
    if name not in labels:
        raise UsageError(f"--band: {name!r} is no band of the report: they are {', '.join([*labels, _UNAPPLIED])}")
    return labels.index(name)


async def _explained(
    url: str, business_id: BusinessId, query: AgingQuery, party: str | None, band: int | Literal["unapplied"] | None
) -> Explained:
    async with opened(url) as database, read_tx(database, OPERATOR, business_id) as tx:
        party_id = None if party is None else await party_named(tx, query.side, party)
        return await items(tx, query, Cell(party_id, band))


def _body(explained: Explained) -> Explanation:
    return Explanation(
        **stated(explained),
        party_id=explained.cell.party_id,
        band=explained.cell.band,
        items=explained.items,
        totals=tuple(ItemTotal(currency=one, open_minor=minor) for one, minor in explained.total_minor.items()),
    )


def _print(body: Explanation, party: str | None, band: str | None) -> None:
    whose = party or f"every {PARTY[body.side]}"
    said = [*body.sentences, f"The items of {whose}{f', {band}' if band else ''}"]
    print("\n".join(map(printable, said)))
    print()
    headers = (PARTY[body.side], "document", "number", "date", "due", "due from", "days late", "amount", "open")
    rows = [row for item in body.items for row in _rows(item, body.side)]
    rows += [("total", *[""] * 7, f"{grouped(one.open_minor, one.currency)} {one.currency}") for one in body.totals]
    print_table(headers, rows, numbers=(6, 7, 8), last=len(body.totals))


def _rows(item: OpenItem, side: Side) -> Iterator[tuple[str, ...]]:
    """The item, and below it what other documents took of it."""
    currency, sign = item.document_currency, 1 if item.unapplied else -1
    part = f" part {item.instalment}" if item.instalment > 1 else ""
    yield (
        item.party_name,
        KINDS[side, item.kind],
        f"{item.number or ''}{part}",
        str(item.issued_on),
        str(item.due_on),
        _DUE_FROM[item.due_from],
        str(item.days_late),
        f"{grouped(item.amount_minor, currency)} {currency}",
        f"{grouped(item.open_minor, item.currency)} {item.currency}",
    )
    for one in item.allocations:
        amount = f"{grouped(sign * one.amount_minor, currency)} {currency}"
        yield ("", f"  {KINDS[side, one.kind]}", one.number or "", str(one.effective_on), "", "", "", amount, "")
