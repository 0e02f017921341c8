"""Read a file of payments, each naming the invoice or bill it pays, if it pays one.

Units: amounts are minor units (int) of the currency beside them; dates are calendar days; lines count from 1.
Holds: a line is a row or at least one problem; a payment is more than nothing.
Source: docs/howto/import-payments.md.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from duebook.importers.amounts import AmountColumn, BadColumnAmount, DecimalMark
from duebook.importers.columns import id_words, name_words, parties_of
from duebook.importers.dates import BadDate, DateColumn, DateFormat
from duebook.importers.names import identifier_problem, name_problem, without_point_zero
from duebook.importers.rows import ParsedPayments, PaymentRow, Problem
from duebook.importers.sheet import (
    Line,
    Sheet,
    Wanted,
    amount_column,
    bytes_of,
    date_columns,
    read_sheet,
    with_readings,
)
from duebook.ledger.facts import Side
from duebook.money import UnknownCurrency, exponent, format_minor

_NUMBER: Final = (
    "paymentid paymentnumber paymentno paymentnum paymentref paymentreference receiptid receiptnumber receiptno"
    " transactionid transactionnumber transactionno txnid referencenumber referenceno reference ref"
).split()
_DOCUMENT: Final = (
    "invoicenumber invoiceno invoicenum invoicenr invno billnumber billno billnum documentnumber documentno docnumber"
    " docno invoiceid billid documentid docid appliedto invoice bill document"
).split()
_PAID_ON: Final = (
    "paymentdate paidon datepaid paiddate paidat receiptdate receivedon datereceived receiveddate settlementdate"
    " transactiondate txndate postingdate valuedate date"
).split()
_AMOUNT: Final = (
    "amountpaid paidamount paymentamount amountreceived receivedamount amountapplied appliedamount amount total paid"
).split()
_CURRENCY: Final = "currency currencycode paymentcurrency curr ccy cur currencyid".split()
_ADVICE: Final = ": say --date-format dmy or mdy"
_MARKS: Final = ": say --decimal-mark . or ,"


def read_payments(
    path: Path,
    *,
    side: Side,
    currency: str,
    currency_of: Mapping[str, str] | None = None,
    overrides: Mapping[str, str] | None = None,
    date_format: DateFormat | None = None,
    decimal_mark: DecimalMark | None = None,
    zone: ZoneInfo | None = None,
) -> ParsedPayments:
    """Every payment of a CSV file, plain or gzipped, or what stands in the way, line by line.

    A row that names no currency is in that of its document, which `currency_of` gives by number, else in `currency`.
    Raises ImportRefused if the file cannot be read at all, UnknownCurrency for the currency given.
    """
    places = exponent(currency)
    problems: list[Problem] = []
    sheet = read_sheet(
        bytes_of(path), _wanted(side), problems, path=path, overrides=overrides, option="--payment-column"
    )
    days = date_columns(sheet, ["paid_on"], date_format, problems, _ADVICE)
    amount = amount_column(sheet, "amount", decimal_mark, places, problems, _MARKS)
    if "paid_on" not in days or amount is None:
        return ParsedPayments(sheet.mapping(), (), tuple(problems), ())
    sheet = with_readings(sheet, {"paid_on": days["paid_on"], "amount": amount})
    reader = _Reader(sheet, days["paid_on"], amount, currency, currency_of or {}, zone or ZoneInfo("UTC"), problems)
    rows = tuple(row for row in map(reader.row, sheet.lines) if row is not None)
    problems.sort(key=lambda problem: problem.line or 0)
    return ParsedPayments(sheet.mapping(), rows, tuple(problems), tuple(reader.notices()))


def _wanted(side: Side) -> tuple[Wanted, ...]:
    who = parties_of(side)
    return (
        Wanted("document", tuple(_DOCUMENT)),
        Wanted("number", tuple(_NUMBER)),
        Wanted("party_name", tuple(name_words(who))),
        Wanted("party_id", (*id_words(who), *who)),
        Wanted("paid_on", tuple(_PAID_ON), "the day of payment (paid_on)"),
        Wanted("amount", tuple(_AMOUNT), "the amount"),
        Wanted("currency", tuple(_CURRENCY)),
    )


@dataclass(slots=True)
class _Reader:
    """Reads line after line, and remembers the numbers that payments have had."""

    sheet: Sheet
    paid_on: DateColumn
    amount: AmountColumn
    currency: str
    currency_of: Mapping[str, str]
    zone: ZoneInfo
    problems: list[Problem]
    counts: Counter[str] = field(default_factory=Counter)
    first_rows: dict[tuple[str, str, str | None], PaymentRow] = field(default_factory=dict)
    whole: dict[tuple[str, str], PaymentRow] = field(default_factory=dict)

    def row(self, line: Line) -> PaymentRow | None:
        """The payment of this line, or None after adding its problems."""
        before = len(self.problems)
        number = self._identifier(line, "number")
        document = self._identifier(line, "document")
        party = self._identifier(line, "party_id")
        name = " ".join(line.cells["party_name"].split())
        if rule := name_problem(name):
            self._problem(line, "party_name", rule, name)
        if not document and not party and not name:
            self._problem(line, "document", "is empty, and no customer or vendor is named either")
        paid_on = self._paid_on(line)
        amount_minor, currency = self._money(line, document)
        if len(self.problems) > before or paid_on is None:
            return None
        row = PaymentRow(
            line=line.line,
            number=number or None,
            document=document or None,
            party_external_id=party or name or None,
            party_name=name or party or None,
            paid_on=paid_on,
            currency=currency,
            states_currency=bool(line.cells["currency"]),
            amount_minor=amount_minor,
        )
        return None if self._repeats(line, row) else row

    def notices(self) -> list[str]:
        """What was noticed, counted over all lines."""
        count = self.counts["number"]
        if not count:
            return []
        rows = "1 payment has no number" if count == 1 else f"{count:,} payments have no number"
        return [f"{rows}: nothing tells if the file is imported twice"]

    def _repeats(self, line: Line, row: PaymentRow) -> bool:
        """Whether an earlier line says it already, or says otherwise of the same payment; adds the problem.

        A payment may have several lines, one for each document that it pays.
        """
        if row.number is None:
            self.counts["number"] += 1
            return False
        party = row.party_external_id or ""
        first = self.first_rows.setdefault((party, row.number, row.document), row)
        if first is not row:
            same = first.amount_minor == row.amount_minor and first.paid_on == row.paid_on
            content = "with the same day and amount" if same else "with another day or another amount"
            self._problem(line, "number", f"is on line {first.line} already, {content}", row.number)
            return True
        whole = self.whole.setdefault((party, row.number), row)
        if (whole.paid_on, whole.currency) != (row.paid_on, row.currency):
            rule = f"is on line {whole.line} already, with another day or another currency"
            self._problem(line, "number", rule, row.number)
            return True
        return False

    def _identifier(self, line: Line, column: str) -> str:
        text = line.cells[column]
        if rule := identifier_problem(text):
            self._problem(line, column, rule, text)
        return without_point_zero(text)

    def _paid_on(self, line: Line) -> date | None:
        text = line.cells["paid_on"]
        try:
            paid_on = self.paid_on.read(text, self.zone)
        except BadDate as error:
            self._problem(line, "paid_on", str(error), text)
            return None
        if paid_on is None:
            self._problem(line, "paid_on", "is empty")
        return paid_on

    def _money(self, line: Line, document: str) -> tuple[int, str]:
        text, currency = line.cells["amount"], line.cells["currency"].upper()
        currency = currency or self.currency_of.get(document, self.currency)
        try:
            exponent(currency)
            amount_minor = self.amount.read(text, currency) if text else 0
        except UnknownCurrency:
            rule = "is not the code of a currency (ISO 4217, such as USD)"
            self._problem(line, "currency", rule, line.cells["currency"])
            return 0, currency
        except BadColumnAmount as error:
            self._problem(line, "amount", str(error), text)
            return 0, currency
        if not text:
            self._problem(line, "amount", "is empty")
        elif amount_minor < 0:
            rule = f"is a payment of {format_minor(amount_minor, currency)}: money paid back is no payment"
            self._problem(line, "amount", rule, text)
        elif amount_minor == 0:
            self._problem(line, "amount", "is a payment of nothing", text)
        return amount_minor, currency

    def _problem(self, line: Line, column: str, rule: str, value: str | None = None) -> None:
        self.problems.append(Problem(line.line, self.sheet.name_of(column), value, rule))
