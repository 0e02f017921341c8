"""Turn the rows of a file into what a ledger is asked to record, and what it refuses back into lines of the file.

Units: amounts are minor units (int); a rate is how much of the base currency one of a foreign currency is worth.
Holds: the same row gives the same external ids in any file, so that rows recorded before add nothing; nothing here
touches a database.
Source: docs/howto/command-line.md, "What an import records"; docs/rule.md, T4, T5, T11.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from duebook.importers.rows import Field, ImportRow, Parsed, Problem
from duebook.ledger.book import Book
from duebook.ledger.commands import AddCharge, AddSettlement, NewAllocation, NewParty
from duebook.ledger.errors import ExternalIdConflict, LedgerError
from duebook.ledger.facts import Kind, Side
from duebook.money import exponent, round_half_even

_SAID: Final = {
    "issued_on": "issue date",
    "received_on": "date received",
    "due_on": "due date",
    "settled_on": "day of payment",
}


@dataclass(frozen=True, slots=True)
class Ask:
    """One command, and the row it comes from."""

    row: ImportRow
    command: AddCharge | AddSettlement


@dataclass(frozen=True, slots=True)
class Plan:
    """What to ask of the ledger, in the order of the file; good only without problems, those of reading included."""

    asks: tuple[Ask, ...]
    problems: tuple[Problem, ...]

    @property
    def commands(self) -> list[AddCharge | AddSettlement]:
        """The commands alone."""
        return [ask.command for ask in self.asks]


def plan(parsed: Parsed, *, side: Side, base_currency: str, rates: Mapping[str, Decimal]) -> Plan:
    """A charge or a credit for each row, and a payment in full for each that is settled.

    `rates` are the booking rates of foreign currencies. Raises UnknownCurrency for the base currency.
    """
    exponent(base_currency)
    columns = columns_of(parsed)
    asks: list[Ask] = []
    problems = list(parsed.problems)
    for row in parsed.rows:
        if row.amount_minor < 0 and row.settled_on is not None:
            rule = "settles a credit, and nothing says against what: leave the line or the date out"
            problems.append(Problem(row.line, columns.get("settled_on"), str(row.settled_on), rule))
        elif row.currency != base_currency and row.currency not in rates:
            rule = f"is not the base currency {base_currency}: give its rate, as in --rate {row.currency}=1.25"
            problems.append(Problem(row.line, columns.get("currency"), row.currency, rule))
        else:
            base_minor = base_amount(abs(row.amount_minor), row.currency, base_currency, rates)
            asks.extend(Ask(row, command) for command in _commands(row, side, base_minor))
    problems.sort(key=lambda problem: problem.line or 0)
    return Plan(tuple(asks), tuple(problems))


def applied(book: Book, asks: Iterable[Ask], columns: Mapping[Field, str]) -> list[Problem]:
    """Work everything out in the book; the first thing refused of each line. After a refusal the book is of no use."""
    problems: dict[int, Problem] = {}
    for ask in asks:
        try:
            book.apply(ask.command)
        except LedgerError as error:
            problems.setdefault(ask.row.line, _problem(ask, error, columns))
    return list(problems.values())


def columns_of(parsed: Parsed) -> dict[Field, str]:
    """What the file calls the column of each field."""
    return {column.field: column.column for column in parsed.mapping.columns}


def base_amount(amount_minor: int, currency: str, base_currency: str, rates: Mapping[str, Decimal]) -> int:
    """An amount in the base currency, rounded half to even. The rates have the currency, unless it is the base."""
    if currency == base_currency:
        return amount_minor
    worth, of = rates[currency].as_integer_ratio()
    return round_half_even(amount_minor * worth * 10 ** exponent(base_currency), of * 10 ** exponent(currency))


def external_id_of(row: ImportRow) -> str | None:
    """The external id of the row's document: its party's id and its number, since two vendors may use one number."""
    if row.number is None:
        return None
    party = row.party_external_id.replace("%", "%25").replace(":", "%3A")
    return f"{party}:{row.number}"


def _commands(row: ImportRow, side: Side, base_minor: int) -> Iterator[AddCharge | AddSettlement]:
    party = NewParty(row.party_external_id, row.party_name)
    external_id = external_id_of(row)
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


def _problem(ask: Ask, error: LedgerError, columns: Mapping[Field, str]) -> Problem:
    if not isinstance(error, ExternalIdConflict):
        return Problem(ask.row.line, None, None, str(error))
    paid = "as paid, " if isinstance(ask.command, AddSettlement) and ask.row.amount_minor > 0 else ""
    rule = f"is recorded already, {paid}with another {_SAID.get(error.differing, error.differing)}"
    return Problem(ask.row.line, columns.get("number"), ask.row.number, rule)
