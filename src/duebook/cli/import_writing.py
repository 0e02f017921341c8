"""Record what files say as one version: all of it or nothing, or, if the user insists, all but the bad lines.

Holds: every line is recorded or listed as a problem; a trial keeps nothing.
Source: docs/howto/command-line.md, "What an import records".
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from duebook.cli.import_files import Intake
from duebook.db.queries import load
from duebook.importers.commands import Plan, applied, in_closed_period
from duebook.importers.refusals import problem_of
from duebook.importers.rows import Problem
from duebook.importers.settling import Target, numbers_named, plan_payments, with_recorded
from duebook.importers.undoing import concerned, fitted
from duebook.ledger.book import Book
from duebook.ledger.commands import AddSettlement, NewParty, UndoDocument
from duebook.ledger.errors import LedgerError, PeriodIsClosed
from duebook.ledger.facts import DocumentId, Kind, PartyId
from duebook.ledger.loading import known
from duebook.ledger.store import record
from duebook.ledger.working import Known, Recorded
from duebook.tenancy.gate import WriteTx

_QUERIES: Final = load("duebook.cli", "importing.sql")


@dataclass(frozen=True, slots=True)
class Written:
    """What became of an import: its version (None: nothing new, or refused), and what stood in the way."""

    problems: Sequence[Problem]
    notices: Sequence[str]
    version: int | None = None
    added: Counter[Kind] = field(default_factory=Counter)
    undone: int = 0
    there_before: int = 0
    done: bool = False


async def write(tx: WriteTx, intake: Intake, *, skip_problems: bool) -> Written:
    """Record all that can be recorded. Nothing is done if there are problems, unless they are to be skipped."""
    wanted = await _with_payments(tx, intake)
    wanted = fitted(wanted, await known(tx, concerned(wanted)))
    problems = list(wanted.problems)
    skippable = skip_problems and all(problem.line is not None for problem in problems)
    if problems and not skippable:
        return Written(_in_order(problems), wanted.notices)
    wanted = wanted.without({(problem.file, problem.line) for problem in problems})
    results = None
    while results is None:
        try:
            results = await record(tx, wanted.commands)
        except LedgerError as error:
            refused = await _refused(tx, wanted, error)
            problems += refused
            if not skip_problems:
                return Written(_in_order(problems), wanted.notices)
            wanted = wanted.without({(problem.file, problem.line) for problem in refused})
    latest = await tx.connection.execute(_QUERIES.latest_version, {"business_id": tx.business.id})
    answer: Any = await latest.fetchone()
    added = _added(wanted, results)
    undone = sum(isinstance(command, UndoDocument) for command in wanted.commands)
    return Written(
        _in_order(problems),
        wanted.notices,
        answer.version if answer.version > tx.version else None,
        added,
        undone,
        len(results) - added.total() - undone,
        done=True,
    )


def _in_order(problems: Sequence[Problem]) -> list[Problem]:
    return sorted(problems, key=lambda problem: (problem.file or "", problem.line or 0))


async def _refused(tx: WriteTx, wanted: Plan, error: LedgerError) -> list[Problem]:
    """Every line that the books refuse, or the one that is behind a refusal of the whole."""
    there = await known(tx, wanted.commands)
    if isinstance(error, PeriodIsClosed):
        problems = in_closed_period(there, wanted.asks, error)
    else:
        problems = applied(Book(tx.business.base_currency, there), wanted.asks)
    if problems:
        return problems
    ask = wanted.asks[error.at]
    return [problem_of(error, line=ask.line, file=ask.file, named=ask.named, priced=ask.priced, paid=ask.settles)]


async def _with_payments(tx: WriteTx, intake: Intake) -> Plan:
    """The plan with its payments, for documents of the same import and of the books."""
    if intake.payments is None or intake.side is None:
        return intake.plan
    numbers = {"business_id": tx.business.id, "side": intake.side, "numbers": numbers_named(intake.payments)}
    rows: Any = await (await tx.connection.execute(_QUERIES.charges_by_number, numbers)).fetchall()
    # What payments of this very file have taken before is theirs to take again.
    first = _planned(tx, intake, rows, Counter())
    payments = _planned(tx, intake, rows, _taken(first, await known(tx, first.commands)))
    return Plan(
        (*intake.plan.asks, *payments.asks),
        (*intake.plan.problems, *payments.problems),
        (*intake.plan.notices, *payments.notices),
    )


def _planned(tx: WriteTx, intake: Intake, rows: Sequence[Any], taken: Counter[DocumentId]) -> Plan:
    """The payments, where the books hold these charges; `taken` is added to what is left of each."""
    if intake.payments is None or intake.side is None:
        return Plan((), ())
    return plan_payments(
        intake.payments,
        with_recorded(intake.targets, [(row.number, _target(row, taken[row.id])) for row in rows]),
        side=intake.side,
        base_currency=tx.business.base_currency,
        rates=intake.rates,
        file=intake.payments_name,
    )


def _target(row: Any, taken_minor: int) -> Target:
    party = NewParty(row.party_external_id, row.party_name) if row.party_external_id else PartyId(row.party_id)
    return Target(
        ref=row.external_id or row.id,
        party=party,
        party_external_id=row.party_external_id or str(row.party_id),
        party_name=row.party_name,
        currency=row.currency,
        left_minor=row.left_minor + taken_minor,
    )


def _taken(payments: Plan, there: Known) -> Counter[DocumentId]:
    """What these payments, where they are recorded already, take of each charge."""
    ids = {command.external_id for command in payments.commands if isinstance(command, AddSettlement)} - {None}
    own = {
        one.id
        for one in there.documents
        if one.kind is Kind.PAYMENT and one.external_id in ids and one.counts and one.returned_on is None
    }
    taken: Counter[DocumentId] = Counter()
    for allocation in there.allocations:
        if allocation.source_id in own and allocation.stands and allocation.ended_on is None:
            taken[allocation.charge_id] += allocation.amount_minor
    return taken


def _added(wanted: Plan, results: Sequence[Recorded | None]) -> Counter[Kind]:
    """What is new in the books, by kind."""
    kinds = (
        getattr(ask.command, "kind", Kind.CHARGE)
        for ask, result in zip(wanted.asks, results, strict=True)
        if result is not None and result.created
    )
    return Counter(kinds)
