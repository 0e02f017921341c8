"""The examples of docs/rule.md, run as they stand: the page cannot say one thing and the code another."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from duebook.aging.bands import THIRTIES, BadBands, Bands
from duebook.aging.errors import AgingError
from duebook.aging.report import CLOSED, AgingQuery, Basis, Credits, TagFilter
from duebook.db.pool import Database
from duebook.ledger.errors import LedgerError
from duebook.ledger.facts import Side
from duebook.money import MoneyError, parse_minor
from tests.rule.language import BASE_CURRENCY, Told, Words, command_of
from tests.rule.world import World, shown, stated

PAGE = Path(__file__).parents[2] / "docs" / "rule.md"
RULES = [f"T{number}" for number in range(19)]
_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}")


def examples() -> Iterator[tuple[str, str]]:
    """The heading and the text of every example on the page."""
    page = PAGE.read_text(encoding="utf-8")
    for section in re.split(r"^## ", page, flags=re.M):
        for text in re.findall(r"^```duebook\n(.*?)^```$", section, flags=re.M | re.S):
            yield section.splitlines()[0], text


@dataclass
class Telling:
    """An example while it is read: lines of the write that is not yet recorded, and the refusal not yet expected."""

    world: World
    pending: list[str] = field(default_factory=list)
    recorded_on: date | None = None
    refusal: str = ""
    checked: int = 0

    async def record(self) -> None:
        """Record what is pending as one write."""
        lines, self.pending = self.pending, []
        assert not self.refusal, self.refusal
        try:
            if lines:
                await self.world.write([command_of(self.world.told, line) for line in lines], self.recorded_on)
        except (LedgerError, MoneyError) as error:
            self.refusal = self.named(str(error))

    async def read(self, line: str, answer: list[str]) -> None:
        """One line, with the answer below it if it asks."""
        if re.fullmatch(r"-{6,}( \S+)?", line):
            await self.record()
            self.recorded_on = date.fromisoformat(line.split()[1]) if " " in line else None
        elif line.startswith("refused: "):
            await self.record()
            assert self.refusal == line.removeprefix("refused: ")
            self.refusal, self.checked = "", self.checked + 1
        elif answer:
            await self.record()
            assert await self.asked(line) == answer, line
            self.checked += 1
        else:
            self.pending.append(line)

    async def asked(self, line: str) -> list[str]:
        """What is answered, or why it is refused."""
        try:
            return await self.answer(Words(line))
        except (LedgerError, AgingError, BadBands) as error:
            return [f"refused, {self.named(str(error))}"]

    async def answer(self, words: Words) -> list[str]:
        """A question begins with what is asked for."""
        if words.has("entries of version"):
            return await self.world.entries(int(words.word()))
        if words.has("tie out"):
            return await self.world.tied([_balance(one) for one in words.rest(",")])
        if words.has("behind"):
            who, _, band = words.word(), words.has("in"), words.word()
            return await self.world.explained(self.query(words), None if who == "all" else who, band)
        if words.has("changed since"):
            since = int(words.word())
            return await self.world.changed(self.query(words), since)
        states, totals = words.has("stated"), words.has("with totals")
        now = None
        if words.has("today at"):
            now = datetime.fromisoformat(f"{words.word()} {words.word()}").replace(tzinfo=UTC)
        report = await self.world.report(self.query(words), now)
        return stated(report) if states else shown(report, totals=totals)

    def query(self, words: Words) -> AgingQuery:
        """The rest of a question: the report it is about."""
        as_of = words.day() if words.has("as of") else None
        known_at = int(words.word()) if words.has("known at") else CLOSED if words.has("known when closed") else None
        credits = Credits.EXCLUDE if words.has("exclude") else Credits.NET if words.has("net") else Credits.COLUMN
        basis, revalued_on = Basis.BASE, None
        if words.has("in document currency"):
            basis = Basis.DOCUMENT
        elif words.has("revalued"):
            basis, revalued_on = Basis.REVALUED, words.day() if words.has("at") else None
        tags = (TagFilter(words.word(), (words.word(),)),) if words.has("tagged") else ()
        bands = Bands(tuple(int(edge) for edge in words.rest(","))) if words.has("bands") else THIRTIES
        words.end()
        return AgingQuery(
            side=self.world.told.side,
            as_of=as_of,
            known_at=known_at,
            credits=credits,
            basis=basis,
            revalued_on=revalued_on,
            bands=bands,
            tags=tags,
        )

    def named(self, sentence: str) -> str:
        """A sentence with the page's names in place of ids."""
        names = {str(some_id): name for some_id, name in self.world.told.names.items()}
        names |= {str(party_id): name for name, party_id in self.world.told.parties.items()}
        return _ID.sub(lambda found: names[found[0]], sentence)


def _balance(text: str) -> tuple[date, int]:
    on, amount = text.split()
    return date.fromisoformat(on), parse_minor(amount, BASE_CURRENCY)


def lines_of(text: str) -> Iterator[tuple[str, list[str]]]:
    """Each line of an example with its answer: what follows its colon, or the lines set in below it."""
    for block in re.split(r"\n(?! )", text.strip()):
        line, *below = block.splitlines()
        if below:
            yield line.removesuffix(":"), [one.strip() for one in below]
        elif ": " in line and not line.startswith("refused: "):
            question, answer = line.split(": ", 1)
            yield question, [answer]
        else:
            yield line, []


@pytest.mark.parametrize(("heading", "text"), [pytest.param(*one, id=one[0]) for one in examples()])
async def test_the_page_says_what_the_ledger_does(database: Database, heading: str, text: str) -> None:
    """Given an example of the page, when its lines are recorded, then every answer is what it says, or the refusal;
    each report can be asked for again, and the books are proven."""
    zone = re.match(r"days in (\S+)\n", text)
    said = text[zone.end() :] if zone else text
    told = Told(Side.PAYABLE if re.search(r"\bbill\b", text) else Side.RECEIVABLE)
    telling = Telling(await World.new(database, told, zone[1] if zone else "UTC"))
    for line, answer in lines_of(said):
        await telling.read(line, answer)
    await telling.record()
    assert not telling.refusal
    await telling.world.hold()
    assert telling.checked, f"the example under {heading} checks nothing"


def test_every_rule_has_an_example() -> None:
    """Given the page, when its examples are listed, then each rule has one."""
    told = {heading.split(":")[0] for heading, _ in examples()}
    assert [rule for rule in RULES if rule not in told] == []
