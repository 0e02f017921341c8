"""Read the invoice table of a Xero organisation, invoices and bills in one file.

Units: amounts are minor units (int) of the currency of their row; dates are calendar days; a currency rate is units of
the foreign currency for one of the base currency, so that base amount = amount / rate.
Holds: a line is one document with what settled it, left out with a word, or a problem.
Source: docs/howto/import-xero.md; docs/rule.md, T4, T11.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Final, Literal, NoReturn
from zoneinfo import ZoneInfo

from duebook.importers.commands import Ask, Plan
from duebook.importers.dates import BadDate, DateColumn
from duebook.importers.invoices import on_lines
from duebook.importers.names import identifier_problem, name_problem
from duebook.importers.rows import Mapping as ColumnMapping
from duebook.importers.rows import Problem
from duebook.importers.sheet import Line, Sheet, Wanted, bytes_of, read_sheet
from duebook.ledger.commands import AddCharge, AddSettlement, NewAllocation, NewParty, UndoDocument
from duebook.ledger.facts import Kind, Side, State
from duebook.money import BadAmount, UnknownCurrency, exponent, format_minor, parse_minor, round_half_even

_NEEDED: Final = (
    *("invoice_id", "contact_id", "type", "status", "date", "due_date", "fully_paid_on_date"),
    *("total", "amount_due", "amount_paid", "amount_credited", "currency_code", "currency_rate"),
)
_WANTED: Final = (
    *(Wanted(name, (name.replace("_", ""),), name) for name in _NEEDED),
    Wanted("invoice_number", ("invoicenumber",)),
)
_SIDES: Final = {"ACCREC": Side.RECEIVABLE, "ACCPAY": Side.PAYABLE}
_ISO: Final = DateColumn("ymd", "-")

_NOTICES: Final = {
    "void": "void in Xero: recorded as void, which counts on no day",
    "draft": "not approved yet in Xero: recorded as a draft, which counts on no day",
    "early": "paid before it was issued: the payment is unapplied until then",
    "unnumbered": "without a number",
    "rateless": "in a foreign currency without a rate: booked at the rate of the books",
}


@dataclass(frozen=True, slots=True)
class XeroInvoices:
    """What a table says: which columns were read, how many lines there are, and what to record."""

    mapping: ColumnMapping
    rows: int
    plan: Plan


def read_xero(
    path: Path, *, base_currency: str, names: Mapping[str, str] | None = None, zone: ZoneInfo | None = None
) -> XeroInvoices:
    """Every invoice and bill of the table, plain or gzipped, or what stands in the way, line by line.

    `names` are those of contacts by id; without one a contact is called by its id. Raises ImportRefused if the file
    cannot be read at all, UnknownCurrency for the base currency.
    """
    exponent(base_currency)
    problems: list[Problem] = []
    sheet = read_sheet(bytes_of(path), _WANTED, problems, path=path)
    reader = _Reader(sheet, base_currency, names or {}, zone or ZoneInfo("UTC"), problems)
    asks = tuple(ask for line in sheet.lines for ask in reader.asks(line))
    reader.check_base_currency()
    problems.sort(key=lambda problem: problem.line or 0)
    plan = Plan(asks, tuple(problems), tuple(reader.notices()))
    return XeroInvoices(sheet.mapping(), len(sheet.lines), plan)


@dataclass(frozen=True, slots=True)
class _Document:
    """One line, read."""

    side: Side
    external_id: str
    party: NewParty
    number: str | None
    issued_on: date
    due_on: date | None
    paid_on: date | None
    currency: str
    total_minor: int
    due_minor: int
    paid_minor: int
    credited_minor: int
    rate: Decimal | None


class _BadLine(Exception):
    """The line has a problem, which is noted."""


@dataclass(slots=True)
class _Reader:
    sheet: Sheet
    base_currency: str
    names: Mapping[str, str]
    zone: ZoneInfo
    problems: list[Problem]
    noticed: dict[str, list[int]] = field(default_factory=lambda: {what: [] for what in _NOTICES})
    rates: dict[str, set[Decimal]] = field(default_factory=dict)
    first_lines: dict[str, int] = field(default_factory=dict)

    def asks(self, line: Line) -> Iterator[Ask]:
        """What the line asks of the ledger; nothing after adding its problem."""
        try:
            document, status = self._document(line), line.cells["status"].upper()
            first = self.first_lines.setdefault(document.external_id, line.line)
            if first != line.line:
                self._problem(line, "invoice_id", f"is on line {first} already")
            commands = list(self._commands(line, document, status))
        except _BadLine:
            return
        named = (self.sheet.name_of("invoice_number"), document.number or document.external_id)
        priced = (self.sheet.name_of("currency_code"), document.currency)
        for place, command in enumerate(commands):
            yield Ask(line.line, command, named, priced, settles=place > 0)

    def notices(self) -> Iterator[str]:
        """What was noticed, with its lines."""
        for what, lines in self.noticed.items():
            if lines:
                yield f"{on_lines(lines)}: {_NOTICES[what]}"

    def check_base_currency(self) -> None:
        """Xero gives the base currency the rate 1, and hardly ever another: adds a problem where it is another."""
        alike = [currency for currency, rates in self.rates.items() if rates == {Decimal(1)}]
        for currency in alike:
            if currency != self.base_currency and self.base_currency not in alike:
                rule = f"has the rate 1 throughout, as the base currency has; the books are in {self.base_currency}"
                self.problems.append(Problem(None, self.sheet.name_of("currency_rate"), currency, rule))

    def _commands(
        self, line: Line, document: _Document, status: str
    ) -> Iterator[AddCharge | AddSettlement | UndoDocument]:
        match status:
            case "DELETED":
                yield UndoDocument(
                    side=document.side, kind=Kind.CHARGE, document=document.external_id, state=State.DELETED
                )
            case "VOIDED":
                self.noticed["void"].append(line.line)
                yield self._charge(document, State.VOID)
            case "DRAFT" | "SUBMITTED":
                self.noticed["draft"].append(line.line)
                yield self._charge(document, State.DRAFT)
            case "AUTHORISED" | "PAID":
                settled_minor = document.paid_minor + document.credited_minor
                if document.total_minor != settled_minor + document.due_minor:
                    rule = f"is not amount_paid, amount_credited and amount_due together ({self._in_words(document)})"
                    self._problem(line, "total", rule)
                if settled_minor and document.paid_on is None:
                    self._problem(line, "fully_paid_on_date", f"is empty, and {self._in_words(document)}")
                yield self._charge(document, State.ISSUED)
                if document.paid_on is not None and document.paid_on < document.issued_on:
                    self.noticed["early"].append(line.line)
                yield from self._settlements(document)
            case _:
                self._problem(line, "status", "is none of DRAFT, SUBMITTED, AUTHORISED, PAID, VOIDED and DELETED")
        self.noticed["unnumbered"] += [line.line] if document.number is None else []
        foreign = document.currency != self.base_currency
        self.noticed["rateless"] += [line.line] if foreign and document.rate is None else []

    def _in_words(self, document: _Document) -> str:
        paid, credited, due = (
            format_minor(each, document.currency)
            for each in (document.paid_minor, document.credited_minor, document.due_minor)
        )
        return f"{paid} is paid, {credited} credited, {due} due"

    def _charge(self, document: _Document, state: State) -> AddCharge:
        return AddCharge(
            side=document.side,
            external_id=document.external_id,
            state=state,
            party=document.party,
            number=document.number,
            issued_on=document.issued_on,
            due_on=document.due_on,
            currency=document.currency,
            amount_minor=document.total_minor,
            base_minor=self._base_minor(document, document.total_minor),
        )

    def _settlements(self, document: _Document) -> Iterator[AddSettlement]:
        parts: tuple[tuple[Literal[Kind.PAYMENT, Kind.CREDIT], str, int], ...] = (
            (Kind.PAYMENT, "paid", document.paid_minor),
            (Kind.CREDIT, "credited", document.credited_minor),
        )
        for kind, what, amount_minor in parts:
            if amount_minor and document.paid_on is not None:
                yield AddSettlement(
                    side=document.side,
                    kind=kind,
                    external_id=f"{document.external_id}:{what}",
                    party=document.party,
                    settled_on=document.paid_on,
                    currency=document.currency,
                    amount_minor=amount_minor,
                    base_minor=self._base_minor(document, amount_minor),
                    allocations=(NewAllocation(charge=document.external_id, amount_minor=amount_minor),),
                )

    def _base_minor(self, document: _Document, amount_minor: int) -> int | None:
        """Amount / rate in base minor units, rounded half to even; None without a rate."""
        if document.currency == self.base_currency:
            return amount_minor
        if document.rate is None:
            return None
        foreign, base = document.rate.as_integer_ratio()
        into, out_of = exponent(self.base_currency), exponent(document.currency)
        return round_half_even(amount_minor * base * 10**into, foreign * 10**out_of)

    def _document(self, line: Line) -> _Document:
        cells = line.cells
        side = _SIDES.get(cells["type"].upper())
        if side is None:
            self._problem(line, "type", "is neither ACCREC nor ACCPAY")
        for name in ("invoice_id", "contact_id", "invoice_number"):
            if rule := identifier_problem(cells[name]):
                self._problem(line, name, rule)
        for name in ("invoice_id", "contact_id"):
            if not cells[name]:
                self._problem(line, name, "is empty")
        contact = self.names.get(cells["contact_id"], cells["contact_id"])
        if rule := name_problem(contact):
            self._problem(line, "contact_id", rule)
        issued_on = self._day(line, "date")
        if issued_on is None:
            self._problem(line, "date", "is empty")
        currency = cells["currency_code"].upper() or self.base_currency
        try:
            exponent(currency)
        except UnknownCurrency:
            self._problem(line, "currency_code", "is not the code of a currency (ISO 4217, such as USD)")
        total_minor, due_minor, paid_minor, credited_minor = (
            self._amount(line, name, currency) for name in ("total", "amount_due", "amount_paid", "amount_credited")
        )
        return _Document(
            side=side,
            external_id=cells["invoice_id"],
            party=NewParty(cells["contact_id"], contact),
            number=cells["invoice_number"] or None,
            issued_on=issued_on,
            due_on=self._day(line, "due_date"),
            paid_on=self._day(line, "fully_paid_on_date"),
            currency=currency,
            total_minor=total_minor,
            due_minor=due_minor,
            paid_minor=paid_minor,
            credited_minor=credited_minor,
            rate=self._rate(line, currency),
        )

    def _day(self, line: Line, name: str) -> date | None:
        try:
            return _ISO.read(line.cells[name], self.zone)
        except BadDate as error:
            self._problem(line, name, str(error).removesuffix(", like the rest of the column"))

    def _amount(self, line: Line, name: str, currency: str) -> int:
        try:
            amount_minor = parse_minor(line.cells[name] or "0", currency)
        except BadAmount as error:
            self._problem(line, name, f"is not an amount of {currency}: {error.rule}")
        if amount_minor < 0:
            self._problem(line, name, "is below zero")
        return amount_minor

    def _rate(self, line: Line, currency: str) -> Decimal | None:
        """Foreign units for one base unit; None where the cell is empty."""
        text = line.cells["currency_rate"]
        if not text:
            return None
        try:
            rate = Decimal(text)
        except InvalidOperation:
            rate = Decimal()
        if not rate.is_finite() or rate <= 0:
            self._problem(line, "currency_rate", "is not a rate: a number above zero")
        if currency == self.base_currency and rate != 1:
            self._problem(line, "currency_rate", f"is not 1, and {currency} is the currency of the books")
        self.rates.setdefault(currency, set()).add(rate)
        return rate

    def _problem(self, line: Line, name: str, rule: str) -> NoReturn:
        """Note the problem and leave the line."""
        value = line.cells[name] or None
        self.problems.append(Problem(line.line, self.sheet.name_of(name), value, rule))
        raise _BadLine
