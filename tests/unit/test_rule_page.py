"""The examples of docs/rule.md, run as they stand: the page cannot say one thing and the code another."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import pytest

from duebook.aging.bands import THIRTIES, aged
from duebook.days import Terms
from duebook.ledger.book import Book
from duebook.ledger.commands import AddCharge, AddSettlement, Command, NewAllocation, NewParty
from duebook.ledger.errors import LedgerError
from duebook.ledger.facts import Entry, Kind, Side, State
from duebook.ledger.working import Known
from duebook.money import parse_minor

PAGE = Path(__file__).parents[2] / "docs" / "rule.md"
NOTHING = ([0] * 5, 0)


def examples() -> Iterator[tuple[str, str]]:
    """The heading and the text of every example on the page."""
    page = PAGE.read_text(encoding="utf-8")
    for section in re.split(r"^## ", page, flags=re.M):
        for text in re.findall(r"^```duebook\n(.*?)^```$", section, flags=re.M | re.S):
            yield section.splitlines()[0], text


@dataclass
class World:
    """What the lines of an example have recorded so far."""

    known: Known = field(default_factory=Known)
    versions: list[list[Entry]] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)

    def write(self, commands: list[Command]) -> None:
        """Record one version."""
        book = Book("USD", self.known)
        try:
            results = [book.apply(command) for command in commands]
        finally:
            self.names |= {str(one.id): one.external_id or "" for one in book.changes.documents.values()}
        assert all(result.created for result in results)
        self.names |= {str(one.id): one.name for one in book.changes.parties.values()}
        entries = book.new_entries()
        self.versions.append(entries)
        self.known = Known(
            parties=[*self.known.parties, *book.changes.parties.values()],
            documents=[*self.known.documents, *book.changes.documents.values()],
            allocations=[*self.known.allocations, *book.changes.allocations],
            entries=[*self.known.entries, *entries],
        )

    def report(self, as_of: str, known_at: str | None, policy: str | None) -> dict[str, tuple[list[int], int]]:
        """Bands and unapplied money by name of party."""
        versions = self.versions[: int(known_at)] if known_at else self.versions
        entries = [entry for version in versions for entry in version]
        if policy == "exclude":
            entries = [entry for entry in entries if not entry.item.unapplied]
        rows = {
            self.names[str(party)]: (list(sums.bands), sums.unapplied_minor)
            for (party, _), sums in aged(entries, THIRTIES, date.fromisoformat(as_of)).items()
        }
        if policy == "net":
            for name, (bands, _) in rows.items():
                for entry in entries:
                    if entry.item.unapplied and entry.effective_on.isoformat() <= as_of:
                        late = (date.fromisoformat(as_of) - entry.item.due_on).days
                        bands[THIRTIES.of(late)] += entry.amount_minor
                rows[name] = (bands, 0)
        return rows


def command_of(line: str) -> Command:
    """What a line with a date records."""
    on, what, number, name, amount, *rest = line.split()
    day, party = date.fromisoformat(on), NewParty(name, name)
    words = " ".join(rest)
    if what in ("invoice", "draft"):
        due, terms = re.search(r"due (\S+)", words), re.search(r"terms (\d+)", words)
        return AddCharge(
            side=Side.RECEIVABLE,
            external_id=number,
            state=State.DRAFT if what == "draft" else State.ISSUED,
            party=party,
            issued_on=day,
            due_on=date.fromisoformat(due[1]) if due else None,
            terms=Terms(int(terms[1])) if terms else None,
            currency="USD",
            amount_minor=parse_minor(amount, "USD"),
        )
    allocations = tuple(
        NewAllocation(
            charge=charge,
            amount_minor=parse_minor(part, "USD"),
            effective_on=date.fromisoformat(stated) if stated else None,
        )
        for charge, part, stated in re.findall(r"for (\S+) (\S+)(?: on (\S+))?", words)
    )
    return AddSettlement(
        side=Side.RECEIVABLE,
        kind=Kind(what),
        external_id=number,
        party=party,
        settled_on=day,
        currency="USD",
        amount_minor=parse_minor(amount, "USD"),
        allocations=allocations,
    )


def rows_of(text: str) -> dict[str, tuple[list[int], int]]:
    """What an `as of` line expects."""
    if text == "nothing":
        return {}
    name, bands, unapplied = re.fullmatch(r"(\S+) (.+?)(?: unapplied (\S+))?", text).groups()  # type: ignore[union-attr]  # a line that does not match fails the test
    return {name: ([parse_minor(one.strip(), "USD") for one in bands.split("|")], parse_minor(unapplied or "0", "USD"))}


@pytest.mark.parametrize(("heading", "text"), [pytest.param(*one, id=one[0]) for one in examples()])
def test_the_page_says_what_the_ledger_does(heading: str, text: str) -> None:
    """Given an example of the page, when its lines are recorded, then the report is what it says, or the refusal."""
    world, pending = World(), list[Command]()
    refusal = ""
    checked = 0
    for line in [*text.strip().splitlines(), "------"]:
        if re.match(r"\d{4}-", line):
            pending.append(command_of(line))
            continue
        if pending:
            try:
                world.write(pending)
            except LedgerError as error:
                refusal = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", lambda found: world.names[found[0]], str(error))
            pending = []
        if line.startswith("as of"):
            asked = re.fullmatch(r"as of (\S+?)(?: known at (\d+))?(?: (exclude|net))?: (.*)", line)
            assert asked, line
            assert world.report(asked[1], asked[2], asked[3]) == rows_of(asked[4]), line
            checked += 1
        elif line.startswith("refused: "):
            assert refusal == line.removeprefix("refused: ")
            checked, refusal = checked + 1, ""
    assert not refusal
    assert checked, f"the example under {heading} checks nothing"
