"""A small table that a command reads whole, of rates or of balances: how it is read, and refused.

Source: docs/howto/import-csv.md, "Rates and balances".
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from duebook.cli.output import print_json
from duebook.cli.reading import problems_body, remark_problems
from duebook.importers.amounts import DecimalMark
from duebook.importers.dates import DateFormat
from duebook.importers.rows import Problem

DateFormatOption = Annotated[
    DateFormat | None,
    Parameter(group="Reading the file", help="Whether day or month comes first, if no date of the file tells."),
]
DecimalMarkOption = Annotated[
    DecimalMark | None,
    Parameter(group="Reading the file", help="What stands before the decimals, if no amount of the file tells."),
]


def refuse_file(path: Path | None, problems: Sequence[Problem], so: str, as_json: bool) -> None:
    """Say what is wrong with the file, and what follows from it."""
    if as_json:
        print_json({"problems": problems_body(problems)})
    else:
        remark_problems(path or Path(), problems, so)
