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
from duebook.cli.file_books import Files, kept
from duebook.cli.report import Report, Row, Total
from duebook.importers.rows import Problem
from duebook.ledger.errors import SumTooLarge
from duebook.ledger.facts import Entry, Side
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


@dataclass(frozen=True, slots=True)
class FileAging:
    """The report of files, or none for what stands in its way; and what is to be told."""

    report: Report | None
    problems: Sequence[Problem]
    notices: Sequence[str]


def aging_of_file(files: Files, query: FileQuery, *, skip_problems: bool = False) -> FileAging:
    """The report of the files, without the lines that have problems if they are to be skipped. Raises SumTooLarge."""
    problems: list[Problem] = []
    notices: list[str] = []
    sums: dict[tuple[str, str], Sums] = {}
    names: dict[str, str] = {}
    for base_currency, part in _parts(files, query):
        found = kept(part, base_currency, query.rates, skip_problems=skip_problems)
        problems += found.problems
        notices += found.notices
        if not found.problems or skip_problems:
            parties = found.book.changes.parties
            names |= {str(party.external_id): party.name for party in parties.values()}
            entries = (_restated(entry, base_currency, query) for entry in found.book.open_entries())
            for (party_id, currency), one in aged(entries, query.bands, query.as_of).items():
                sums[str(parties[party_id].external_id), currency] = one
    problems = sorted(set(problems), key=lambda problem: (problem.file or "", problem.line or 0))
    unskippable = any(problem.line is None for problem in problems)
    report = _report(sums, names, query) if not problems or (skip_problems and not unskippable) else None
    return FileAging(report, problems, list(dict.fromkeys(notices)))


def _report(sums: Mapping[tuple[str, str], Sums], names: Mapping[str, str], query: FileQuery) -> Report:
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


def _parts(files: Files, query: FileQuery) -> Iterable[tuple[str, Files]]:
    """Books to keep: one in the base currency, or one for each currency, which is then its own base."""
    if query.basis is Basis.BASE:
        return [(query.base_currency, files)]
    return [(currency, files.of(currency)) for currency in files.currencies or [query.base_currency]]


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
