"""Reading bodies of QuickBooks Online: wrappers, latest states, voids, deletions, credits applied, balances."""

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any, Literal

import pytest

from duebook.importers.commands import Plan
from duebook.importers.errors import EmptyFile, NotJson, NotUtf8
from duebook.importers.located import read_json
from duebook.importers.quickbooks import Bodies, read_bodies
from duebook.importers.quickbooks_balances import Question, differences, expected, questions
from duebook.importers.quickbooks_commands import plan_quickbooks
from duebook.importers.undoing import fitted
from duebook.ledger.commands import AddCharge, AddSettlement, Allocate, NewParty, UndoDocument
from duebook.ledger.facts import Allocation, Kind, Side, State
from duebook.ledger.working import Known

Bodied = Callable[..., Bodies]


@pytest.fixture
def bodied(tmp_path: Path) -> Bodied:
    """Reads values, each as the body of an answer in a file of its own."""

    def bodied(*values: Any) -> Bodies:
        paths = [tmp_path / f"{place}.json" for place in range(len(values))]
        for path, value in zip(paths, values, strict=True):
            path.write_text(json.dumps(value, indent=1))
        return read_bodies(paths)

    return bodied


def entity(external_id: str, day: str = "2025-01-10", total: float = 100, token: str = "0", **more: Any) -> Any:
    """A transaction of Oak, customer and vendor at once."""
    oak = {"value": "1", "name": "Oak"}
    return {
        "Id": external_id, "SyncToken": token, "TxnDate": day, "TotalAmt": total, "CurrencyRef": {"value": "USD"},
        "CustomerRef": oak, "VendorRef": oak, **more,
    }  # fmt: skip


def paying(amount: float, kind: str, number: str) -> Any:
    """A line of a payment."""
    return {"Amount": amount, "LinkedTxn": [{"TxnId": number, "TxnType": kind}]}


def planned(bodies: Bodies, base_currency: str = "USD") -> Plan:
    """What the bodies become."""
    return plan_quickbooks(bodies, base_currency=base_currency)


INVOICE = entity("7", DocNumber="1001", DueDate="2025-02-09")


@pytest.mark.parametrize(
    "body",
    [
        {"Invoice": INVOICE, "time": "2025-01-11T08:00:00-08:00"},
        {"QueryResponse": {"Invoice": [INVOICE], "startPosition": 1, "maxResults": 1}},
        {"CDCResponse": [{"QueryResponse": [{}, {"Invoice": [INVOICE]}]}]},
        {"BatchItemResponse": [{"bId": "1", "Invoice": INVOICE}, {"bId": "2", "QueryResponse": {}}]},
    ],
    ids=["single", "query", "changes", "batch"],
)
def test_an_invoice_is_found_in_every_wrapper(bodied: Bodied, body: Any) -> None:
    """Given one invoice, when it comes in any kind of answer, then it is one charge under its own id."""
    [command] = planned(bodied(body)).commands
    assert isinstance(command, AddCharge)
    assert (command.side, command.external_id, command.number) == (Side.RECEIVABLE, "7", "1001")
    assert (command.party, command.amount_minor) == (NewParty("1", "Oak"), 10000)
    assert (command.issued_on, command.due_on) == (date(2025, 1, 10), date(2025, 2, 9))


def test_the_latest_state_of_an_invoice_is_read(bodied: Bodied) -> None:
    """Given an invoice before and after a change, in any order, when read, then the later is taken, the other told."""
    old, new = {"Invoice": INVOICE}, {"Invoice": {**INVOICE, "SyncToken": "3", "TotalAmt": 90}}
    for bodies, file in ((bodied(old, new), "0.json"), (bodied(new, old), "1.json")):
        plan = planned(bodies)
        assert [getattr(command, "amount_minor", 0) for command in plan.commands] == [9000]
        assert plan.notices == (f"{file} line 2: Invoice 7 is there in a later state: this one is not read",)


@pytest.mark.parametrize(
    ("gone", "state"),
    [
        ({"Id": "7", "status": "Deleted", "domain": "QBO"}, State.DELETED),
        (entity("7", total=0, token="1", PrivateNote="Voided"), State.VOID),
    ],
)
def test_voids_and_deletions_undo_what_is_recorded(
    bodied: Bodied, gone: Any, state: Literal[State.VOID, State.DELETED]
) -> None:
    """Given an invoice that is void or deleted, when fitted to the books, then it is undone if it is there."""
    plan = planned(bodied({"Invoice": gone}))
    assert plan.commands == [UndoDocument(side=Side.RECEIVABLE, kind=Kind.CHARGE, document="7", state=state)]
    assert fitted(plan, Known()).commands == []
    assert len(fitted(plan, Known()).notices) == 1


def test_a_payment_uses_credits_before_its_own_money(bodied: Bodied) -> None:
    """Given a payment for two bills with a credit among its lines, when planned, then credit and money are apart."""
    bills = [entity("41", total=900), entity("42", total=100)]
    payment = entity("61", "2025-02-10", 950, Line=[
        paying(900, "Bill", "41"), paying(100, "Bill", "42"), paying(50, "VendorCredit", "51"),
    ])  # fmt: skip
    body = {"QueryResponse": {"Bill": bills, "VendorCredit": [entity("51", total=50)], "BillPayment": [payment]}}
    *_, credit, paid = planned(bodied(body)).commands
    assert isinstance(credit, AddSettlement)
    assert isinstance(paid, AddSettlement)
    assert [(one.charge, one.amount_minor, one.effective_on) for one in credit.allocations] == [
        ("41", 5000, date(2025, 2, 10))
    ]
    assert [(one.charge, one.amount_minor) for one in paid.allocations] == [("41", 85000), ("42", 10000)]
    assert (credit.side, credit.kind, paid.kind) == (Side.PAYABLE, Kind.CREDIT, Kind.PAYMENT)


def test_a_credit_of_the_books_is_applied_once(bodied: Bodied) -> None:
    """Given a payment of nothing that applies a credit of the books, when fitted again, then nothing is left."""
    payment = entity("31", total=0, Line=[paying(20, "Invoice", "7"), paying(20, "CreditMemo", "21")])
    plan = planned(bodied({"Payment": payment}))
    [command] = plan.commands
    assert isinstance(command, Allocate)
    assert (command.kind, command.source) == (Kind.CREDIT, "21")
    [new] = command.allocations
    invoice, credit = (planned(bodied({kind: entity("1")})).commands[0] for kind in ("Invoice", "CreditMemo"))
    assert isinstance(invoice, AddCharge)
    assert isinstance(credit, AddSettlement)
    there = Allocation(
        id=new.id, source_id=credit.id, charge_id=invoice.id, effective_on=date(2025, 1, 10), stated=False,
        amount_minor=2000, source_minor=2000,
    )  # fmt: skip
    assert fitted(plan, Known(allocations=[there])).commands == []


def test_a_foreign_amount_is_booked_at_its_rate(bodied: Bodied) -> None:
    """Given an invoice in EUR at 1.1052 USD, when planned, then its base amount is the product, half to even."""
    foreign = entity("7", total=12.5, CurrencyRef={"value": "EUR"}, ExchangeRate=1.1052)
    assert [getattr(one, "base_minor", 0) for one in planned(bodied({"Invoice": foreign})).commands] == [1382]


@pytest.mark.parametrize(
    ("kind", "bad", "said"),
    [
        ("Invoice", {"TotalAmt": "5"}, "Invoice 7, TotalAmt: is not an amount"),
        ("Invoice", {"TotalAmt": 1.005}, "Invoice 7, TotalAmt: is not an amount of USD: USD has 2 decimal places"),
        ("Invoice", {"TotalAmt": -5}, "Invoice 7, TotalAmt: is below zero"),
        ("Invoice", {"TxnDate": None}, "Invoice 7, TxnDate: is missing"),
        ("Invoice", {"DueDate": "soon"}, "Invoice 7, DueDate: 'soon' is not a day, such as 2025-03-31"),
        ("Invoice", {"CustomerRef": {}}, "Invoice 7, CustomerRef: is missing"),
        ("Bill", {"CurrencyRef": {"value": "XXZ"}}, "Bill 7, CurrencyRef: 'XXZ' is not the code of a currency"),
        (
            "Payment", {"Line": [paying(200, "Invoice", "1")]},
            "Payment 7, TotalAmt: is 100.00, and its lines apply 200.00 of it",
        ),
        (
            "Payment", {"Line": [paying(5, "JournalEntry", "9")]},
            "Payment 7, Line: applies it to JournalEntry 9, which these books do not have",
        ),
        ("Invoice", {"Id": ""}, "Invoice has no Id"),
    ],
)  # fmt: skip  # sentences as they are said
def test_a_bad_entity_says_what_is_wrong_and_where(bodied: Bodied, kind: str, bad: Any, said: str) -> None:
    """Given an entity with a fault, when planned, then file, line, id and field are named, and nothing comes of it."""
    plan = planned(bodied({kind: {**INVOICE, **bad}}))
    [problem] = plan.problems
    assert str(problem).removeprefix("0.json line 2").lstrip(",: ") == said
    assert plan.commands == []


def test_faults_and_kinds_that_are_not_read_are_told(bodied: Bodied) -> None:
    """Given a batch with a fault, a sale and a journal entry, when read, then each is named."""
    fault = {"Fault": {"Error": [{"Message": "Stale Object Error"}], "type": "ValidationFault"}, "bId": "1"}
    bodies = bodied({"BatchItemResponse": [fault, {"SalesReceipt": entity("9")}, {"JournalEntry": entity("8")}]})
    plan = planned(bodies)
    assert [str(one) for one in plan.problems] == [
        "0.json line 3: QuickBooks answered with a fault: Stale Object Error"
    ]
    assert plan.notices == (
        "0.json: 1 of kind SalesReceipt: nothing owed, and not read",
        "0.json: 1 of kind JournalEntry: not read, though they may change what is owed: record them by hand",
    )


def test_balances_are_held_against_the_books(bodied: Bodied) -> None:
    """Given two customers' balances and a report, when held against the books, then only what differs is said."""
    customers = [
        {"Id": "1", "DisplayName": "Oak", "Balance": 70.5, "CurrencyRef": {"value": "USD"}},
        {"Id": "2", "DisplayName": "Reed", "Balance": 0, "CurrencyRef": {"value": "USD"}},
    ]
    titles = ["", "Current", "1 - 30", "31 - 60", "61 - 90", "91 and over", "Total"]
    oak = [{"value": "Oak", "id": "1"}, *({"value": each} for each in ("", "", "", "", "70.50", "70.50"))]
    report = {
        "Header": {"ReportName": "AgedReceivables", "Currency": "USD", "EndPeriod": "2025-06-30"},
        "Columns": {"Column": [{"ColTitle": title} for title in titles]},
        "Rows": {"Row": [{"ColData": oak}, {"group": "GrandTotal", "Summary": {"ColData": []}}]},
    }
    other = {"Header": {"ReportName": "GeneralLedger"}, "Rows": {}}
    found, notices = expected(bodied({"QueryResponse": {"Customer": customers}}, report, other))
    assert notices == ["2.json: a report of kind GeneralLedger, with nothing in it to compare"]
    everything = Question(Side.RECEIVABLE, date.max, in_base=False)
    at_june = Question(Side.RECEIVABLE, date(2025, 6, 30), in_base=True)
    assert questions(found) == [everything, at_june]
    ours = {("1", "USD"): (0, 0, 0, 0, 7050, 7050)}
    assert list(differences(found, {everything: ours, at_june: ours})) == []
    assert list(differences(found, {everything: {("2", "USD"): (5, 0, 0, 0, 0, 5)}, at_june: {}})) == [
        "0.json line 4: Oak: QuickBooks has 70.50 USD open; here it is 0.00",
        "0.json line 12: Reed: QuickBooks has 0.00 USD open; here it is 0.05",
        "1.json line 34: Oak: QuickBooks has 0.00 | 0.00 | 0.00 | 0.00 | 70.50 | 70.50 USD open on 2025-06-30; "
        "here it is 0.00 | 0.00 | 0.00 | 0.00 | 0.00 | 0.00",
    ]


def test_objects_know_their_lines() -> None:
    """Given braces and line breaks inside of strings, when read, then each object still knows where it starts."""
    raw = b'{"a": "}{",\n "b": [\n  {"c": "x\\"{"},\n  {"d": 1.10}\n ]}'
    value = read_json(raw, Path("x"))
    assert (value.line, [each.line for each in value["b"]]) == (1, [3, 4])
    assert str(value["b"][1]["d"]) == "1.10"


@pytest.mark.parametrize(
    ("raw", "refusal"),
    [
        (b" \n", EmptyFile),
        (b'{"a": 1,}', NotJson),
        (b"\xff{}", NotUtf8),
        (b"[" * 100_000, NotJson),
        (b'{"a": }}', NotJson),
    ],
)  # fmt: skip
def test_what_is_not_json_is_refused(raw: bytes, refusal: type[Exception]) -> None:
    """Given bytes that are no JSON, when read, then the file is refused."""
    with pytest.raises(refusal):
        read_json(raw, Path("x"))
