"""Lists of documents and parties: each filter and each order against the same asked of plain Python."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

import pytest

from duebook.db.pool import Database
from duebook.ledger.commands import (
    AddCharge,
    AddRefund,
    AddSettlement,
    AddWriteOff,
    Command,
    NewAllocation,
    NewParty,
    UndoDocument,
)
from duebook.ledger.facts import DocumentId, DueFrom, Kind, Reason, Side, State
from duebook.ledger.lists import DocumentFilter, DocumentSort, Page, count_documents, documents
from duebook.ledger.store import record
from duebook.ledger.views import DocumentView, Standing
from duebook.tenancy.facts import OPERATOR, BusinessId
from duebook.tenancy.gate import read_tx, write_tx

TODAY = datetime.now(UTC).date()
EVERYTHING = DocumentFilter(side=Side.RECEIVABLE, kind=Kind.CHARGE)


def history(random: Random) -> list[Command]:
    """Forty invoices of four customers, of which some are paid, written off, refunded or void, in part or in full."""
    commands: list[Command] = []
    for number in range(40):
        issued_on = TODAY - timedelta(days=random.randrange(-5, 120))
        amount_minor = random.choice([1_000, 2_500, 2_500, 0])
        due_on = None if number % 7 == 0 else issued_on + timedelta(days=random.choice([0, 14, 30]))
        name = random.choice(["ann", "Bob", "carl", "Dora"])
        charge_id = f"A-{number:02}"
        commands.append(
            AddCharge(
                side=Side.RECEIVABLE,
                external_id=charge_id,
                party=NewParty(name, name),
                number=f"N-{number % 9}",
                issued_on=issued_on,
                due_on=due_on,
                currency="USD",
                amount_minor=amount_minor,
                body={"memo": random.choice(["Rent", "rent and heat", "other"])} | ({"odd": 1} if number % 2 else {}),
            )
        )
        if not amount_minor:
            continue
        fate, settled_on = random.randrange(7), max(issued_on, TODAY - timedelta(days=random.randrange(30)))
        if fate in (1, 2, 3):
            paid_minor = amount_minor if fate < 3 else 500
            commands.append(
                AddSettlement(
                    side=Side.RECEIVABLE,
                    kind=Kind.PAYMENT,
                    settled_on=settled_on,
                    currency="USD",
                    amount_minor=paid_minor,
                    allocations=(NewAllocation(charge=charge_id, amount_minor=paid_minor),),
                )
            )
            if fate == 2:
                commands.append(
                    AddRefund(
                        side=Side.RECEIVABLE,
                        of_kind=Kind.CHARGE,
                        of=charge_id,
                        refunded_on=settled_on,
                        amount_minor=paid_minor,
                    )
                )
        elif fate in (4, 5):
            commands.append(
                AddWriteOff(
                    side=Side.RECEIVABLE,
                    charge=charge_id,
                    written_off_on=settled_on,
                    amount_minor=amount_minor if fate == 4 else 100,
                    reason=Reason.BAD_DEBT,
                )
            )
        elif fate == 6:
            commands.append(UndoDocument(side=Side.RECEIVABLE, kind=Kind.CHARGE, document=charge_id, state=State.VOID))
    return commands


@pytest.fixture
async def books(database: Database, business_id: BusinessId) -> BusinessId:
    """A business with that history."""
    for command in history(Random(4)):
        async with write_tx(database, OPERATOR, business_id, "test") as tx:
            await record(tx, [command])
    return business_id


async def listed(
    database: Database, business_id: BusinessId, which: DocumentFilter, sort: DocumentSort = "recorded", **page: Any
) -> list[DocumentView]:
    """The documents of one page, all of them if no limit is said."""
    async with read_tx(database, OPERATOR, business_id) as tx:
        return [one.view for one in await documents(tx, which, Page(**{"limit": 1000} | page), sort)]


def standing(view: DocumentView) -> Standing:
    """How a document stands, worked out from its figures step by step."""
    if view.document.state is not State.ISSUED:
        return Standing(view.document.state)
    left = view.document.amount_minor - view.settled_minor
    paid = view.settled_minor - view.written_off_minor
    if left:
        if view.written_off_minor:
            return Standing.PARTLY_WRITTEN_OFF
        return Standing.PARTLY_SETTLED if paid else Standing.OPEN
    if view.written_off_minor:
        return Standing.WRITTEN_OFF
    return Standing.REFUNDED if paid and view.refunded_minor == paid else Standing.SETTLED


def due(view: DocumentView) -> date | None:
    """The due date, if anybody said one."""
    return None if view.document.due_from is DueFrom.ISSUE_DATE else view.document.due_on


FILTERS: dict[str, tuple[dict[str, Any], Callable[[DocumentView], bool]]] = {
    "numbers": ({"numbers": ["N-1", "N-2"]}, lambda one: one.document.number in ("N-1", "N-2")),
    "issued": (
        {"issued_from": TODAY - timedelta(days=60), "issued_to": TODAY},
        lambda one: TODAY - timedelta(days=60) <= one.document.issued_on <= TODAY,
    ),
    "due from": ({"due_from": TODAY}, lambda one: bool((on := due(one)) and on >= TODAY)),
    "due to": ({"due_to": TODAY}, lambda one: bool((on := due(one)) and on <= TODAY)),
    "amounts": ({"min_minor": 1, "max_minor": 1_000}, lambda one: 1 <= one.document.amount_minor <= 1_000),
    "memo": ({"memo": "Rent"}, lambda one: one.document.body["memo"] == "Rent"),
    "memo contains": ({"memo_contains": "RENT"}, lambda one: "rent" in one.document.body["memo"].lower()),
    "body without": ({"body_without": "odd"}, lambda one: "odd" not in one.document.body),
    "settled": ({"settled": True}, lambda one: one.settled_minor == one.document.amount_minor),
    "not settled": ({"settled": False}, lambda one: one.settled_minor != one.document.amount_minor),
    "overdue": ({"standings": ["overdue"]}, lambda one: one.open_minor > 0 and one.document.due_on < TODAY),
    "overdue or settled": (
        {"standings": ["overdue", Standing.SETTLED]},
        lambda one: standing(one) is Standing.SETTLED or (one.open_minor > 0 and one.document.due_on < TODAY),
    ),
    "search": ({"search": "a-1"}, lambda one: "a-1" in (one.document.external_id or "").lower()),
    **{
        f"standing {one}": ({"standings": [one]}, lambda view, one=one: standing(view) is one)  # type: ignore[misc]
        for one in Standing
    },
}


@pytest.mark.parametrize("name", FILTERS)
async def test_a_filter_finds_what_it_says_and_nothing_else(database: Database, books: BusinessId, name: str) -> None:
    """Given a history, when it is filtered, then the same documents come as from all of them by plain Python."""
    fields, wanted = FILTERS[name]
    which = DocumentFilter(side=Side.RECEIVABLE, kind=Kind.CHARGE, **fields)
    everything = await listed(database, books, EVERYTHING)
    expected = [one.document.id for one in everything if wanted(one)]
    assert 0 < len(expected) < len(everything) or name == "standing draft"
    assert expected == [one.document.id for one in await listed(database, books, which)]
    async with read_tx(database, OPERATOR, books) as tx:
        assert len(expected) == await count_documents(tx, which)


async def test_a_standing_is_what_the_figures_say(database: Database, books: BusinessId) -> None:
    """Given a history, when it is read, then each document stands as its figures say."""
    everything = await listed(database, books, EVERYTHING)
    assert [standing(one) for one in everything] == [one.standing for one in everything]


SORTS: dict[DocumentSort, Callable[[DocumentView], Any]] = {
    "recorded": lambda one: 0,
    "updated": lambda one: one.updated_at,
    "issued_on": lambda one: one.document.issued_on,
    "due_on": lambda one: one.document.due_on,
    "amount": lambda one: one.document.amount_minor,
    "open": lambda one: one.open_minor,
    "number": lambda one: one.document.number,
    "standing": lambda one: one.standing,
}


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("back", [False, True])
async def test_pages_follow_each_other_in_order(
    database: Database, books: BusinessId, sort: DocumentSort, back: bool
) -> None:
    """Given a history, when it is read seven at a time, by place or by offset, then all come once, in order."""
    everything = await listed(database, books, EVERYTHING)
    expected = sorted(everything, key=lambda one: (SORTS[sort](one), one.place), reverse=back)
    by_place: list[DocumentId] = []
    by_offset: list[DocumentId] = []
    after = None
    async with read_tx(database, OPERATOR, books) as tx:
        while page := await documents(tx, EVERYTHING, Page(limit=7, after=after, back=back), sort):
            by_place += [one.view.document.id for one in page]
            after = page[-1].place
        for offset in range(0, 42, 7):
            page = await documents(tx, EVERYTHING, Page(limit=7, offset=offset, back=back), sort)
            by_offset += [one.view.document.id for one in page]
    assert [one.document.id for one in expected] == by_place == by_offset
