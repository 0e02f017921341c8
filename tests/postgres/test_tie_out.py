"""The aging of a side against its control account, and what may be behind a difference (T17)."""

import pytest

from duebook.aging import tieout
from duebook.aging.errors import NotClosed
from duebook.aging.report import CLOSED
from duebook.aging.tieout import Suspicion, TieOut
from duebook.db.pool import Database
from duebook.ledger.commands import CloseBooks, EditDocument, SetStatus, UndoDocument
from duebook.ledger.facts import Kind, Late, Side, State, Status
from duebook.tenancy.facts import BusinessId
from tests.postgres.worlds import Books, day, invoice, noon, payment

RECEIVABLE = Side.RECEIVABLE


@pytest.fixture
def books(database: Database, business_id: BusinessId) -> Books:
    """Empty books in dollars."""
    return Books(database, business_id)


def suspects(found: TieOut) -> list[tuple[Suspicion, str | None, int, bool]]:
    """Why each document is suspected, its number, what it adds and whether that is the difference."""
    return [(one.suspicion, one.number, one.base_minor, one.equals_difference) for one in found.suspects]


async def test_a_side_that_ties_out(books: Books) -> None:
    """Given invoices and a payment, part of it unapplied, when the control account shows aging less unapplied money on
    each day, then there is no difference and nobody is suspected."""
    await books.write(
        invoice("A-1", 100, "2125-01-10"),
        payment("P-1", 150, "2125-02-10", paid={"A-1": 100}),
        invoice("A-2", 20, "2125-03-10"),
        at=noon("2125-01-01"),
    )
    found = await books.tie_out(RECEIVABLE, {"2125-03-31": -30, "2125-01-31": 100, "2125-02-28": -50})
    assert [(one.on, one.charges_minor, one.unapplied_minor, one.total_minor) for one in found.days] == [
        (day("2125-01-31"), 100, 0, 100),
        (day("2125-02-28"), 0, -50, -50),
        (day("2125-03-31"), 20, -50, -30),
    ]
    assert [one.difference_minor for one in found.days] == [0, 0, 0]
    assert (found.first_on, found.tied_on, found.suspects, found.base_currency) == (None, None, (), "USD")


async def test_payables_are_what_is_owed(books: Books) -> None:
    """Given a bill and an invoice, when the payable control account shows what is owed, then it ties out."""
    bill = invoice("V-1", 100, "2125-01-10", side=Side.PAYABLE)
    await books.write(bill, invoice("A-1", 7, "2125-01-10"))
    found = await books.tie_out(Side.PAYABLE, {"2125-01-31": 100})
    assert [(one.total_minor, one.difference_minor) for one in found.days] == [(100, 0)]


async def test_what_was_recorded_late_is_suspected_first_where_it_equals_the_difference(books: Books) -> None:
    """Given balances taken at month ends and two invoices of March recorded in April, when March differs by one of
    them, then both are suspected, that one first, and neither what tied out in February nor what came in time is."""
    await books.write(invoice("A-1", 100, "2125-02-10"), at=noon("2125-02-20"))
    await books.write(invoice("A-2", 20, "2125-03-10"), at=noon("2125-03-20"))
    await books.write(
        invoice("A-3", 50, "2125-03-11"),
        invoice("A-4", 30, "2125-03-12"),
        invoice("A-0", 1, "2125-02-12"),
        at=noon("2125-04-02"),
    )
    found = await books.tie_out(RECEIVABLE, {"2125-02-28": 101, "2125-03-31": 171, "2125-04-30": 171})
    assert [one.difference_minor for one in found.days] == [0, -30, -30]
    assert (found.tied_on, found.first_on) == (day("2125-02-28"), day("2125-03-31"))
    assert suspects(found) == [
        (Suspicion.RECORDED_LATE, "A-4", 30, True),
        (Suspicion.RECORDED_LATE, "A-3", 50, False),
    ]
    assert {one.recorded_at for one in found.suspects} == {noon("2125-04-02")}


async def test_late_corrections_are_suspected_by_what_they_changed(books: Books) -> None:
    """Given an invoice edited, one voided and a payment returned after the month was over, when the control account
    shows the month as it was, then each is suspected by what it changed, the void one as undone since."""
    await books.write(
        invoice("A-1", 100, "2125-03-01"),
        invoice("A-2", 7, "2125-03-01"),
        invoice("A-3", 40, "2125-03-01"),
        payment("P-1", 40, "2125-03-05", paid={"A-3": 40}),
        at=noon("2125-03-20"),
    )
    edit = EditDocument(side=RECEIVABLE, kind=Kind.CHARGE, document="A-1", amount_minor=90)
    void = UndoDocument(side=RECEIVABLE, kind=Kind.CHARGE, document="A-2", state=State.VOID)
    bounce = SetStatus(
        side=RECEIVABLE, kind=Kind.PAYMENT, document="P-1", status=Status.RETURNED, returned_on=day("2125-03-30")
    )
    await books.write(edit, void, bounce, at=noon("2125-04-02"))
    found = await books.tie_out(RECEIVABLE, {"2125-03-31": 107})
    assert found.days[0].difference_minor == -23
    assert suspects(found) == [
        (Suspicion.RECORDED_LATE, "P-1", 40, False),
        (Suspicion.RECORDED_LATE, "A-1", -10, False),
        (Suspicion.UNDONE_SINCE, "A-2", -7, False),
    ]


async def test_the_day_ends_where_the_business_is(books: Books) -> None:
    """Given an invoice recorded on the last day of the month, when that is the day in question, then it is in time."""
    await books.write(invoice("A-1", 100, "2125-03-01"), at=noon("2125-03-31"))
    assert (await books.tie_out(RECEIVABLE, {"2125-03-31": 0})).suspects == ()


async def test_money_dated_before_its_charge_is_suspected(books: Books) -> None:
    """Given a payment of March for an invoice of April and one that stays unapplied, when March differs by the first,
    then it alone is suspected."""
    await books.write(
        payment("P-1", 60, "2125-03-10"),
        payment("P-2", 60, "2125-03-10"),
        invoice("A-1", 40, "2125-04-05"),
        payment("P-3", 100, "2125-03-20", paid={"A-1": 40}),
        at=noon("2125-03-20"),
    )
    found = await books.tie_out(RECEIVABLE, {"2125-03-31": -180})
    assert found.days[0].difference_minor == 40
    assert suspects(found) == [(Suspicion.BEFORE_ITS_CHARGE, "P-3", -40, True)]


async def test_foreign_documents_are_suspected_by_amount_and_exchange(books: Books) -> None:
    """Given an invoice in euros paid at another rate, when the control account lacks the exchange difference, then the
    payment that realised it equals the difference."""
    await books.write(
        invoice("A-1", 100, "2125-03-01", currency="EUR", base_minor=110),
        invoice("A-2", 5, "2125-03-01"),
        payment("P-1", 100, "2125-03-10", paid={"A-1": 100}, currency="EUR", base_minor=120),
        at=noon("2125-03-20"),
    )
    found = await books.tie_out(RECEIVABLE, {"2125-03-31": -5})
    assert [(one.total_minor, one.difference_minor) for one in found.days] == [(5, -10)]
    assert {(one.suspicion, one.number, one.base_minor, one.exchange_minor) for one in found.suspects} == {
        (Suspicion.FOREIGN_CURRENCY, "A-1", 110, 0),
        (Suspicion.FOREIGN_CURRENCY, "P-1", -120, 10),
    }
    assert found.suspects[0].number == "P-1"
    assert [one.equals_difference for one in found.suspects] == [True, False]


async def test_a_closed_day_is_compared_as_it_was_closed(books: Books) -> None:
    """Given a closed March and a later change of it that is shifted, when March is compared as closed, then it ties
    out; a day that is not closed is refused."""
    await books.write(invoice("A-1", 100, "2125-03-01"))
    await books.write(CloseBooks(day("2125-03-31"), Late.SHIFT))
    await books.write(invoice("A-2", 50, "2125-03-02"))
    found = await books.tie_out(RECEIVABLE, {"2125-03-31": 100}, CLOSED)
    assert [(one.known_at, one.difference_minor) for one in found.days] == [(2, 0)]
    with pytest.raises(NotClosed, match="closed through 2125-03-31"):
        await books.tie_out(RECEIVABLE, {"2125-04-30": 150}, CLOSED)


async def test_only_so_many_are_told(books: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    """Given more late documents than are told, when suspected, then those that equal the difference come first, then
    the largest."""
    monkeypatch.setattr(tieout, "MOST_SUSPECTS", 3)
    late = [invoice(f"A-{number}", number, "2125-03-01") for number in range(1, 8)]
    await books.write(*late, at=noon("2125-04-01"))
    found = await books.tie_out(RECEIVABLE, {"2125-03-31": 26})
    assert [one.number for one in found.suspects] == ["A-2", "A-7", "A-6"]


async def test_money_sent_straight_to_other_accounts_is_listed_beside(books: Books) -> None:
    """Given payments of which a part went to other accounts, when tied out, then by each day what was sent and did not
    come back, in no sum; what a body says that is no amount, and what is void or of the other side, is not listed."""
    await books.write(
        payment("P-1", 100, "2125-01-10", body={"beside_minor": 30}),
        payment("P-2", 0, "2125-02-10", body={"beside_minor": 5}),
        payment("P-3", 1, "2125-01-10", body={"beside_minor": 2}, status=Status.CANCELLED),
        payment("P-4", 1, "2125-01-10", body={"beside_minor": 400}),
        payment("P-5", 1, "2125-01-10", body={"beside_minor": 7}, side=Side.PAYABLE),
        *(
            payment(f"P-{number}", 0, "2125-01-10", body={"beside_minor": said})
            for number, said in enumerate(["8", -8, 1.5, 10**40, None, [8], True], start=6)
        ),
    )
    undone = UndoDocument(side=RECEIVABLE, kind=Kind.PAYMENT, document="P-4", state=State.VOID)
    returned = SetStatus(
        side=RECEIVABLE,
        kind=Kind.PAYMENT,
        document="P-1",
        status=Status.RETURNED,
        returned_on=day("2125-03-01"),
    )
    await books.write(undone, returned)
    days = {"2125-01-09": 0, "2125-01-10": -101, "2125-02-28": -101, "2125-03-01": -1}
    found = await books.tie_out(RECEIVABLE, days)
    assert [one.beside_minor for one in found.days] == [0, 30, 35, 5]
    assert [one.total_minor for one in found.days] == [0, -100, -100, 0]
    before = await books.tie_out(RECEIVABLE, days, 1)
    assert [one.beside_minor for one in before.days] == [0, 430, 435, 435]
    payable = await books.tie_out(Side.PAYABLE, {"2125-01-31": -1})
    assert [one.beside_minor for one in payable.days] == [7]
