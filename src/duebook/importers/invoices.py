"""Turn the cells of one line into an invoice, a bill or a credit.

Units: amounts are minor units (int) of the currency of their row; dates are calendar days; lines count from 1.
Holds: a line gives one row or at least one problem; a problem in one cell hides none in another.
Source: docs/howto/import-csv.md, "What a row becomes"; docs/rule.md, T4.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Final
from zoneinfo import ZoneInfo

from duebook.importers.amounts import AmountColumn, BadColumnAmount
from duebook.importers.dates import BadDate, DateColumn
from duebook.importers.names import identifier_problem, name_problem, without_point_zero
from duebook.importers.rows import Cells, Field, ImportRow, Problem
from duebook.money import UnknownCurrency, exponent

_CHARGES: Final = frozenset("invoice inv bill charge salesinvoice purchaseinvoice taxinvoice vendorbill".split())
_CREDITS: Final = frozenset(
    "credit creditnote creditmemo creditinvoice vendorcredit suppliercredit billcredit cn cm".split()
)

_RESPELLED: Final = (
    "1 party has more than one spelling of its name: the first is kept",
    "{} parties have more than one spelling of their name: the first is kept",
)
_ONE_AND_MANY: Final = {
    "number": (
        "1 row has no document number: nothing tells if the file is imported twice",
        "{} rows have no document number: nothing tells if the file is imported twice",
    ),
    "issued": (
        "1 row has no issue date: it counts from the day it was received, or else is due",
        "{} rows have no issue date: they count from the day they were received, or else are due",
    ),
    "currency": ("1 row names no currency: it is in {currency}", "{} rows name no currency: they are in {currency}"),
    "credit": ("1 row is a credit", "{} rows are credits"),
    "zero": ("1 row has an amount of zero", "{} rows have an amount of zero"),
    "no_due": (
        "1 row has no due date: terms, or else the issue date, give it one",
        "{} rows have no due date: terms, or else their issue dates, give them one",
    ),
    "due": ("1 row is due before it is issued", "{} rows are due before they are issued"),
    "settled": (
        "1 row is settled before it is issued: the payment counts from the issue date",
        "{} rows are settled before they are issued: the payments count from the issue dates",
    ),
}

_LINES_SHOWN: Final = 25
_SOME_DAY: Final = date(1900, 1, 1)


def is_credit(kind: str) -> bool | None:
    """Whether a word for a kind of document means a credit; None if the word is not known. No word is a charge."""
    word = re.sub(r"[\W_]", "", kind).casefold()
    if word in _CREDITS:
        return True
    return False if not word or word in _CHARGES else None


def on_lines(lines: Sequence[int]) -> str:
    """Where something stands: "line 4", or "lines 4, 7 and 9"; the first of very many."""
    if len(lines) == 1:
        return f"line {lines[0]}"
    *first, last = [str(line) for line in lines[:_LINES_SHOWN]]
    more = len(lines) - _LINES_SHOWN
    return f"lines {', '.join(first)} and {last}" if more <= 0 else f"lines {', '.join([*first, last])} and {more} more"


class RowReader:
    """Reads line after line, and remembers what only several lines together tell: spellings, repeated numbers."""

    def __init__(
        self,
        columns: Mapping[Field, str],
        days: Mapping[Field, DateColumn | None],
        amount: AmountColumn | None,
        currency: str,
        zone: ZoneInfo,
    ) -> None:
        """`columns` are the fields' names in the file. A column that nobody knows how to read is read as nothing."""
        self.problems: list[Problem] = []
        self.refused: dict[str, int] = {}
        self._columns, self._days, self._amount, self._currency, self._zone = columns, days, amount, currency, zone
        self._rows = 0
        self._lines: dict[str, list[int]] = {what: [] for what in _ONE_AND_MANY}
        self._names: dict[str, str] = {}
        self._respelled: set[str] = set()
        self._numbers: dict[tuple[str, str, bool], ImportRow] = {}
        self._known_days: dict[tuple[Field, str], date | None] = {}
        self._known_amounts: dict[tuple[str, str], int] = {}

    def row(self, cells: Cells) -> ImportRow | None:
        """The row of this line, or None after adding its problems."""
        row = self._row(cells)
        if row is None and cells.number:
            self.refused.setdefault(without_point_zero(cells.number), cells.line)
        return row

    def _row(self, cells: Cells) -> ImportRow | None:
        problems_before = len(self.problems)
        name = self._text(cells.line, "party_name", " ".join(cells.party_name.split()))
        party = self._party(cells, name)
        number = self._identifier(cells.line, "number", cells.number)
        received_on = self._day(cells.line, "received_on", cells.received_on)
        due_on = self._day(cells.line, "due_on", cells.due_on)
        issued_on = self._day(cells.line, "issued_on", cells.issued_on)
        settled_on = self._day(cells.line, "settled_on", cells.settled_on)
        counts_from = issued_on or received_on or due_on
        currency = self._currency_of(cells)
        amount_minor = self._amount_of(cells, currency) if currency else 0
        if len(self.problems) > problems_before:
            return None
        if counts_from is None:
            self._problem(cells.line, "issued_on" if "issued_on" in self._columns else "due_on", None, "is empty")
            return None
        row = ImportRow(
            line=cells.line,
            party_external_id=party,
            party_name=name or party,
            number=number or None,
            issued_on=counts_from,
            received_on=received_on,
            due_on=due_on,
            currency=currency,
            amount_minor=amount_minor,
            settled_on=settled_on,
        )
        if name and name != self._names.setdefault(party, name):
            self._respelled.add(party)
        if self._repeats(row):
            return None
        self._notice(row, stated_issue=issued_on is not None, stated_currency=bool(cells.currency))
        return row

    def named(self, row: ImportRow) -> ImportRow:
        """The row with its party's name as it was first spelled; to be asked when all lines are read."""
        name = self._names.get(row.party_external_id, row.party_name)
        return row if row.party_name == name else replace(row, party_name=name)

    def notices(self) -> list[str]:
        """What was noticed, counted over all lines."""
        notices = []
        if self._respelled:
            one, many = _RESPELLED
            notices.append((one if len(self._respelled) == 1 else many).format(f"{len(self._respelled):,}"))
        for what, (one, many) in _ONE_AND_MANY.items():
            if lines := self._lines[what]:
                told = (one if len(lines) == 1 else many).format(f"{len(lines):,}", currency=self._currency)
                notices.append(f"{told} ({on_lines(lines)})" if len(lines) < self._rows else told)
        return notices

    def _notice(self, row: ImportRow, *, stated_issue: bool, stated_currency: bool) -> None:
        self._rows += 1
        noticed = {
            "number": row.number is None,
            "issued": not stated_issue,
            "currency": not stated_currency and "currency" in self._columns,
            "credit": row.amount_minor < 0,
            "zero": row.amount_minor == 0,
            "no_due": row.due_on is None and "due_on" in self._columns,
            "due": row.due_on is not None and row.due_on < row.issued_on,
            "settled": row.settled_on is not None and row.settled_on < row.issued_on,
        }
        for what, holds in noticed.items():
            if holds:
                self._lines[what].append(row.line)

    def _party(self, cells: Cells, name: str) -> str:
        """The party's own number if the file has a column for it, else its name."""
        by: Field = "party_id" if "party_id" in self._columns else "party_name"
        party = self._identifier(cells.line, "party_id", cells.party_id) if by == "party_id" else name
        if not (cells.party_id if by == "party_id" else name):
            self._problem(cells.line, by, None, "is empty")
        return party

    def _identifier(self, line: int, field: Field, text: str) -> str:
        rule = identifier_problem(text)
        if rule:
            self._problem(line, field, text, rule)
        return without_point_zero(text)

    def _text(self, line: int, field: Field, text: str) -> str:
        rule = name_problem(text)
        if rule:
            self._problem(line, field, text, rule)
        return text

    def _day(self, line: int, field: Field, text: str) -> date | None:
        key = field, text
        if key not in self._known_days:
            column = self._days.get(field)
            try:
                self._known_days[key] = column.read(text, self._zone) if column else _SOME_DAY if text else None
            except BadDate as error:
                self._problem(line, field, text, str(error))
                return None
        return self._known_days[key]

    def _currency_of(self, cells: Cells) -> str:
        """The code of the row's currency, or nothing after adding a problem."""
        currency = cells.currency.upper() or self._currency
        try:
            exponent(currency)
        except UnknownCurrency:
            self._problem(
                cells.line, "currency", cells.currency, "is not the code of a currency (ISO 4217, such as USD)"
            )
            return ""
        return currency

    def _amount_of(self, cells: Cells, currency: str) -> int:
        if not cells.amount:
            self._problem(cells.line, "amount", None, "is empty")
            return 0
        credit = is_credit(cells.kind) if "kind" in self._columns else False
        if credit is None:
            self._problem(cells.line, "kind", cells.kind, "is neither an invoice, a bill nor a credit")
        key = cells.amount, currency
        if self._amount is not None and key not in self._known_amounts:
            try:
                self._known_amounts[key] = self._amount.read(cells.amount, currency)
            except BadColumnAmount as error:
                self._problem(cells.line, "amount", cells.amount, str(error))
        amount_minor = self._known_amounts.get(key, 0)
        return -abs(amount_minor) if credit else amount_minor

    def _repeats(self, row: ImportRow) -> bool:
        """Whether an earlier line has the number for the same party already; adds the problem."""
        if row.number is None:
            return False
        first = self._numbers.setdefault((row.party_external_id, row.number, row.amount_minor < 0), row)
        if first is row:
            return False
        same = (first.issued_on, first.due_on, first.currency, first.amount_minor, first.settled_on) == (
            row.issued_on, row.due_on, row.currency, row.amount_minor, row.settled_on,
        )  # fmt: skip
        content = "with the same dates and amount" if same else "with other dates or another amount"
        self._problem(row.line, "number", row.number, f"is on line {first.line} already, for the same party, {content}")
        return True

    def _problem(self, line: int, field: Field, value: str | None, rule: str) -> None:
        self.problems.append(Problem(line, self._columns.get(field, field), value, rule))
