"""Read the balances of a control account: what the general ledger shows at the end of some days.

Units: balances are minor units (int) of one currency, positive for what is owed.
Holds: a line is a balance or at least one problem.
Source: docs/howto/import-csv.md, "Rates and balances"; docs/rule.md, T17.
"""

from datetime import date
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from duebook.importers.amounts import BadColumnAmount, DecimalMark
from duebook.importers.dates import BadDate, DateFormat
from duebook.importers.rows import Problem
from duebook.importers.sheet import Wanted, amount_column, date_columns, read_sheet
from duebook.money import exponent

_WANTED: Final = (
    Wanted("on", ("date", "day", "balancedate", "asof", "asat", "periodend", "enddate"), "the day"),
    Wanted("balance", ("balance", "closingbalance", "endingbalance", "amount", "total", "value"), "the balance"),
)


def read_balances(
    raw: bytes,
    *,
    currency: str,
    date_format: DateFormat | None = None,
    decimal_mark: DecimalMark | None = None,
    name: str = "the file",
) -> tuple[tuple[tuple[date, int], ...], tuple[Problem, ...]]:
    """The balances of a CSV file with a day and a balance a line, in order of day, or what stands in the way.

    A file may be gzipped; `name` is what messages call it. Raises ImportRefused if it cannot be read at all,
    UnknownCurrency.
    """
    places = exponent(currency)
    problems: list[Problem] = []
    sheet = read_sheet(raw, _WANTED, problems, path=Path(name))
    days = date_columns(sheet, ["on"], date_format, problems)
    amount = amount_column(sheet, "balance", decimal_mark, places, problems)
    if "on" not in days or amount is None:
        return (), tuple(problems)
    first_lines: dict[date, int] = {}
    balances: list[tuple[date, int]] = []
    for line, cells in sheet.lines:
        on, balance_minor = None, None
        try:
            on = days["on"].read(cells["on"], ZoneInfo("UTC"))
            if on is None:
                problems.append(Problem(line, sheet.name_of("on"), None, "is empty"))
        except BadDate as error:
            problems.append(Problem(line, sheet.name_of("on"), cells["on"], str(error)))
        try:
            balance_minor = amount.read(cells["balance"], currency)
        except BadColumnAmount as error:
            problems.append(Problem(line, sheet.name_of("balance"), cells["balance"], str(error)))
        if on is None or balance_minor is None:
            continue
        first = first_lines.setdefault(on, line)
        if first != line:
            rule = f"has a second balance: see line {first}"
            problems.append(Problem(line, sheet.name_of("on"), cells["on"], rule))
        else:
            balances.append((on, balance_minor))
    problems.sort(key=lambda each: each.line or 0)
    return tuple(sorted(balances)), tuple(problems)
