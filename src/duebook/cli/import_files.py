"""What the files of an import say, whatever their format: the plan so far, and what was read of each.

Source: docs/howto/command-line.md, "Import".
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import StrEnum
from pathlib import Path

from duebook.cli.exits import UsageError
from duebook.cli.output import progress
from duebook.cli.reading import Reading, overrides_of, read, telling_unused
from duebook.importers.commands import Plan, plan
from duebook.importers.contacts import Contacts, named, read_contacts
from duebook.importers.payments import read_payments
from duebook.importers.quickbooks import Bodies, read_bodies
from duebook.importers.quickbooks_commands import plan_quickbooks
from duebook.importers.rows import Mapping as ColumnMapping
from duebook.importers.rows import Parsed, ParsedPayments
from duebook.importers.settling import Targets, targets_of
from duebook.importers.xero import read_xero
from duebook.ledger.facts import Side
from duebook.tenancy.facts import Business


class Format(StrEnum):
    """What kind of files they are."""

    CSV = "csv"
    PAYMENTS = "payments"
    XERO = "xero"
    QUICKBOOKS = "quickbooks"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a user asks of an import."""

    files: tuple[Path, ...]
    format: Format = Format.CSV
    side: Side | None = None
    currency: str | None = None
    payments: Path | None = None
    contacts: Path | None = None
    opening: bool = False
    payment_column: tuple[str, ...] = ()
    reading: Reading
    skip_problems: bool = False
    dry_run: bool = False

    @property
    def called(self) -> str:
        """What messages call the files."""
        files = [*self.files, *(each for each in (self.payments, self.contacts) if each)]
        return str(files[0]) if len(files) == 1 else f"the import of {len(files)} files"

    def check(self) -> None:
        """Raises UsageError for wishes that do not go together."""
        if not self.files or (len(self.files) > 1 and self.format is not Format.QUICKBOOKS):
            raise UsageError("name one file" if self.format is not Format.QUICKBOOKS else "name one file or more")
        both_sides = self.format in (Format.XERO, Format.QUICKBOOKS)
        if both_sides == (self.side is not None):
            asked = f"files of format {self.format} hold both sides: leave --side out"
            raise UsageError(asked if both_sides else "say --side receivable or --side payable")
        for name, given, allowed in (
            ("--payments", self.payments, (Format.CSV,)),
            ("--opening", self.opening or None, (Format.CSV,)),
            ("--contacts", self.contacts, (Format.CSV, Format.XERO)),
            ("--payment-column", self.payment_column or None, (Format.CSV, Format.PAYMENTS)),
            ("--column", self.reading.column or None, (Format.CSV,)),
        ):
            if given is not None and self.format not in allowed:
                raise UsageError(f"{name} is for --format {' or '.join(allowed)}")
        if self.opening and self.payments:
            raise UsageError("what is paid is no opening item: leave --opening or --payments out")


@dataclass(frozen=True, slots=True)
class FileRead:
    """One file: how many rows or documents it has, and which columns were read, if it has columns."""

    file: Path
    rows: int
    mapping: ColumnMapping | None = None


@dataclass(frozen=True, slots=True)
class Intake:
    """All that the files say. `payments` are still to be fitted to what is in the books."""

    files: tuple[FileRead, ...]
    plan: Plan
    side: Side | None = None
    parties: int = 0
    rates: Mapping[str, Decimal] = field(default_factory=dict)
    payments: ParsedPayments | None = None
    payments_name: str | None = None
    targets: Targets = field(default_factory=Targets)
    bodies: Bodies | None = None


def read_files(wish: Wish, books: Business) -> Intake:
    """Everything that can be known without the books. Raises UsageError, ImportRefused, UnknownCurrency."""
    match wish.format:
        case Format.CSV:
            return _invoices(wish, books)
        case Format.PAYMENTS:
            return _payments(wish, books, wish.files[0], Plan((), ()), ())
        case Format.XERO:
            return _xero(wish, books)
        case Format.QUICKBOOKS:
            with progress("Reading"):
                bodies = read_bodies(wish.files)
            files = tuple(FileRead(file, 0) for file in wish.files)
            return Intake(files, plan_quickbooks(bodies, base_currency=books.base_currency), bodies=bodies)


def _invoices(wish: Wish, books: Business) -> Intake:
    side = _side(wish)
    rates = wish.reading.rates(books.base_currency)
    parsed = read(
        wish.files[0], wish.reading, side=side, currency=_currency(wish, books), zone=books.zone,
        paid_elsewhere=wish.payments is not None,
    )  # fmt: skip
    contacts = read_contacts(wish.contacts) if wish.contacts else Contacts()
    parsed = telling_unused(named(parsed, contacts.names), rates)
    wanted = plan(parsed, side=side, base_currency=books.base_currency, rates=rates, opening=wish.opening)
    wanted = _with_contacts(wish, replace(wanted, notices=parsed.notices), contacts)
    read_file = FileRead(wish.files[0], len(parsed.rows), parsed.mapping)
    if wish.payments:
        return _payments(wish, books, wish.payments, wanted, (read_file,), parsed)
    parties = len({row.party_external_id for row in parsed.rows})
    return Intake((read_file,), wanted, side, parties, rates)


def _payments(
    wish: Wish, books: Business, path: Path, before: Plan, files: tuple[FileRead, ...], parsed: Parsed | None = None
) -> Intake:
    """The payments, beside the documents of the same import if there are any."""
    side = _side(wish)
    overrides = overrides_of(wish.payment_column, "paid_on=PaymentDate")
    targets = targets_of(parsed, wish.files[0].name) if parsed else Targets()
    rows = parsed.rows if parsed else ()
    with progress(f"Reading {path.name}"):
        payments = read_payments(
            path,
            side=side,
            currency=_currency(wish, books),
            currency_of={row.number: row.currency for row in rows if row.number is not None},
            overrides=overrides,
            date_format=wish.reading.date_format,
            decimal_mark=wish.reading.decimal_mark,
            zone=books.zone,
        )
    beside = path.name if parsed else None
    read_file = FileRead(path, len(payments.rows), payments.mapping)
    rates = wish.reading.rates(books.base_currency)
    parties = len({row.party_external_id for row in rows})
    return Intake((*files, read_file), before, side, parties, rates, payments, beside, targets)


def _xero(wish: Wish, books: Business) -> Intake:
    contacts = read_contacts(wish.contacts) if wish.contacts else Contacts()
    with progress(f"Reading {wish.files[0].name}"):
        invoices = read_xero(wish.files[0], base_currency=books.base_currency, names=contacts.names, zone=books.zone)
    wanted = _with_contacts(wish, invoices.plan, contacts)
    return Intake((FileRead(wish.files[0], invoices.rows, invoices.mapping),), wanted)


def _with_contacts(wish: Wish, wanted: Plan, contacts: Contacts) -> Plan:
    """The plan with what contacts have to say; where there are several files, each line says of which it is."""
    if wish.payments or wish.contacts:
        wanted = wanted.of_file(wish.files[0].name)
    problems, notices = (*wanted.problems, *contacts.problems), (*wanted.notices, *contacts.notices)
    return replace(wanted, problems=problems, notices=notices)


def _side(wish: Wish) -> Side:
    if wish.side is None:
        raise UsageError("say --side receivable or --side payable")
    return wish.side


def _currency(wish: Wish, books: Business) -> str:
    return wish.currency.upper() if wish.currency else books.base_currency
