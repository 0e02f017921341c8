"""How a file is read: the options that `import` and `aging --file` share, and what they say of the file.

Source: docs/howto/import-csv.md; docs/howto/command-line.md.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Final
from zoneinfo import ZoneInfo

from cyclopts import Parameter

from duebook.cli.exits import UsageError
from duebook.cli.output import progress, remark
from duebook.importers.amounts import DecimalMark
from duebook.importers.csv_file import read_csv
from duebook.importers.dates import DateFormat
from duebook.importers.rows import Parsed, Problem
from duebook.ledger.facts import Side
from duebook.money import exponent

PROBLEMS_SHOWN: Final = 20
_RATE: Final = re.compile(r"(?P<currency>[A-Za-z]{3})=(?P<rate>\d{1,12}(?:\.\d{1,12})?)", re.ASCII)


@Parameter(name="*", group="Reading the file")
@dataclass(frozen=True, kw_only=True)
class Reading:
    """What the user says of a file."""

    column: Annotated[
        tuple[str, ...],
        Parameter(
            negative=(),
            show_default=False,
            help="FIELD=COLUMN: read a field from this column, such as due_on=DueDate; from none, if it is empty.",
        ),
    ] = ()
    rate: Annotated[
        tuple[str, ...],
        Parameter(
            negative=(),
            show_default=False,
            help="CUR=RATE: what one unit of a foreign currency is booked at, such as CAD=0.75.",
        ),
    ] = ()
    date_format: Annotated[
        DateFormat | None, Parameter(help="Whether day or month comes first, where no date of a column tells.")
    ] = None
    decimal_mark: Annotated[
        DecimalMark | None, Parameter(help="What stands before the decimals, where no amount of the file tells.")
    ] = None

    def rates(self, base_currency: str) -> dict[str, Decimal]:
        """The booking rates by currency. Raises UsageError, UnknownCurrency."""
        rates: dict[str, Decimal] = {}
        for text in self.rate:
            found = _RATE.fullmatch(text)
            if found is None or not Decimal(found["rate"]):
                raise UsageError(f"{text!r} is not a rate: write CUR=RATE, such as CAD=0.75")
            currency = found["currency"].upper()
            exponent(currency)
            if currency in rates or currency == base_currency:
                why = "is the base currency" if currency == base_currency else "has two rates"
                raise UsageError(f"{currency} {why}")
            rates[currency] = Decimal(found["rate"])
        return rates


USUAL_READING: Final = Reading()


def read(
    path: Path, reading: Reading, *, side: Side, currency: str, zone: ZoneInfo, paid_elsewhere: bool = False
) -> Parsed:
    """The file's rows and problems. Raises UsageError, ImportRefused, UnknownCurrency."""
    overrides = overrides_of(reading.column, "due_on=DueDate")
    with progress(f"Reading {path.name}") as say:
        return read_csv(
            path,
            side=side,
            currency=currency,
            overrides=overrides,
            date_format=reading.date_format,
            decimal_mark=reading.decimal_mark,
            zone=zone,
            paid_elsewhere=paid_elsewhere,
            progress=lambda line: say(f"Reading {path.name}: line {line:,}"),
        )


def overrides_of(columns: Sequence[str], such_as: str) -> dict[str, str]:
    """The column of each field that is named as FIELD=COLUMN. Raises UsageError, which shows one such as this."""
    overrides: dict[str, str] = {}
    for text in columns:
        name, equals, column = text.partition("=")
        if not equals or name in overrides:
            raise UsageError(f"{text!r} is not one FIELD=COLUMN for each field, such as {such_as}")
        overrides[name] = column
    return overrides


def telling_unused(parsed: Parsed, rates: Mapping[str, Decimal]) -> Parsed:
    """The same with a notice for each rate of a currency that no row is in."""
    unused = sorted(rates.keys() - {row.currency for row in parsed.rows})
    said = tuple(f"no row is in {currency}: its rate changes nothing" for currency in unused)
    return replace(parsed, notices=(*parsed.notices, *said))


def remark_problems(files: Path | str, problems: Sequence[Problem], so: str) -> None:
    """Say what stands in the way, the first of it line by line, and what follows from it."""
    for problem in problems[:PROBLEMS_SHOWN]:
        remark(str(problem))
    if (more := len(problems) - PROBLEMS_SHOWN) > 0:
        remark(f"and {more:,} more; JSON lists them all")
    remark(f"duebook: {files} has {counted(len(problems), 'problem')}: {so}")


def problems_body(problems: Sequence[Problem]) -> list[dict[str, Any]]:
    """All problems, as JSON says them; with their file where there are several."""
    return [
        {"line": one.line, "column": one.column, "value": one.value, "rule": one.rule}
        | ({} if one.file is None else {"file": one.file})
        for one in problems
    ]


def counted(number: int, one: str) -> str:
    """A number and its noun: "1 problem", "2,000 problems"."""
    return f"{number:,} {one if number == 1 else f'{one}s'}"
