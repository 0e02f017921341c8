"""Turn the rows of a file into what a ledger is asked to record, and what it refuses back into lines of the file.

Units: amounts are minor units (int); a rate is how much of the base currency one of a foreign currency is worth.
Holds: the same row gives the same external ids in any file, so that rows recorded before add nothing; nothing here
touches a database.
Source: docs/howto/command-line.md, "What an import records"; docs/rule.md, T4, T5, T11.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from duebook.importers.refusals import problem_of
from duebook.importers.rows import ImportRow, Parsed, Problem
from duebook.ledger.book import Book
from duebook.ledger.commands import AddCharge, AddSettlement, Allocate, Command, NewAllocation, NewParty, UndoDocument
from duebook.ledger.errors import LedgerError, PeriodIsClosed
from duebook.ledger.facts import Kind, Side
from duebook.ledger.working import Known
from duebook.money import exponent, round_half_even


@dataclass(frozen=True, slots=True)
class Ask:
    """One command, the line it comes from, and how that line is named when the command is refused.

    `named` is the column and the value of the document's name, `priced` those of its currency. `settles` marks the
    payment that a line adds to its charge. `file` is named where there are several.
    """

    line: int
    command: AddCharge | AddSettlement | Allocate | UndoDocument
    named: tuple[str | None, str | None] = (None, None)
    priced: tuple[str | None, str | None] = (None, None)
    settles: bool = False
    file: str | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """What to ask of the ledger, in order; good only without problems, those of reading included."""

    asks: tuple[Ask, ...]
    problems: tuple[Problem, ...]
    notices: tuple[str, ...] = ()

    @property
    def commands(self) -> list[Command]:
        """The commands alone."""
        return [ask.command for ask in self.asks]

    def of_file(self, name: str) -> "Plan":
        """The same, whose lines say which file they are of."""
        asks = tuple(replace(ask, file=name) for ask in self.asks)
        problems = tuple(replace(problem, file=problem.file or name) for problem in self.problems)
        return Plan(asks, problems, self.notices)

    def without(self, lines: Collection[tuple[str | None, int | None]]) -> "Plan":
        """The same without what comes from these lines, each a file and a line."""
        return Plan(tuple(ask for ask in self.asks if (ask.file, ask.line) not in lines), self.problems, self.notices)


def plan(
    parsed: Parsed, *, side: Side, base_currency: str, rates: Mapping[str, Decimal], opening: bool = False
) -> Plan:
    """A charge or a credit for each row, and a payment in full for each that is settled.

    `rates` are booking rates of foreign currencies; without one the ledger's own rates book a row. With `opening`
    every row is an opening item (T18). Raises UnknownCurrency for the base currency.
    """
    exponent(base_currency)
    columns = columns_of(parsed)
    asks: list[Ask] = []
    problems = list(parsed.problems)
    for row in parsed.rows:
        if row.settled_on is not None and (row.amount_minor < 0 or opening):
            rule = "settles a credit, and nothing says against what: leave the line or the date out"
            if opening:
                rule = "settles it, and only what is open is an opening item: leave the line or the date out"
            problems.append(Problem(row.line, columns.get("settled_on"), str(row.settled_on), rule))
            continue
        base_minor = base_amount(abs(row.amount_minor), row.currency, base_currency, rates)
        named, priced = (columns.get("number"), row.number), (columns.get("currency"), row.currency)
        asks.extend(
            Ask(row.line, command, named, priced, settles=place > 0)
            for place, command in enumerate(_commands(row, side, base_minor, opening))
        )
    problems.sort(key=lambda problem: problem.line or 0)
    return Plan(tuple(asks), tuple(problems))


def applied(book: Book, asks: Iterable[Ask]) -> list[Problem]:
    """Work everything out in the book; the first thing refused of each line. After a refusal the book is of no use."""
    problems: dict[tuple[str | None, int], Problem] = {}
    for ask in asks:
        try:
            book.apply(ask.command)
        except LedgerError as error:
            problems.setdefault(
                (ask.file, ask.line),
                problem_of(error, line=ask.line, file=ask.file, named=ask.named, priced=ask.priced, paid=ask.settles),
            )
    return list(problems.values())


def in_closed_period(known: Known, asks: Iterable[Ask], error: PeriodIsClosed) -> list[Problem]:
    """Every line that adds a document to what is closed, each in its own words; the ledger names only the first."""
    recorded = {(one.side, one.kind, one.external_id) for one in known.documents}
    problems: dict[tuple[str | None, int], Problem] = {}
    for ask in asks:
        match ask.command:
            case AddCharge(side=side, external_id=external_id, issued_on=on):
                kind = Kind.CHARGE
            case AddSettlement(side=side, kind=kind, external_id=external_id, settled_on=on):
                pass
            case _:
                continue
        there = external_id is not None and (side, kind, external_id) in recorded
        if on <= error.closed_through and not there:
            rule = f"would take effect on {on}, and the books are closed through {error.closed_through}"
            problems.setdefault((ask.file, ask.line), Problem(ask.line, *ask.named, rule, ask.file))
    return list(problems.values())


def columns_of(parsed: Parsed) -> dict[str, str]:
    """What the file calls the column of each field."""
    return {column.field: column.column for column in parsed.mapping.columns}


def base_amount(amount_minor: int, currency: str, base_currency: str, rates: Mapping[str, Decimal]) -> int | None:
    """An amount in the base currency, rounded half to even; None if the rates do not have its currency."""
    if currency == base_currency:
        return amount_minor
    if currency not in rates:
        return None
    worth, of = rates[currency].as_integer_ratio()
    return round_half_even(amount_minor * worth * 10 ** exponent(base_currency), of * 10 ** exponent(currency))


def external_id_of(party_external_id: str, number: str | None) -> str | None:
    """The external id of a document: its party's id and its number, since two vendors may use one number."""
    if number is None:
        return None
    party = party_external_id.replace("%", "%25").replace(":", "%3A")
    return f"{party}:{number}"


def _commands(row: ImportRow, side: Side, base_minor: int | None, opening: bool) -> Iterator[AddCharge | AddSettlement]:
    party = NewParty(row.party_external_id, row.party_name)
    external_id = external_id_of(row.party_external_id, row.number)
    if row.amount_minor < 0:
        yield AddSettlement(
            side=side,
            kind=Kind.CREDIT,
            external_id=external_id,
            party=party,
            number=row.number,
            settled_on=row.issued_on,
            currency=row.currency,
            amount_minor=-row.amount_minor,
            base_minor=base_minor,
            opening=opening,
        )
        return
    charge = AddCharge(
        side=side,
        external_id=external_id,
        party=party,
        number=row.number,
        issued_on=row.issued_on,
        received_on=row.received_on,
        due_on=row.due_on,
        currency=row.currency,
        amount_minor=row.amount_minor,
        base_minor=base_minor,
        opening=opening,
    )
    yield charge
    if row.settled_on is not None and row.amount_minor > 0:
        yield AddSettlement(
            side=side,
            kind=Kind.PAYMENT,
            external_id=external_id and f"{external_id}:settled",
            party=party,
            settled_on=row.settled_on,
            currency=row.currency,
            amount_minor=row.amount_minor,
            base_minor=base_minor,
            allocations=(NewAllocation(charge=external_id or charge.id, amount_minor=row.amount_minor),),
        )
