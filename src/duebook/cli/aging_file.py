"""The aging of a file, without a database: its rows are put into books in memory, and aged by the same rule.

Units: minor units.
Holds: the same entries as an import of the file would record, and the same bands.
Source: docs/howto/command-line.md, "Aging of a file"; docs/rule.md, T8, T11, T14.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from duebook.aging.bands import Bands, Sums, aged
from duebook.aging.report import Basis, Credits
from duebook.cli.report import Report, Row, Total
from duebook.importers.commands import applied, plan
from duebook.importers.rows import Parsed, Problem
from duebook.ledger.book import Book
from duebook.ledger.errors import SumTooLarge
from duebook.ledger.facts import Entry, Side
from duebook.ledger.working import Known
from duebook.money import MAX_MINOR, MIN_MINOR


@dataclass(frozen=True, slots=True, kw_only=True)
class FileQuery:
    """What is asked of a file. Rates are for the base basis; in document currency none is needed."""

    side: Side
    as_of: date
    credits: Credits
    basis: Basis
    bands: Bands
    base_currency: str
    rates: Mapping[str, Decimal]


def aging_of_file(parsed: Parsed, query: FileQuery) -> Report | list[Problem]:
    """The report, or what stands in its way. Raises SumTooLarge."""
    problems: list[Problem] = []
    sums: dict[tuple[str, str], Sums] = {}
    names: dict[str, str] = {row.party_external_id: row.party_name for row in parsed.rows}
    for base_currency, part in _books(parsed, query):
        wanted = plan(part, side=query.side, base_currency=base_currency, rates=query.rates)
        book = Book(base_currency, Known())
        refused = applied(book, wanted.asks)
        problems += [*wanted.problems, *refused]
        if not problems:
            entries = (_restated(entry, base_currency, query) for entry in book.open_entries())
            for (party_id, currency), one in aged(entries, query.bands, query.as_of).items():
                sums[str(book.changes.parties[party_id].external_id), currency] = one
    if problems:
        return sorted(set(problems), key=lambda problem: problem.line or 0)
    rows = [
        _row(external_id, names[external_id], currency, one, query.credits)
        for (external_id, currency), one in sums.items()
    ]
    rows = [row for row in rows if any(row.buckets) or row.unapplied]
    rows.sort(key=lambda row: (-row.total, row.name, row.external_id or "", row.currency))
    return Report(
        business_id=None,
        side=query.side,
        as_of=query.as_of,
        known_at=None,
        time_zone="UTC",
        basis=query.basis,
        credits=query.credits,
        base_currency=query.base_currency if query.basis is Basis.BASE else None,
        edges=query.bands.edges,
        rows=tuple(rows),
        totals=_totals(rows, query),
        left_out=_left_out(sums, query.credits),
    )


def _books(parsed: Parsed, query: FileQuery) -> Iterable[tuple[str, Parsed]]:
    """Books to keep: one in the base currency, or one for each currency, which is then its own base."""
    if query.basis is Basis.BASE:
        return [(query.base_currency, parsed)]
    currencies = sorted({row.currency for row in parsed.rows}) or [query.base_currency]
    return [
        (currency, replace(parsed, rows=tuple(row for row in parsed.rows if row.currency == currency)))
        for currency in currencies
    ]


def _restated(entry: Entry, base_currency: str, query: FileQuery) -> Entry:
    """The entry in the currency asked for; under `net`, unapplied money ages like a charge of its own date."""
    item = entry.item
    if query.credits is Credits.NET:
        item = replace(item, unapplied=False)
    if query.basis is Basis.BASE:
        return replace(entry, item=replace(item, currency=base_currency), amount_minor=entry.base_minor)
    return replace(entry, item=item)


def _row(external_id: str, name: str, currency: str, sums: Sums, policy: Credits) -> Row:
    unapplied_minor = 0 if policy is Credits.EXCLUDE else sums.unapplied_minor
    return Row(
        party_id=None,
        external_id=external_id,
        name=name,
        currency=currency,
        buckets=sums.bands,
        unapplied=unapplied_minor,
        total=sum(sums.bands) + unapplied_minor,
    )


def _totals(rows: Sequence[Row], query: FileQuery) -> tuple[Total, ...]:
    by_currency: dict[str, list[Row]] = {query.base_currency: []} if query.basis is Basis.BASE else {}
    for row in rows:
        by_currency.setdefault(row.currency, []).append(row)
    return tuple(
        Total(
            currency=currency,
            buckets=tuple(_fits(sum(row.buckets[band] for row in group)) for band in range(len(query.bands))),
            unapplied=_fits(sum(row.unapplied for row in group)),
            total=_fits(sum(row.total for row in group)),
        )
        for currency, group in sorted(by_currency.items())
    )


def _left_out(sums: Mapping[tuple[str, str], Sums], policy: Credits) -> dict[str, int]:
    left_out: dict[str, int] = defaultdict(int)
    if policy is Credits.EXCLUDE:
        for (_, currency), one in sums.items():
            left_out[currency] += one.unapplied_minor
    return {currency: minor for currency, minor in sorted(left_out.items()) if minor}


def _fits(total_minor: int) -> int:
    if not MIN_MINOR <= total_minor <= MAX_MINOR:
        raise SumTooLarge
    return total_minor
