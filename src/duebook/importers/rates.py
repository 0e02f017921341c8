"""Read a table of exchange rates: what one unit of a currency is worth in base currency, from a day on.

Units: a rate is base units for one unit of the currency, to at most 12 decimal places.
Holds: a line is a rate or at least one problem.
Source: docs/howto/import-csv.md, "Rates and balances"; docs/rule.md, T11.
"""

import re
from decimal import Decimal
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from duebook.importers.dates import BadDate, DateFormat
from duebook.importers.rows import Problem
from duebook.importers.sheet import Wanted, date_columns, read_sheet
from duebook.ledger.facts import Rate
from duebook.money import UnknownCurrency, exponent

_WANTED: Final = (
    Wanted("currency", ("currency", "currencycode", "code", "ccy", "cur", "fromcurrency", "from"), "the currency"),
    Wanted("quoted_on", ("date", "quotedon", "ratedate", "day", "asof", "effectivedate", "validfrom"), "the day"),
    Wanted("rate", ("rate", "exchangerate", "fxrate", "value"), "the rate"),
)
_RATE: Final = re.compile(r"[0-9]{1,12}(?:[.,][0-9]{1,12})?")


def read_rates(
    raw: bytes, *, base_currency: str, date_format: DateFormat | None = None, name: str = "the file"
) -> tuple[tuple[Rate, ...], tuple[Problem, ...]]:
    """The rates of a CSV file with a currency, a day and a rate a line, or what stands in the way.

    A file may be gzipped; `name` is what messages call it. Raises ImportRefused if it cannot be read at all,
    UnknownCurrency for the base currency.
    """
    exponent(base_currency)
    problems: list[Problem] = []
    sheet = read_sheet(raw, _WANTED, problems, path=Path(name))
    days = date_columns(sheet, ["quoted_on"], date_format, problems)
    if "quoted_on" not in days:
        return (), tuple(problems)
    first_lines: dict[tuple[str, object], int] = {}
    rates: list[Rate] = []
    for line, cells in sheet.lines:

        def problem(field: str, rule: str, line: int = line, value: str | None = None) -> None:
            problems.append(Problem(line, sheet.name_of(field), value, rule))

        before = len(problems)
        currency = cells["currency"].upper()
        if not _is_currency(currency):
            problem("currency", "is not the code of a currency (ISO 4217, such as USD)", value=cells["currency"])
        elif currency == base_currency:
            problem("currency", "is the base currency, which has no rate", value=cells["currency"])
        rate = Decimal(cells["rate"].replace(",", ".")) if _RATE.fullmatch(cells["rate"]) else Decimal()
        if not rate:
            problem(
                "rate", "is not a rate: above zero, up to 12 digits on each side, such as 1.0845", value=cells["rate"]
            )
        quoted_on = None
        try:
            quoted_on = days["quoted_on"].read(cells["quoted_on"], ZoneInfo("UTC"))
        except BadDate as error:
            problem("quoted_on", str(error), value=cells["quoted_on"])
        else:
            if quoted_on is None:
                problem("quoted_on", "is empty")
        if quoted_on is None or len(problems) > before:
            continue
        first = first_lines.setdefault((currency, quoted_on), line)
        if first != line:
            problem("rate", f"is the second rate of {currency} on {quoted_on}: see line {first}", value=cells["rate"])
        else:
            rates.append(Rate(currency, quoted_on, rate))
    problems.sort(key=lambda each: each.line or 0)
    return tuple(rates), tuple(problems)


def _is_currency(code: str) -> bool:
    try:
        exponent(code)
    except UnknownCurrency:
        return False
    return True
