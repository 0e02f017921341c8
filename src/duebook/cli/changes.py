"""`duebook changes`: what changed in an aging report between two versions, and the entries that changed it.

Units: minor units in JSON; decimals, with all places of the currency, in tables.
Source: docs/howto/command-line.md, "Changes".
"""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

import msgspec
from cyclopts import Parameter

from duebook.aging.changes import ChangedRow, ChangeEntry, Changes, NamedDocument, Standing
from duebook.aging.changes import changes as changes_of
from duebook.aging.report import AgingQuery, AgingReport, Credits
from duebook.cli.asking import USUAL_ASKED, Asked, BusinessOption, version_or_instant
from duebook.cli.connection import USUAL, Where, opened, serving_url
from duebook.cli.output import grouped, print_json, print_table, printable, progress
from duebook.cli.partner import AsJson
from duebook.cli.stated import Stated, stated
from duebook.cli.words import KINDS, PARTY
from duebook.ledger.facts import Side
from duebook.tenancy.facts import OPERATOR, BusinessId
from duebook.tenancy.gate import read_tx


class Cells(msgspec.Struct, frozen=True, kw_only=True):
    """What a party's row says."""

    bands_minor: tuple[int, ...]
    unapplied_minor: int
    total_minor: int


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A party in one currency, before and after; zeros where it had no row."""

    party_id: UUID
    external_id: str | None
    name: str
    currency: str
    before: Cells
    after: Cells


class Told(Stated, frozen=True, kw_only=True):
    """The JSON body: what is stated is of the later version, `since` the earlier one. `band` counts from 0."""

    since: int
    rows: tuple[Row, ...]
    entries: tuple[ChangeEntry, ...]


def changes(
    side: Side,
    /,
    *,
    business: BusinessOption,
    since: Annotated[str, Parameter(help="The earlier of the two: a version, or an instant such as --known-at takes.")],
    asked: Asked = USUAL_ASKED,
    as_json: AsJson = False,
    where: Where = USUAL,
) -> None:
    """Say what changed in the report since a version: by party and band, before and after, and the entries between.

    Parameters
    ----------
    side
        What customers owe, or what vendors are owed.
    """
    query, begin = asked.query(side), version_or_instant(since)
    with serving_url(where) as url, progress("Comparing"):
        found = asyncio.run(_changes(url, BusinessId(business), query, begin))
    body = Told(
        **stated(found.after),
        since=found.before.known_at,
        rows=tuple(_row(one) for one in found.rows),
        entries=tuple(replace(one, recorded_at=one.recorded_at.astimezone(UTC)) for one in found.entries),
    )
    if as_json:
        print_json(body)
    else:
        _print(body, found)


async def _changes(url: str, business_id: BusinessId, query: AgingQuery, since: int | datetime) -> Changes:
    async with opened(url) as database, read_tx(database, OPERATOR, business_id) as tx:
        return await changes_of(tx, query, since)


def _row(row: ChangedRow) -> Row:
    return Row(
        party_id=row.party_id,
        external_id=row.external_id,
        name=row.name,
        currency=row.currency,
        before=_cells(row.before),
        after=_cells(row.after),
    )


def _cells(one: Standing) -> Cells:
    return Cells(bands_minor=one.bands, unapplied_minor=one.unapplied_minor, total_minor=one.total_minor)


def _print(body: Told, found: Changes) -> None:
    print("\n".join(map(printable, [*body.sentences, f"What changed since version {body.since}"])))
    print()
    if not body.rows:
        print("Nothing.")
        return
    rows = [row for one in body.rows for row in _rows(one, body)]
    totals = list(_totals(found.before, found.after))
    headers = (PARTY[body.side], "", "band", "before", "after", "change")
    print_table(headers, [*rows, *totals], numbers=(3, 4, 5), last=len(totals))
    if not body.entries:
        return
    print()
    names = {one.party_id: one.name for one in body.rows}
    print_table(
        (
            *("version", "recorded (UTC)", "done", PARTY[body.side], "document", "entry", "made by"),
            "effective",
            "due",
            "amount",
        ),
        [
            (
                str(one.version),
                f"{one.recorded_at:%Y-%m-%d %H:%M}",
                one.operation,
                names[one.party_id],
                _called(one.document, body.side),
                one.kind.replace("_", "-"),
                "" if one.cause == one.document else _called(one.cause, body.side),
                str(one.effective_on),
                str(one.due_on),
                f"{grouped(one.amount_minor, one.currency)} {one.currency}",
            )
            for one in body.entries
        ],
        numbers=(0, 9),
    )


def _rows(row: Row, body: Told) -> Iterator[tuple[str, ...]]:
    """A line for each band that changed, then one for the total."""
    labels = [body.bands.label(band) for band in range(len(body.bands))]
    shown = [*labels, "unapplied"] if body.credits is Credits.COLUMN else labels
    before, after = ((*one.bands_minor, one.unapplied_minor) for one in (row.before, row.after))
    changed = [(label, was, now) for label, was, now in zip(shown, before, after, strict=False) if was != now]
    lines = [*changed, ("total", row.before.total_minor, row.after.total_minor)]
    for place, (label, was, now) in enumerate(lines):
        yield _line(row.name if place == 0 else "", row.currency, label, was, now)


def _totals(before: AgingReport, after: AgingReport) -> Iterator[tuple[str, ...]]:
    was = {one.currency: one.total_minor for one in before.totals}
    now = {one.currency: one.total_minor for one in after.totals}
    for currency in sorted(was | now):
        yield _line("all", currency, "total", was.get(currency, 0), now.get(currency, 0))


def _line(name: str, currency: str, label: str, was: int, now: int) -> tuple[str, ...]:
    return (name, currency, label, *(grouped(minor, currency) for minor in (was, now, now - was)))


def _called(document: NamedDocument, side: Side) -> str:
    return f"{KINDS[side, document.kind]} {document.number or document.id}"
