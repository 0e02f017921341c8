"""The oracle's aging report: every open part of every document put into its band, one by one.

Units: minor units; unapplied money is negative.
Holds: it shares no code with the ledger.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import NamedTuple

from tests.oracle.said import BASE_CURRENCY
from tests.oracle.slips import BIGGEST, Facts
from tests.oracle.slow import Open, Oracle


class TooBig(Exception):
    """A sum in the answer does not fit 64 bits."""


class NoWorth(Exception):
    """Something is open in a currency for which no rate is in force."""


class _Basis(NamedTuple):
    """In which money: base at booked rates, each document's own, or base at the rates of a day."""

    name: str
    day: date


class Line(NamedTuple):
    """A party's sums in one currency."""

    party: str
    name: str
    currency: str
    bands: tuple[int, ...]
    unapplied: int
    total: int


class Paper(NamedTuple):
    """A whole report: lines by total, then name; sums per currency: bands, unapplied, total; what was left out."""

    lines: tuple[Line, ...]
    totals: dict[str, tuple[tuple[int, ...], int, int]]
    left_out: dict[str, int]


Rows = dict[tuple[str, str], tuple[list[int], list[int]]]
"""Per party and currency: what charges have open by band, and what is unapplied."""


def report(
    oracle: Oracle,
    side: str,
    as_of: date,
    *,
    version: int,
    credits: str = "exclude",
    basis: str = "base",
    revalued_on: date | None = None,
    edges: Sequence[int] = (1, 31, 61, 91),
) -> Paper:
    """The aging report, from everything there is. Raises TooBig, NoWorth."""
    rows = _rows(oracle, side, as_of, version, _Basis(basis, revalued_on or as_of), edges)
    facts = oracle.known[version]
    lines = [_line(facts, side, *who, *sums, credits) for who, sums in rows.items()]
    lines = [line for line in lines if any(line.bands) or line.unapplied]
    left_out = {
        currency: left
        for currency in sorted({currency for _, currency in rows})
        if (left := sum(sum(unapplied) for (_, own), (_, unapplied) in rows.items() if own == currency))
    }
    totals = {currency: _total(lines, currency) for currency in sorted({line.currency for line in lines})}
    if basis != "document" and BASE_CURRENCY not in totals:
        totals[BASE_CURRENCY] = ((0,) * (len(edges) + 1), 0, 0)
    ordered = sorted(lines, key=lambda line: (-line.total, line.name))
    paper = Paper(tuple(ordered), totals, left_out if credits == "exclude" else {})
    _check_sizes(paper, (cell for both in rows.values() for row in both for cell in row))
    return paper


def _rows(oracle: Oracle, side: str, as_of: date, version: int, basis: _Basis, edges: Sequence[int]) -> Rows:
    rows: Rows = {}
    for one in oracle.open_on(as_of, version):
        if one.slip.key.side != side:
            continue
        amount = _in_basis(one, basis, oracle.known[version])
        late = (as_of - one.due).days
        band = sum(1 for edge in edges if late >= edge)
        currency = one.slip.currency if basis.name == "document" else BASE_CURRENCY
        nothing = ([0] * (len(edges) + 1), [0] * (len(edges) + 1))
        charges, unapplied = rows.setdefault((one.slip.party, currency), nothing)
        if one.slip.key.kind == "charge":
            charges[band] += amount
        else:
            unapplied[band] -= amount
    return rows


def _in_basis(one: Open, basis: _Basis, facts: Facts) -> int:
    """A balance at its booked rate, in its own currency, or at the rates of a day, rounded by itself (T11)."""
    if basis.name == "revalued":
        worth = facts.worth(one.amount, one.slip.currency, BASE_CURRENCY, basis.day)
        if worth is None:
            raise NoWorth
        return worth
    return one.base if basis.name == "base" else one.amount


def _line(
    facts: Facts, side: str, party: str, currency: str, charges: list[int], unapplied: list[int], credits: str
) -> Line:
    bands = [charge + (less if credits == "net" else 0) for charge, less in zip(charges, unapplied, strict=True)]
    column = sum(unapplied) if credits == "column" else 0
    return Line(party, facts.parties[side, party].name, currency, tuple(bands), column, sum(bands) + column)


def _total(lines: Iterable[Line], currency: str) -> tuple[tuple[int, ...], int, int]:
    own = [line for line in lines if line.currency == currency]
    bands = tuple(sum(cells) for cells in zip(*(line.bands for line in own), strict=True))
    return bands, sum(line.unapplied for line in own), sum(line.total for line in own)


def _check_sizes(paper: Paper, cells: Iterable[int]) -> None:
    """Whether 64 bits hold every number of a report and every sum behind it. Raises TooBig."""
    numbers = [*cells, *paper.left_out.values()]
    for bands, unapplied, total in [*(line[3:] for line in paper.lines), *paper.totals.values()]:
        numbers += [*bands, unapplied, total]
    if any(not -BIGGEST - 1 <= number <= BIGGEST for number in numbers):
        raise TooBig
