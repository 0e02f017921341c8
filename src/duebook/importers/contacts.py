"""Read a file of customers or vendors for their names.

Holds: an id has one name; a line is a name or a problem.
Source: docs/howto/import-xero.md, docs/howto/import-payments.md.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from duebook.importers.columns import id_words, name_words, parties_of
from duebook.importers.invoices import on_lines
from duebook.importers.names import identifier_problem, name_problem, without_point_zero
from duebook.importers.rows import Parsed, Problem
from duebook.importers.sheet import Wanted, bytes_of, read_sheet
from duebook.ledger.facts import Side

_NAMES: Final = ("name", "fullname", "displayname", "companyname")
_IDS: Final = ("id", "number", "no", "code")


@dataclass(frozen=True, slots=True)
class Contacts:
    """Names by id, what stands in the way, and what was noticed."""

    names: Mapping[str, str] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    notices: tuple[str, ...] = ()


def read_contacts(path: Path) -> Contacts:
    """The names of a CSV file, plain or gzipped. A contact that is there twice is told; with two names it is a problem.

    Raises ImportRefused.
    """
    who = tuple(dict.fromkeys([*parties_of(Side.RECEIVABLE), *parties_of(Side.PAYABLE)]))
    wanted = (
        Wanted("id", (*id_words(who), *_IDS), "the customer's or vendor's id"),
        Wanted("name", (*name_words(who), *_NAMES), "the name"),
    )
    problems: list[Problem] = []
    sheet = read_sheet(bytes_of(path), wanted, problems, path=path)
    names: dict[str, str] = {}
    first_lines: dict[str, int] = {}
    again: list[int] = []
    for line, cells in sheet.lines:
        external_id, name = without_point_zero(cells["id"]), " ".join(cells["name"].split())
        for what, rule in (("id", identifier_problem(cells["id"])), ("name", name_problem(name))):
            if rule or not cells[what]:
                value = cells[what] or None
                problems.append(Problem(line, sheet.name_of(what), value, rule or "is empty", path.name))
        first = first_lines.setdefault(external_id, line)
        if first == line:
            names[external_id] = name
        elif names[external_id] != name:
            rule = f"has another name on line {first}"
            problems.append(Problem(line, sheet.name_of("id"), external_id, rule, path.name))
        else:
            again.append(line)
    problems.sort(key=lambda problem: problem.line or 0)
    notices = (f"{path.name} {on_lines(again)}: there already, under the same name",) if again else ()
    return Contacts(names, tuple(problems), notices)


def named(parsed: Parsed, names: Mapping[str, str]) -> Parsed:
    """The rows of a file, with these names for parties that it calls by their ids alone."""
    rows = tuple(
        replace(row, party_name=names.get(row.party_external_id, row.party_name))
        if row.party_name == row.party_external_id
        else row
        for row in parsed.rows
    )
    return replace(parsed, rows=rows)
