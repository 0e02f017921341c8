"""Payments beside invoices: what each is for, what does not fit, and what is refused and where."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from duebook.importers.commands import Plan, applied, plan
from duebook.importers.csv_file import read_csv
from duebook.importers.payments import read_payments
from duebook.importers.rows import Mapping as ColumnMapping
from duebook.importers.rows import ParsedPayments, PaymentRow
from duebook.importers.settling import Target, Targets, plan_payments, targets_of
from duebook.ledger.book import Book
from duebook.ledger.commands import AddSettlement, NewParty
from duebook.ledger.facts import Side
from duebook.ledger.working import Known

INVOICES = """\
Invoice,Customer,Date,Due,Amount
1,Ann,2025-01-10,2025-02-09,100
2,Ann,2025-01-20,2025-02-19,50
3,Bob,2025-01-25,2025-02-24,80
4,Bob,2025-01-26,,-20
5,Cid,2025-02-30,2025-03-30,10
6,Eve,2025-02-01,2025-03-03,40
6,Fay,2025-02-01,2025-03-03,40
"""
HEADER = "Payment ID,Invoice,Payment date,Amount\n"

Planned = Callable[..., Plan]


@pytest.fixture
def planned(tmp_path: Path) -> Planned:
    """What lines of payments become beside the invoices above."""

    def planned(lines: str, header: str = HEADER, invoices: str = INVOICES, **wishes: Any) -> Plan:
        (tmp_path / "invoices.csv").write_text(invoices)
        (tmp_path / "payments.csv").write_text(header + lines)
        parsed = read_csv(tmp_path / "invoices.csv", side=Side.RECEIVABLE, currency="USD", paid_elsewhere=True)
        payments = read_payments(tmp_path / "payments.csv", side=Side.RECEIVABLE, currency="USD", **wishes)
        return plan_payments(
            payments, targets_of(parsed, "invoices.csv"), side=Side.RECEIVABLE, base_currency="USD", rates={},
            file="payments.csv",
        )  # fmt: skip

    return planned


def settlements(made: Plan) -> list[AddSettlement]:
    """The payments of a plan."""
    return [command for command in made.commands if isinstance(command, AddSettlement)]


def shape(made: Plan) -> list[tuple[str | None, int, list[tuple[object, int | None]]]]:
    """External id, amount, and what is allocated to what."""
    return [
        (one.external_id, one.amount_minor, [(each.charge, each.amount_minor) for each in one.allocations])
        for one in settlements(made)
    ]


def test_a_payment_is_for_the_document_it_names(planned: Planned) -> None:
    """Given a payment that names an invoice, when planned, then it is its customer's, on its day, and all for it."""
    made = planned("P1,1,2025-02-01,60\n")
    assert (made.problems, made.notices) == ((), ())
    assert shape(made) == [("Ann:P1", 6000, [("Ann:1", 6000)])]
    assert (settlements(made)[0].settled_on, settlements(made)[0].party) == (date(2025, 2, 1), NewParty("Ann", "Ann"))


def test_what_does_not_fit_is_unapplied_and_told(planned: Planned) -> None:
    """Given payments of more than is open, when planned, then the earlier comes first and the rest is unapplied."""
    made = planned("P2,1,2025-03-01,70\nP1,1,2025-02-01,60\nP3,1,2025-03-02,5\n")
    assert shape(made) == [
        ("Ann:P1", 6000, [("Ann:1", 6000)]),
        ("Ann:P2", 7000, [("Ann:1", 4000)]),
        ("Ann:P3", 500, []),
    ]
    assert made.notices == (
        "payments.csv line 2: 30.00 USD more than is open of 1: it is unapplied",
        "payments.csv line 4: 5.00 USD more than is open of 1: it is unapplied",
    )


def test_one_payment_may_have_a_line_for_each_document(planned: Planned) -> None:
    """Given one number on two lines for two invoices, when planned, then it is one payment with two allocations."""
    made = planned("P1,1,2025-02-01,100\nP1,2,2025-02-01,50\n")
    assert shape(made) == [("Ann:P1", 15000, [("Ann:1", 10000), ("Ann:2", 5000)])]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("P9,99,2025-02-01,5", "Invoice: '99' is not among the documents of the file or of the books"),
        ("P9,5,2025-02-01,5", "Invoice: '5' cannot be taken itself: see invoices.csv line 6"),
        ("P9,4,2025-02-01,5", "Invoice: '4' is a credit, which nobody pays"),
        ("P9,6,2025-02-01,5", "Invoice: '6' is the number of several documents: a column must say whose"),
        ("P9,,2025-02-01,5", "Invoice: is empty, and no customer or vendor is named either"),
        ("P9,1,2025-02-31,5", "Payment date: '2025-02-31' does not exist in the calendar (read as YYYY-MM-DD)"),
        ("P9,1,soon,5", "Payment date: 'soon' is not a date written as YYYY-MM-DD, like the rest of the column"),
        ("P9,1,,5", "Payment date: is empty"),
        ("P9,1,2025-02-01,-5", "Amount: '-5' is a payment of -5.00: money paid back is no payment"),
        ("P9,1,2025-02-01,0", "Amount: '0' is a payment of nothing"),
        ("P9,1,2025-02-01,", "Amount: is empty"),
        ("P9,1,2025-02-01,1.0051", "Amount: '1.0051' is not an amount of USD: USD has 2 decimal places"),
        ("P0,3,2025-02-01,8", "Payment ID: 'P0' is on line 2 already, with the same day and amount"),
        ("P0,3,2025-02-01,9", "Payment ID: 'P0' is on line 2 already, with another day or another amount"),
        ("P0,2,2025-02-02,9", "Payment ID: 'P0' is on line 2 already, with another day or another currency"),
        ("P9,1\tx,2025-02-01,5", "Invoice: '1\\tx' has a control character in it"),
    ],
)  # fmt: skip
def test_a_bad_line_says_what_is_wrong_and_where(planned: Planned, line: str, said: str) -> None:
    """Given a bad line below a good one, when planned, then the problem names file, line and column."""
    made = planned(f"P0,3,2025-02-01,8\n{line}\n")
    assert [str(problem) for problem in made.problems] == [f"payments.csv line 3, {said}"]
    assert shape(made) == [("Bob:P0", 800, [("Bob:3", 800)])]


def test_a_payment_on_account_is_its_partys(planned: Planned) -> None:
    """Given payments that name no document, when planned, then they are unapplied money of whom they name."""
    made = planned("P1,,Ann,2025-02-01,5\nP2,6,Fay,2025-02-01,7\n", "Payment ID,Invoice,Customer,Date,Amount\n")
    assert shape(made) == [("Ann:P1", 500, []), ("Fay:P2", 700, [("Fay:6", 700)])]


def test_a_document_of_somebody_else_is_a_problem(planned: Planned) -> None:
    """Given a payment by one customer for another's invoice, when planned, then it is refused."""
    made = planned("P1,3,Ann,2025-02-01,5\n", "Payment ID,Invoice,Customer,Date,Amount\n")
    assert [problem.rule for problem in made.problems] == ["is not a document of Ann"]


def test_payments_without_a_number_are_told(planned: Planned) -> None:
    """Given payments without numbers, when planned, then each is a payment, and it is said that nothing tells them."""
    made = planned("1,2025-02-01,5\n1,2025-02-01,5\n", "Invoice,Payment date,Amount\n")
    assert [one.external_id for one in settlements(made)] == [None, None]
    assert made.notices == ("2 payments have no number: nothing tells if the file is imported twice",)


def test_columns_may_be_named(planned: Planned) -> None:
    """Given columns of other names, when they are named, then they are read."""
    overrides = {"document": "For", "paid_on": "When", "amount": "Money", "number": ""}
    made = planned("1,2025-02-01,5\n", "For,When,Money\n", overrides=overrides)
    assert shape(made) == [(None, 500, [("Ann:1", 500)])]


def test_invoices_with_payments_are_read_whole(tmp_path: Path) -> None:
    """Given invoices with a balance and a day of payment, when others pay them, then the whole amount is read."""
    path = tmp_path / "invoices.csv"
    path.write_text("Invoice,Customer,Date,Total,Balance,Paid date\n1,Ann,2025-01-10,100,0,2025-02-01\n")
    parsed = read_csv(path, side=Side.RECEIVABLE, currency="USD", paid_elsewhere=True)
    assert [(row.amount_minor, row.settled_on) for row in parsed.rows] == [(10000, None)]


def test_a_document_of_the_books_in_another_currency_needs_a_payment_that_says_its_own() -> None:
    """Given a bill in EUR and payments in USD, when one says so and one does not, then only the latter is refused."""
    target = Target("Ann:1", NewParty("Ann", "Ann"), "Ann", "Ann", "EUR", 10000)
    rows = tuple(
        PaymentRow(line, None, "1", None, None, date(2025, 2, 1), "USD", states, 500)
        for line, states in ((2, True), (3, False))
    )
    payments = ParsedPayments(ColumnMapping((), (), ",", 1), rows, (), ())
    made = plan_payments(
        payments, Targets({"1": [target]}), side=Side.PAYABLE, base_currency="USD", rates={"EUR": Decimal(2)}
    )
    assert [str(problem) for problem in made.problems] == [
        "line 3, document: '1' is in EUR, and the payment names no currency"
    ]
    assert [(each.amount_minor, each.source_minor) for each in settlements(made)[0].allocations] == [(None, 500)]


@given(
    st.lists(
        st.tuples(st.sampled_from("123"), st.dates(date(2025, 1, 1), date(2025, 4, 1)), st.integers(1, 15000)),
        min_size=1, max_size=12,
    )
)  # fmt: skip
def test_the_ledger_takes_whatever_was_planned(
    tmp_path_factory: pytest.TempPathFactory, paid: list[tuple[str, date, int]]
) -> None:
    """Given any payments for three invoices, when planned, then the ledger refuses none and no cent is lost."""
    folder = tmp_path_factory.mktemp("files")
    (folder / "invoices.csv").write_text("".join(INVOICES.splitlines(keepends=True)[:4]))
    lines = "".join(f"P{n},{number},{on},{minor / 100:.2f}\n" for n, (number, on, minor) in enumerate(paid))
    (folder / "payments.csv").write_text(HEADER + lines)
    parsed = read_csv(folder / "invoices.csv", side=Side.RECEIVABLE, currency="USD", paid_elsewhere=True)
    payments = read_payments(folder / "payments.csv", side=Side.RECEIVABLE, currency="USD")
    invoices = plan(parsed, side=Side.RECEIVABLE, base_currency="USD", rates={})
    made = plan_payments(payments, targets_of(parsed, ""), side=Side.RECEIVABLE, base_currency="USD", rates={})
    book = Book("USD", Known())
    assert applied(book, [*invoices.asks, *made.asks]) == []
    assert sum(entry.amount_minor for entry in book.open_entries()) == 23000 - sum(minor for _, _, minor in paid)
