"""The books that a file of invoices or bills makes in memory, with the payments of another file beside it.

Units: minor units.
Holds: the same commands as an import of the files, worked out by the same rules.
Source: docs/howto/command-line.md, "Aging of a file"; docs/rule.md, T8, T11.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from duebook.importers.commands import Plan, applied, plan
from duebook.importers.rows import Parsed, ParsedPayments, Problem
from duebook.importers.settling import plan_payments, targets_of
from duebook.ledger.book import Book
from duebook.ledger.facts import Side
from duebook.ledger.working import Known


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """A file of invoices or bills as it was read, and that of its payments if there is one."""

    side: Side
    name: str
    parsed: Parsed
    payments: ParsedPayments | None = None
    payments_name: str | None = None

    @property
    def currencies(self) -> list[str]:
        """All that a row is in."""
        found = {row.currency for row in self.parsed.rows}
        if self.payments is not None:
            found |= {row.currency for row in self.payments.rows}
        return sorted(found)

    def of(self, currency: str) -> "Files":
        """What is in this currency. What could not be read goes along."""
        parsed = replace(self.parsed, rows=tuple(row for row in self.parsed.rows if row.currency == currency))
        if self.payments is None:
            return replace(self, parsed=parsed)
        rows = tuple(row for row in self.payments.rows if row.currency == currency)
        return replace(self, parsed=parsed, payments=replace(self.payments, rows=rows))


@dataclass(frozen=True, slots=True)
class Kept:
    """The books of files, what stood in the way, and what is to be told. They are good only if nothing did."""

    book: Book
    problems: Sequence[Problem]
    notices: Sequence[str]


def kept(files: Files, base_currency: str, rates: Mapping[str, Decimal], *, skip_problems: bool = False) -> Kept:
    """The books of the files; with `skip_problems`, of all lines but those that have any."""
    wanted = _wanted(files, base_currency, rates)
    problems = list(wanted.problems)
    if skip_problems:
        wanted = wanted.without(_lines(problems))
    while True:
        book = Book(base_currency, Known())
        refused = applied(book, wanted.asks)
        problems += refused
        if not refused or not skip_problems:
            return Kept(book, problems, wanted.notices)
        wanted = wanted.without(_lines(refused))


def _wanted(files: Files, base_currency: str, rates: Mapping[str, Decimal]) -> Plan:
    charges = plan(files.parsed, side=files.side, base_currency=base_currency, rates=rates)
    if files.payments is None:
        return charges
    charges = charges.of_file(files.name)
    payments = plan_payments(
        files.payments,
        targets_of(files.parsed, files.name),
        side=files.side,
        base_currency=base_currency,
        rates=rates,
        file=files.payments_name,
    )
    return Plan((*charges.asks, *payments.asks), (*charges.problems, *payments.problems), payments.notices)


def _lines(problems: Iterable[Problem]) -> set[tuple[str | None, int | None]]:
    return {(problem.file, problem.line) for problem in problems}
