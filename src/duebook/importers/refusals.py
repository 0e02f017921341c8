"""Say what a ledger refuses of a line in the words of the file, where the ledger's own speak of ids.

Source: docs/howto/import-csv.md, "What the books refuse".
"""

from typing import Final

from duebook.importers.rows import Problem
from duebook.ledger.errors import DocumentNotFound, ExternalIdConflict, InTheWay, LedgerError, NoRate, OverAllocated
from duebook.money import format_minor

_SAID: Final = {
    "issued_on": "issue date",
    "received_on": "date received",
    "due_on": "due date",
    "settled_on": "day of payment",
    "base_amount": "base amount",
}


def problem_of(
    error: LedgerError,
    *,
    line: int,
    file: str | None = None,
    named: tuple[str | None, str | None] = (None, None),
    priced: tuple[str | None, str | None] = (None, None),
    paid: bool = False,
) -> Problem:
    """The problem of a line. `named` and `priced` are column and value of its number and of its currency."""
    match error:
        case ExternalIdConflict():
            how = "as paid, " if paid else ""
            rule = f"is recorded already, {how}with another {_SAID.get(error.differing, error.differing)}"
            return Problem(line, *named, rule, file)
        case NoRate():
            rule = (
                f"is not the base currency {error.into}, and no rate is quoted by {error.on}: give one, as in "
                f"--rate {error.currency}=1.25"
            )
            return Problem(line, *priced, rule, file)
        case OverAllocated():
            currency = priced[1] or ""
            rule = "does not fit what is open"
            if currency:
                offered, left = (format_minor(each, currency) for each in (error.offered_minor, error.open_minor))
                rule = f"{offered} {currency} does not fit: {left} is open on {error.on}"
            return Problem(line, *named, rule, file)
        case DocumentNotFound():
            return Problem(line, *named, f"needs {error.what} {error.given}, which is not in the books", file)
        case InTheWay():
            return Problem(line, *named, "cannot be undone while payments, credits or write-offs touch it", file)
    return Problem(line, None, None, str(error), file)
