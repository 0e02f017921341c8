"""Reports from PostgreSQL against the slow oracle: any history, any day, any version (T0-T5, T7, T8, T11-T13)."""

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import product

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from duebook.aging.bands import THIRTIES, Sums, aged
from duebook.db.pool import Clock, Database
from duebook.ledger import checkpoints
from duebook.ledger.checkpoints import refresh
from duebook.ledger.errors import SumTooLarge
from duebook.ledger.facts import Side
from duebook.ledger.verify import verify
from duebook.tenancy.facts import OPERATOR
from duebook.tenancy.gate import read_tx, write_tx
from tests.oracle.daily import daily, daily_of_facts
from tests.oracle.histories import MIDDLE, histories
from tests.oracle.kept import Kept, Question
from tests.oracle.said import History
from tests.oracle.slow import Oracle, Refused, TooBig
from tests.oracle.told import ERRORS

SCHEMES = ((1, 31, 61, 91), (1,), (-5, 0, 7, 8), (15, 30, 45, 60, 90, 120))

some = settings(
    max_examples=max(5, settings().max_examples * 2 // 5),
    # The pool outlives an example on purpose; each example keeps books of its own in it.
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@st.composite
def questions(draw: st.DrawFn, version: int) -> Question:
    """A report on either side, of a day near the history or far from it, known at any version so far."""
    near = st.integers(-50, 200).map(lambda offset: MIDDLE + timedelta(days=offset))
    return Question(
        side=draw(st.sampled_from(["receivable", "receivable", "payable"])),
        as_of=draw(st.one_of(near, near, near, st.sampled_from([date(1, 1, 1), date(2024, 2, 29), date.max]))),
        version=draw(st.integers(0, version)),
        credits=draw(st.sampled_from(["exclude", "column", "net"])),
        in_base=draw(st.booleans()),
        edges=draw(st.sampled_from(SCHEMES)),
    )


async def agree(kept: Kept, oracle: Oracle, question: Question) -> None:
    """See that a report is the oracle's, or that both say that it is too large to print."""
    try:
        expected = oracle.report(
            question.side,
            question.as_of,
            version=question.version,
            credits=question.credits,
            in_base=question.in_base,
            edges=question.edges,
        )
    except TooBig:
        with pytest.raises(SumTooLarge):
            await kept.report(question)
        return
    found = kept.paper(await kept.report(question))
    order = sorted(
        expected.lines, key=lambda line: (-line.total, line.name, kept.teller.parties[question.side, line.party])
    )
    assert found == expected._replace(lines=tuple(order))


async def told(kept: Kept, oracle: Oracle, history: History) -> None:
    """Tell both the same, write by write, and see that they refuse and answer the same."""
    for write in history:
        try:
            answers = oracle.write(write)
        except Refused as refused:
            with pytest.raises(tuple(ERRORS[reason] for reason in refused.reasons)):
                await kept.write(write)
        else:
            assert await kept.write(write) == answers
        assert await kept.version() == oracle.version


@some
@given(histories(), st.data())
async def test_any_report_equals_the_oracles(database: Database, history: History, data: st.DataObject) -> None:
    """For any history, reports asked after each write equal the oracle's, and an early one is the same at the end."""
    kept, oracle = await Kept.new(database), Oracle()
    early = []
    for write in history:
        await told(kept, oracle, (write,))
        for question in data.draw(st.lists(questions(oracle.version), min_size=1, max_size=3)):
            await agree(kept, oracle, question)
            early.append(question)
    for question in early:
        await agree(kept, oracle, question)


@some
@given(histories(), st.data())
async def test_policies_bases_and_versions_agree_on_a_day(
    database: Database, history: History, data: st.DataObject
) -> None:
    """For any history and day, all policies, both bases and every version equal the oracle's report."""
    kept, oracle = await Kept.new(database), Oracle()
    await told(kept, oracle, history)
    question = data.draw(questions(oracle.version))
    for credits, in_base, version in product(["exclude", "column", "net"], [True, False], range(oracle.version + 1)):
        await agree(kept, oracle, replace(question, credits=credits, in_base=in_base, version=version))


@some
@given(histories(), st.data())
async def test_checkpoints_change_no_report(
    database: Database, monkeypatch: pytest.MonkeyPatch, history: History, data: st.DataObject
) -> None:
    """For any history with checkpoints made or refreshed between writes, reports equal the oracle's on any today."""
    monkeypatch.setattr(checkpoints, "APART_ENTRIES", data.draw(st.integers(1, 6)))
    kept, oracle = await Kept.new(database), Oracle()
    for write in history:
        await told(kept, oracle, (write,))
        if data.draw(st.booleans()):
            async with write_tx(database, OPERATOR, kept.business_id, "refresh") as tx:
                await refresh(tx, tx.version)
        at_noon = data.draw(st.integers(-20, 300).map(lambda offset: MIDDLE + timedelta(days=offset)))
        kept.database = replace(database, clock=noon(at_noon))
        await agree(kept, oracle, data.draw(questions(oracle.version)))
        kept.database = database
    for question in data.draw(st.lists(questions(oracle.version), min_size=3, max_size=6)):
        await agree(kept, oracle, question)
    async with read_tx(database, OPERATOR, kept.business_id) as tx:
        assert [str(finding) async for finding in verify(tx)] == []


@some
@given(histories(), st.data())
async def test_what_is_stored_is_the_facts_replayed(database: Database, history: History, data: st.DataObject) -> None:
    """At every version the stored entries are the facts replayed, open items their sums, and the pure report agrees."""
    kept, oracle = await Kept.new(database), Oracle()
    await told(kept, oracle, history)
    entries = await kept.entries()
    for version in range(oracle.version + 1):
        known = [entry for at, entry in entries if at <= version]
        assert daily(known) == daily_of_facts(oracle, kept.teller, version)
    assert await kept.rows(
        "SELECT document_id, unapplied, sum(amount_minor) AS amount_minor, sum(base_minor) AS base_minor FROM entry"
        " WHERE business_id = %s GROUP BY 1, 2 HAVING sum(amount_minor) <> 0 ORDER BY 1"
    ) == await kept.rows(
        "SELECT document_id, unapplied, amount_minor, base_minor FROM open_item WHERE business_id = %s ORDER BY 1"
    )
    question = replace(data.draw(questions(oracle.version)), credits="column", in_base=False, edges=THIRTIES.edges)
    side = Side(question.side)
    known = [entry for at, entry in entries if at <= question.version and entry.item.side is side]
    pure = aged(known, THIRTIES, question.as_of)
    with suppress(SumTooLarge):  # which reports are too large to print, the other tests say
        report = await kept.report(question)
        assert {(row.party_id, row.currency): Sums(row.bands, row.unapplied_minor) for row in report.rows} == pure


def noon(day: date) -> Clock:
    """A clock that stands still at noon of a day."""
    return lambda: datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
