"""Reading the invoice table of Xero: both sides, every status, rates, and what is refused and where."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from duebook.importers.errors import MissingColumns
from duebook.importers.undoing import fitted
from duebook.importers.xero import XeroInvoices, read_xero
from duebook.ledger.book import Book
from duebook.ledger.commands import AddCharge, AddSettlement, UndoDocument
from duebook.ledger.facts import Document, Kind, Side, State
from duebook.ledger.working import Known

HEADER = (
    "invoice_id,contact_id,date,due_date,fully_paid_on_date,amount_credited,amount_due,amount_paid,total,"
    "currency_code,currency_rate,invoice_number,status,type\n"
)

Read = Callable[..., XeroInvoices]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Reads lines of the table for books in Canadian dollars, unless told otherwise."""

    def read(*lines: str, **wishes: Any) -> XeroInvoices:
        path = tmp_path / "invoices.csv"
        path.write_text(HEADER + "".join(f"{line}\n" for line in lines))
        return read_xero(path, **{"base_currency": "CAD", **wishes})

    return read


OPEN = "i1,c1,2024-02-29,2024-03-31,,0,2250,0,2250,GBP,0.587431,INV-2,AUTHORISED,ACCREC"


def test_an_open_invoice_is_booked_at_its_rate(read: Read) -> None:
    """Given 2,250.00 GBP at 0.587431 GBP for one CAD, when read, then it is booked at 3,830.24 CAD, for its contact."""
    [command] = read(OPEN, names={"c1": "Larch"}).plan.commands
    assert isinstance(command, AddCharge)
    assert (command.side, command.external_id, command.number, command.state) == (
        Side.RECEIVABLE, "i1", "INV-2", State.ISSUED,
    )  # fmt: skip
    assert (command.currency, command.amount_minor, command.base_minor) == ("GBP", 225000, 383024)
    assert (command.issued_on, command.due_on) == (date(2024, 2, 29), date(2024, 3, 31))
    assert getattr(command.party, "name", None) == "Larch"


def test_a_paid_bill_is_paid_and_credited_on_its_day(read: Read) -> None:
    """Given a bill of which part was credited, when read, then a payment and a credit settle it on its day."""
    line = "i6,c3,2024-03-01,2024-03-31,2024-04-02,100,0,233.34,333.34,USD,0.7391,B-19,PAID,ACCPAY"
    charge, *settlements = read(line).plan.commands
    assert isinstance(charge, AddCharge)
    assert (charge.side, charge.base_minor) == (Side.PAYABLE, 45101)
    shapes = [
        (one.kind, one.external_id, one.settled_on, one.amount_minor, one.allocations[0].charge)
        for one in settlements
        if isinstance(one, AddSettlement)
    ]
    assert shapes == [
        (Kind.PAYMENT, "i6:paid", date(2024, 4, 2), 23334, "i6"),
        (Kind.CREDIT, "i6:credited", date(2024, 4, 2), 10000, "i6"),
    ]


@pytest.mark.parametrize(
    ("status", "expected"),
    [("VOIDED", State.VOID), ("DRAFT", State.DRAFT), ("SUBMITTED", State.DRAFT), ("DELETED", State.DELETED)],
)
def test_what_does_not_count_is_told(read: Read, status: str, expected: State) -> None:
    """Given a document that counts on no day, when read, then it is in that state, and its line is told."""
    invoices = read(f"i4,c2,2024-02-15,2024-03-15,,0,0,0,80,CAD,1,B-18,{status},ACCPAY")
    [command] = invoices.plan.commands
    assert isinstance(command, AddCharge | UndoDocument)
    assert command.state is expected
    assert len(fitted(invoices.plan, Known()).notices) == 1


def test_a_void_bill_undoes_the_one_that_is_recorded(read: Read) -> None:
    """Given an open bill that is void in a later table, when fitted to the books, then it is undone, and once only."""
    first = read("i4,c2,2024-02-15,2024-03-15,,0,80,0,80,CAD,1,B-18,AUTHORISED,ACCPAY").plan
    book = Book("CAD", Known())
    for command in first.commands:
        book.apply(command)
    there: list[Document] = list(book.changes.documents.values())
    later = read("i4,c2,2024-02-15,2024-03-15,,0,0,0,80,CAD,1,B-18,VOIDED,ACCPAY").plan
    expected = UndoDocument(side=Side.PAYABLE, kind=Kind.CHARGE, document="i4", state=State.VOID)
    assert fitted(later, Known(documents=there)).commands == [expected]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("ACCREC", "ACCXXX"), "type: 'ACCXXX' is neither ACCREC nor ACCPAY"),
        (
            ("AUTHORISED", "LOST"),
            "status: 'LOST' is none of DRAFT, SUBMITTED, AUTHORISED, PAID, VOIDED and DELETED",
        ),
        (("2024-02-29", "2023-02-29"), "date: '2023-02-29' does not exist in the calendar (read as YYYY-MM-DD)"),
        (("2024-02-29", ""), "date: is empty"),
        (("2024-03-31", "31/3/24"), "due_date: '31/3/24' is not a date written as YYYY-MM-DD"),
        (("i1", ""), "invoice_id: is empty"),
        (("c1", ""), "contact_id: is empty"),
        (("GBP", "GPB"), "currency_code: 'GPB' is not the code of a currency (ISO 4217, such as USD)"),
        ((",2250,0,2250,", ",2250,0,-2250,"), "total: '-2250' is below zero"),
        (
            (",2250,0,2250,", ",2250,0,2.2.5,"),
            "total: '2.2.5' is not an amount of GBP: write digits with at most one decimal point",
        ),
        (
            (",2250,0,2250,", ",2250,0,2251,"),
            "total: '2251' is not amount_paid, amount_credited and amount_due together "
            "(0.00 is paid, 0.00 credited, 2250.00 due)",
        ),
        (
            (",2250,0,2250,", ",250,2000,2250,"),
            "fully_paid_on_date: is empty, and 2000.00 is paid, 0.00 credited, 250.00 due",
        ),
        (("0.587431", "0"), "currency_rate: '0' is not a rate: a number above zero"),
        (("i1", "i0"), "invoice_id: 'i0' is on line 2 already"),
    ],
)
def test_a_bad_line_says_what_is_wrong_and_where(read: Read, change: tuple[str, str], said: str) -> None:
    """Given a bad line below a good one, when read, then its problem is named and the good one is there."""
    plan = read("i0,c0,2024-01-01,2024-01-31,,0,10,0,10,CAD,1,INV-1,AUTHORISED,ACCREC", OPEN.replace(*change)).plan
    assert [str(problem) for problem in plan.problems] == [f"line 3, {said}"]
    assert len(plan.asks) == 1


def test_another_base_currency_is_found_out(read: Read) -> None:
    """Given rows in CAD at the rate 1, when the books are in USD, then the file is refused, and says why."""
    cad = "i0,c0,2024-01-01,2024-01-31,,0,10,0,10,CAD,1,INV-1,AUTHORISED,ACCREC"
    usd = "i9,c0,2024-01-01,2024-01-31,,0,10,0,10,USD,0.74,INV-9,AUTHORISED,ACCREC"
    assert [str(problem) for problem in read(cad, usd, base_currency="USD").plan.problems] == [
        "the file, currency_rate: 'CAD' has the rate 1 throughout, as the base currency has; the books are in USD",
        "line 3, currency_rate: '0.74' is not 1, and USD is the currency of the books",
    ]


def test_a_row_without_a_rate_is_left_to_the_rates_of_the_books(read: Read) -> None:
    """Given a foreign row without a rate, when read, then no base amount is given, and that is told."""
    plan = read(OPEN.replace("0.587431", "")).plan
    assert [getattr(command, "base_minor", 0) for command in plan.commands] == [None]
    assert plan.notices == ("line 2: in a foreign currency without a rate: booked at the rate of the books",)


def test_another_table_is_refused(tmp_path: Path) -> None:
    """Given a table without Xero's columns, when read, then the missing ones are named."""
    path = tmp_path / "other.csv"
    path.write_text("invoice_id,date,total\n1,2024-01-01,5\n")
    with pytest.raises(MissingColumns, match="nor for amount_due"):
        read_xero(path, base_currency="CAD")
