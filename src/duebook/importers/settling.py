"""Turn payments into what a ledger is asked to record: each for its document as far as it is open, the rest unapplied.

Units: amounts are minor units (int) of the currency beside them; lines count from 1.
Holds: every payment is a command, or a problem with its line; money that is not allocated is told.
Source: docs/howto/import-payments.md; docs/rule.md, T5, T7.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from duebook.importers.commands import Ask, Plan, base_amount, external_id_of
from duebook.importers.rows import Parsed, ParsedPayments, PaymentRow, Problem
from duebook.ledger.commands import AddSettlement, DocumentRef, NewAllocation, NewParty, PartyRef
from duebook.ledger.facts import Kind, Side
from duebook.money import format_minor


@dataclass(frozen=True, slots=True)
class Target:
    """A charge that a payment may name. `left_minor` is what is open of it on all days to come.

    `party_external_id` stands for `party` in external ids.
    """

    ref: DocumentRef
    party: PartyRef
    party_external_id: str
    party_name: str
    currency: str
    left_minor: int


@dataclass(frozen=True, slots=True)
class Targets:
    """What the payments of a file may name, by number: charges, credits, and lines that were refused."""

    charges: dict[str, list[Target]] = field(default_factory=dict)
    credits: frozenset[str] = frozenset()
    refused: Mapping[str, int] = field(default_factory=dict)
    file: str | None = None

    def party_ids(self) -> dict[str, str]:
        """The external ids of the charges' parties by name, where the name tells."""
        by_name: dict[str, set[str]] = {}
        for target in (each for found in self.charges.values() for each in found):
            by_name.setdefault(target.party_name, set()).add(target.party_external_id)
        return {name: ids.pop() for name, ids in by_name.items() if len(ids) == 1}


def targets_of(parsed: Parsed, file: str) -> Targets:
    """What the rows of a file of invoices offer to payments; what is recorded already is the ledger's to add."""
    charges: dict[str, list[Target]] = {}
    for row in parsed.rows:
        if row.number is not None and row.amount_minor >= 0:
            external_id = external_id_of(row.party_external_id, row.number)
            party = NewParty(row.party_external_id, row.party_name)
            target = Target(
                str(external_id), party, row.party_external_id, row.party_name, row.currency, row.amount_minor
            )
            charges.setdefault(row.number, []).append(target)
    credits = frozenset(row.number for row in parsed.rows if row.number is not None and row.amount_minor < 0)
    return Targets(charges, credits - charges.keys(), parsed.refused, file)


def plan_payments(
    payments: ParsedPayments,
    targets: Targets,
    *,
    side: Side,
    base_currency: str,
    rates: Mapping[str, Decimal],
    file: str | None = None,
) -> Plan:
    """A payment for each number, the earliest first, with an allocation to each document that it names.

    What does not fit a document stays unapplied, and is told.
    """
    columns = {column.field: column.column for column in payments.mapping.columns}
    planner = _Planner(targets, targets.party_ids(), side, base_currency, rates, file, columns)
    resolved = [(row, found) for row in payments.rows if (found := planner.resolve(row)) is not None]
    groups: dict[object, list[tuple[PaymentRow, _Payer]]] = {}
    for row, payer in resolved:
        groups.setdefault((payer.external_id, row.number) if row.number else row.line, []).append((row, payer))
    for group in sorted(groups.values(), key=lambda each: (each[0][0].paid_on, each[0][0].line)):
        planner.add(group)
    problems = [*(replace(problem, file=file) for problem in payments.problems), *planner.problems]
    problems.sort(key=lambda problem: problem.line or 0)
    notices = sorted(planner.notices)
    return Plan(tuple(planner.asks), tuple(problems), (*payments.notices, *(text for _, text in notices)))


def numbers_named(payments: ParsedPayments) -> list[str]:
    """The numbers of the documents that payments name."""
    return sorted({row.document for row in payments.rows if row.document is not None})


@dataclass(frozen=True, slots=True)
class _Payer:
    """Whose payment it is, and what it is for."""

    party: PartyRef
    external_id: str
    target: Target | None


@dataclass(slots=True)
class _Planner:
    targets: Targets
    party_ids: Mapping[str, str]
    side: Side
    base_currency: str
    rates: Mapping[str, Decimal]
    file: str | None
    columns: Mapping[str, str]
    left: dict[DocumentRef, int] = field(default_factory=dict)
    asks: list[Ask] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    notices: list[tuple[int, str]] = field(default_factory=list)

    def resolve(self, row: PaymentRow) -> _Payer | None:
        """Whose payment it is and for what, or None after adding the problem."""
        if row.document is None:
            stated = str(row.party_external_id)
            external_id = self.party_ids.get(stated, stated)
            return _Payer(NewParty(external_id, row.party_name or external_id), external_id, None)
        named = self.targets.charges.get(row.document, [])
        found = [target for target in named if self._is_of(row, target)]
        if len(found) == 1:
            target = found[0]
            if target.currency != row.currency and not row.states_currency:
                rule = f"is in {target.currency}, and the payment names no currency"
                self._problem(row, "document", rule, row.document)
                return None
            return _Payer(target.party, target.party_external_id, target)
        self._problem(row, "document", self._why_not(row, named, found), row.document)
        return None

    def add(self, group: Sequence[tuple[PaymentRow, _Payer]]) -> None:
        """One payment, with all its lines."""
        first, payer = group[0]
        amount_minor = sum(row.amount_minor for row, _ in group)
        allocations = [one for row, each in group if (one := self._allocation(row, each.target)) is not None]
        number = first.number
        command = AddSettlement(
            side=self.side,
            kind=Kind.PAYMENT,
            external_id=external_id_of(payer.external_id, number),
            party=payer.party,
            number=number,
            settled_on=first.paid_on,
            currency=first.currency,
            amount_minor=amount_minor,
            base_minor=base_amount(amount_minor, first.currency, self.base_currency, self.rates),
            allocations=tuple(allocations),
        )
        named = (self.columns.get("number"), number) if number else (self.columns.get("document"), first.document)
        priced = (self.columns.get("currency"), first.currency)
        self.asks.append(Ask(first.line, command, named, priced, file=self.file))

    def _allocation(self, row: PaymentRow, target: Target | None) -> NewAllocation | None:
        if target is None:
            return None
        if target.currency != row.currency:
            return NewAllocation(charge=target.ref, source_minor=row.amount_minor)
        left_minor = self.left.get(target.ref, target.left_minor)
        fits_minor = min(row.amount_minor, left_minor)
        self.left[target.ref] = left_minor - fits_minor
        if over_minor := row.amount_minor - fits_minor:
            what = f"{format_minor(over_minor, row.currency)} {row.currency} more than is open of {row.document}"
            where = f"line {row.line}" if self.file is None else f"{self.file} line {row.line}"
            self.notices.append((row.line, f"{where}: {what}: it is unapplied"))
        return NewAllocation(charge=target.ref, amount_minor=fits_minor) if fits_minor else None

    def _is_of(self, row: PaymentRow, target: Target) -> bool:
        stated = {row.party_external_id, row.party_name} - {None}
        return not stated or not stated.isdisjoint({target.party_external_id, target.party_name})

    def _why_not(self, row: PaymentRow, named: Sequence[Target], found: Sequence[Target]) -> str:
        if found:
            return "is the number of several documents: a column must say whose"
        if named:
            return f"is not a document of {row.party_name}"
        if row.document in self.targets.credits:
            return "is a credit, which nobody pays"
        if row.document in self.targets.refused:
            where = f"{self.targets.file} line {self.targets.refused[str(row.document)]}"
            return f"cannot be taken itself: see {where}"
        return "is not among the documents of the file or of the books"

    def _problem(self, row: PaymentRow, column: str, rule: str, value: str | None) -> None:
        self.problems.append(Problem(row.line, self.columns.get(column, column), value, rule, self.file))


def with_recorded(targets: Targets, recorded: Iterable[tuple[str, Target]]) -> Targets:
    """The same with charges of the books, each under its number; for one in the file too, what is left of it."""
    charges = {number: {target.ref: target for target in found} for number, found in targets.charges.items()}
    for number, target in recorded:
        charges.setdefault(number, {})[target.ref] = target
    listed = {number: list(found.values()) for number, found in charges.items()}
    return Targets(listed, targets.credits - charges.keys(), targets.refused, targets.file)
