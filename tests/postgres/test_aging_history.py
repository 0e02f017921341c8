"""Everything at once in PostgreSQL, against the slow oracle: any history of anything that can be said, on both sides.

After each write: what is refused is refused for the oracle's reason and leaves nothing; reports of any day, known at
any version, are the oracle's (T3, T5-T12, T16, T18); entries are the facts replayed (T0); nothing is over (T7); the
same question has the same answer (T13); verify finds nothing.
"""

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import product
from random import Random

import pytest

from duebook.aging.bands import THIRTIES, Sums, aged
from duebook.aging.errors import NoRateInForce, NotClosed
from duebook.aging.report import CLOSED, Basis
from duebook.db.pool import Clock, Database
from duebook.ledger import checkpoints
from duebook.ledger.checkpoints import refresh
from duebook.ledger.errors import SumTooLarge
from duebook.ledger.facts import Side
from duebook.ledger.verify import verify
from duebook.tenancy.facts import OPERATOR
from duebook.tenancy.gate import read_tx, write_tx
from tests.oracle.daily import daily, daily_of_facts
from tests.oracle.drawn import MIDDLE
from tests.oracle.kept import Kept, Question
from tests.oracle.paper import NoWorth, TooBig
from tests.oracle.reasons import ERRORS
from tests.oracle.said import History, Write
from tests.oracle.slips import Refused
from tests.oracle.slow import Oracle
from tests.oracle.trials import holds

SCHEMES = ((1, 31, 61, 91), (1, 31, 61, 91), (1,), (-5, 0, 7, 8), (15, 30, 45, 60, 90, 120))
SOME_DAYS = (date(1, 1, 1), date(2024, 2, 29), date.max)
TABLES = "ledger_version party_fact document document_fact allocation entry open_item rate book_fact".split()


def a_question(rng: Random, version: int) -> Question:
    """A report on either side, of a day near the history or far from it, known at any version so far."""
    near = MIDDLE + timedelta(days=rng.randint(-50, 200))
    return Question(
        side=rng.choice(["receivable", "receivable", "payable"]),
        as_of=near if rng.randrange(6) else rng.choice(SOME_DAYS),
        version=rng.randint(0, version),
        credits=rng.choice(["exclude", "column", "net"]),
        basis=rng.choice(["base", "base", "document", "revalued"]),
        revalued_on=rng.choice([None, MIDDLE]),
        edges=rng.choice(SCHEMES),
    )


async def agree(kept: Kept, oracle: Oracle, question: Question) -> None:
    """See that a report is the oracle's, or that both say why there is none."""
    try:
        expected = question.answered(oracle)
    except (TooBig, NoWorth):
        with pytest.raises((SumTooLarge, NoRateInForce)):
            await kept.report(question)
        return
    found = kept.paper(await kept.report(question))
    order = sorted(
        expected.lines, key=lambda line: (-line.total, line.name, kept.teller.parties[question.side, line.party])
    )
    assert found == expected._replace(lines=tuple(order))


async def agree_when_closed(kept: Kept, oracle: Oracle, question: Question) -> None:
    """See that a day as known when it was closed is shown at the version that closed it, or that it is open."""
    version = oracle.closed_at(question.as_of)
    query = replace(question.query(), known_at=CLOSED, basis=Basis.DOCUMENT)
    if version is None:
        with pytest.raises(NotClosed):
            await kept.ask(query)
        return
    with suppress(TooBig, SumTooLarge):
        at_closing = replace(question, version=version, basis="document")
        at_closing.answered(oracle)
        assert await kept.ask(query) == await kept.report(at_closing)


async def told(kept: Kept, oracle: Oracle, write: Write) -> None:
    """Tell both the same, and see that they refuse and answer the same."""
    before = await counts(kept)
    try:
        answers = oracle.write(write)
    except Refused as refused:
        with pytest.raises(tuple(ERRORS[reason] for reason in refused.reasons)):
            await kept.write(write)
        assert await counts(kept) == before
    else:
        assert await kept.write(write) == answers
    assert await kept.version() == oracle.version


async def counts(kept: Kept) -> list[object]:
    """How many rows each table has."""
    sums = " UNION ALL ".join(f"SELECT '{table}' AS name, count(*) AS many FROM {table}" for table in TABLES)
    return [*await kept.rows(f"SELECT name, many FROM ({sums}) AS counted WHERE %s::uuid IS NOT NULL ORDER BY name")]


async def findings(kept: Kept) -> list[str]:
    """What verify finds wrong."""
    async with read_tx(kept.database, OPERATOR, kept.business_id) as tx:
        return [str(finding) async for finding in verify(tx)]


async def test_the_books_are_the_oracles(database: Database) -> None:
    """For any history, after each write, reports are the oracle's, entries are the facts replayed, verify finds
    nothing; and at the end every report asked on the way is answered as it was."""

    async def trial(history: History) -> None:
        kept, oracle, rng = await Kept.new(database), Oracle(), Random(repr(history[:1]))
        asked: list[Question] = []
        for write in history:
            await told(kept, oracle, write)
            await entries_are_the_facts(kept, oracle)
            asked += [a_question(rng, oracle.version), a_question(rng, oracle.version)]
            for question in asked[-2:]:
                await agree(kept, oracle, question)
            await agree_when_closed(kept, oracle, asked[-1])
            assert await findings(kept) == []
        for question in asked:
            await agree(kept, oracle, question)

    await holds(trial, 0.25)


async def entries_are_the_facts(kept: Kept, oracle: Oracle) -> None:
    """See that stored entries add up to what the oracle's facts say, day by day, and open items to all of them."""
    entries = [entry for _, entry in await kept.entries()]
    assert daily(entries) == daily_of_facts(oracle, kept.teller, oracle.version)
    assert await kept.rows(
        "SELECT document_id, instalment, due_on, unapplied, sum(amount_minor) AS amount, sum(base_minor) AS base"
        " FROM entry WHERE business_id = %s GROUP BY 1, 2, 3, 4"
        " HAVING sum(amount_minor) <> 0 OR sum(base_minor) <> 0 ORDER BY 1, 2, 3"
    ) == await kept.rows(
        "SELECT document_id, instalment, due_on, unapplied, sum(amount_minor) AS amount, sum(base_minor) AS base"
        " FROM open_item WHERE business_id = %s GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3"
    )


async def test_policies_bases_and_versions_agree_on_a_day(database: Database) -> None:
    """For any history and day, all policies, all bases and every version equal the oracle's report, twice over."""

    async def trial(history: History) -> None:
        kept, oracle, rng = await Kept.new(database), Oracle(), Random(repr(history[:1]))
        for write in history:
            await told(kept, oracle, write)
        question = a_question(rng, oracle.version)
        policies, bases = ["exclude", "column", "net"], ["base", "document", "revalued"]
        for credits, basis, version in product(policies, bases, range(oracle.version + 1)):
            await agree(kept, oracle, replace(question, credits=credits, basis=basis, version=version))
        with suppress(SumTooLarge, NoRateInForce):
            assert await kept.report(question) == await kept.report(question)

    await holds(trial, 0.06)


async def test_checkpoints_change_no_report(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """For any history with checkpoints made or refreshed between writes, reports equal the oracle's on any today."""

    async def trial(history: History) -> None:
        kept, oracle, rng = await Kept.new(database), Oracle(), Random(repr(history[:1]))
        monkeypatch.setattr(checkpoints, "APART_ENTRIES", rng.randint(1, 6))
        for write in history:
            await told(kept, oracle, write)
            if rng.randrange(2):
                async with write_tx(database, OPERATOR, kept.business_id, "refresh") as tx:
                    await refresh(tx, tx.version)
            kept.database = replace(database, clock=noon(MIDDLE + timedelta(days=rng.randint(-20, 300))))
            await agree(kept, oracle, a_question(rng, oracle.version))
            kept.database = database
        for _ in range(5):
            await agree(kept, oracle, a_question(rng, oracle.version))
        assert await findings(kept) == []

    await holds(trial, 0.2)


async def test_the_pure_report_agrees(database: Database) -> None:
    """For any history, the sum over stored entries in Python is the report with a column for unapplied money."""

    async def trial(history: History) -> None:
        kept, oracle, rng = await Kept.new(database), Oracle(), Random(repr(history[:1]))
        for write in history:
            await told(kept, oracle, write)
        entries = await kept.entries()
        for _ in range(5):
            asked = a_question(rng, oracle.version)
            question = replace(asked, credits="column", basis="document", edges=THIRTIES.edges)
            side = Side(question.side)
            known = [entry for at, entry in entries if at <= question.version and entry.item.side is side]
            with suppress(SumTooLarge):  # which reports are too large to print, the other tests say
                report = await kept.report(question)
                pure = aged(known, THIRTIES, question.as_of)
                assert {
                    (row.party_id, row.currency): Sums(row.bands, row.unapplied_minor) for row in report.rows
                } == pure

    await holds(trial, 0.1)


def noon(day: date) -> Clock:
    """A clock that stands still at noon of a day."""
    return lambda: datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
