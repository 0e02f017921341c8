"""What a book takes and refuses, in small worlds (T4, T5, T7, T8, T14)."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from duebook.days import Terms
from duebook.ledger import errors
from duebook.ledger.commands import AddCharge, AddSettlement, ArchiveParty, Command, NewAllocation, NewParty, PutParty
from duebook.ledger.facts import DocumentId, DueFrom, Kind, PartyId, Side, State, Tag
from duebook.ledger.working import Recorded
from duebook.money import MAX_MINOR
from tests.oracle.shelf import Shelf

ANN, BOB = NewParty("ann", "Ann"), NewParty("bob", "Bob")


def day(text: str) -> date:
    """A date of 2025, as in "03-31"."""
    return date.fromisoformat(f"2025-{text}")


def invoice(number: str, amount_minor: int = 10_000, on: str = "03-01", **details: Any) -> AddCharge:
    """An invoice to Ann, unless it says otherwise."""
    said: dict[str, Any] = {"party": ANN, "currency": "USD"} | details
    return AddCharge(side=Side.RECEIVABLE, external_id=number, issued_on=day(on), amount_minor=amount_minor, **said)


def payment(amount_minor: int, shares: Mapping[Any, int], on: str = "03-10", **details: Any) -> AddSettlement:
    """A payment over invoices, and how much is for which."""
    said: dict[str, Any] = {"side": Side.RECEIVABLE, "kind": Kind.PAYMENT, "currency": "USD"} | details
    allocations = tuple(NewAllocation(charge=number, amount_minor=part) for number, part in shares.items())
    return AddSettlement(settled_on=day(on), amount_minor=amount_minor, allocations=allocations, **said)


def written(*commands: Command) -> Shelf:
    """Books after so many writes of one command each."""
    shelf = Shelf()
    for command in commands:
        shelf.write([command])
    return shelf


def refused(shelf: Shelf, *commands: Command) -> errors.LedgerError:
    """Why a write is refused, when it leaves nothing behind."""
    before = (shelf.version, dict(shelf.parties), dict(shelf.documents), dict(shelf.allocations), [*shelf.entries])
    with pytest.raises(errors.LedgerError) as caught:
        shelf.write(commands)
    assert (shelf.version, shelf.parties, shelf.documents, shelf.allocations, shelf.entries) == before
    return caught.value


def recorded(shelf: Shelf, *commands: Command) -> list[Recorded]:
    """What one write stands under."""
    return [one for one in shelf.write(commands) if one]


def only(recorded: list[Recorded]) -> DocumentId:
    """The document that a write made."""
    (one,) = recorded
    return DocumentId(one.id)


# Allocating.


def test_too_much_names_what_is_open_when_and_what_is_in_the_way() -> None:
    """Given an invoice of 100.00 with 70.00 paid, when 30.01 more is paid, then the answer says it all."""
    shelf = written(invoice("A-1"))
    paid = only(recorded(shelf, payment(7_000, {"A-1": 7_000}, "03-20")))
    error = refused(shelf, payment(3_001, {"A-1": 3_001}, "03-05"))
    charge = next(iter(shelf.documents))
    assert isinstance(error, errors.OverAllocated)
    assert (error.document_id, error.open_minor, error.on) == (charge, 3_000, day("03-20"))
    assert (error.offered_minor, error.in_the_way, error.field) == (3_001, (paid,), "amount")
    assert str(error) == (
        f"30.01 USD does not fit charge {charge}: 30.00 is open on 2025-03-20; already allocated: {paid}"
    )


def test_a_later_payment_stands_in_the_way_of_an_earlier_one() -> None:
    """Given an invoice that is paid in full in May, when another payment of April comes late, then it does not fit."""
    shelf = written(invoice("A-1"), payment(10_000, {"A-1": 10_000}, "05-01"))
    error = refused(shelf, payment(1, {"A-1": 1}, "04-01"))
    assert isinstance(error, errors.OverAllocated)
    assert (error.open_minor, error.on) == (0, day("05-01"))


def test_a_payment_gives_no_more_than_it_has() -> None:
    """Given two invoices, when a payment gives them more than its amount, then the payment is named."""
    shelf = written(invoice("A-1"), invoice("A-2"))
    error = refused(shelf, payment(15_000, {"A-1": 10_000, "A-2": 5_001}))
    assert isinstance(error, errors.OverAllocated)
    assert (error.open_minor, error.offered_minor) == (5_000, 5_001)
    assert "does not fit payment" in str(error)


def test_the_same_invoice_twice_in_one_write_is_paid_once() -> None:
    """Given one write with two payments of the same invoice, when the second does not fit, then neither stands."""
    shelf = written(invoice("A-1"))
    error = refused(shelf, payment(10_000, {"A-1": 10_000}), payment(10_000, {"A-1": 10_000}))
    assert isinstance(error, errors.OverAllocated)


def test_a_payment_before_its_invoice_waits_for_it() -> None:
    """Given a payment of February for an invoice of March, when recorded, then it is unapplied until March."""
    shelf = written(invoice("A-1", on="03-01"), payment(4_000, {"A-1": 4_000}, "02-10"))
    assert [one.effective_on for one in shelf.allocations.values()] == [day("03-01")]


@pytest.mark.parametrize(("settled", "stated", "earliest"), [("02-01", "02-28", "03-01"), ("03-10", "03-09", "03-10")])
def test_a_stated_day_is_not_before_both_documents(settled: str, stated: str, earliest: str) -> None:
    """Given a day before the invoice's or the payment's, when stated, then the first possible is named."""
    shelf = written(invoice("A-1", on="03-01"))
    share = NewAllocation(charge="A-1", amount_minor=1, effective_on=day(stated))
    error = refused(shelf, replace(payment(1, {}, settled), allocations=(share,)))
    assert isinstance(error, errors.AllocatedTooEarly)
    assert (error.stated, error.earliest) == (day(stated), day(earliest))


def test_a_stated_day_is_kept_or_refused_never_moved() -> None:
    """Given an allocation for April, when one is stated for March that would not fit in April, then it is refused."""
    shelf = written(invoice("A-1"), payment(9_999, {"A-1": 9_999}, "04-01"))
    share = NewAllocation(charge="A-1", amount_minor=2, effective_on=day("03-15"))
    error = refused(shelf, replace(payment(2, {}, "03-12"), allocations=(share,)))
    assert isinstance(error, errors.OverAllocated)
    assert (error.open_minor, error.on) == (1, day("04-01"))
    shelf.write([replace(payment(1, {}, "03-12"), allocations=(replace(share, amount_minor=1),))])
    assert [(one.effective_on, one.stated) for one in shelf.allocations.values()] == [
        (day("04-01"), False),
        (day("03-15"), True),
    ]


@pytest.mark.parametrize("state", [State.DRAFT, State.VOID])
def test_nothing_is_allocated_to_what_is_not_issued(state: State) -> None:
    """Given a draft or a void invoice, when it is paid, then it is refused; by itself it has no entries."""
    shelf = written(invoice("A-1", state=state))
    assert (shelf.entries, shelf.version) == ([], 1)
    assert isinstance(refused(shelf, payment(1, {"A-1": 1})), errors.NotOpen)


def test_an_invoice_of_another_customer_is_not_paid() -> None:
    """Given Bob's invoice, when Ann pays it, then the answer names the invoice and both parties."""
    shelf = written(invoice("B-1", party=BOB), invoice("A-1"))
    bob, ann = shelf.parties
    error = refused(shelf, payment(1, {"B-1": 1}, party=ANN))
    assert isinstance(error, errors.OtherParty)
    assert (error.party_id, error.expected) == (bob, ann)


def test_a_payment_over_two_customers_belongs_to_the_first() -> None:
    """Given invoices of two customers, when one payment names no party and both, then the second does not belong."""
    shelf = written(invoice("A-1"), invoice("B-1", party=BOB))
    assert isinstance(refused(shelf, payment(2, {"A-1": 1, "B-1": 1})), errors.OtherParty)


def test_an_invoice_in_another_currency_needs_a_rate() -> None:
    """Given an invoice in euros and no rate, when dollars are allocated, then the day that needs one is named (T11)."""
    shelf = written(invoice("A-1", currency="EUR", base_minor=11_000))
    error = refused(shelf, payment(1, {"A-1": 1}))
    assert isinstance(error, errors.NoRate)
    assert (error.currency, error.into, error.on) == ("USD", "EUR", day("03-10"))


@pytest.mark.parametrize("charge", ["A-2", DocumentId(UUID(int=5))])
def test_an_unknown_invoice_is_not_paid(charge: str | DocumentId) -> None:
    """Given an external id or an id that names no invoice, when paid, then it is not found."""
    error = refused(written(invoice("A-1")), payment(1, {charge: 1}))
    assert isinstance(error, errors.DocumentNotFound)
    assert str(charge) in str(error)


def test_only_a_charge_of_the_same_side_can_be_paid() -> None:
    """Given a payment and an invoice, when a payment names the first, or a vendor payment the second, then no charge
    is found."""
    shelf = written(invoice("A-1"), payment(1, {"A-1": 1}, external_id="P-1"))
    charge, paid = shelf.documents
    for wrong in (payment(1, {paid: 1}), payment(1, {"P-1": 1}), payment(1, {charge: 1}, side=Side.PAYABLE)):
        assert isinstance(refused(shelf, wrong), errors.DocumentNotFound)


def test_a_payment_says_whose_it_is() -> None:
    """Given a payment with neither a party nor an invoice, when recorded, then it is refused."""
    assert isinstance(refused(Shelf(), payment(5, {})), errors.NoParty)


def test_an_allocation_of_nothing_is_none() -> None:
    """Given a payment with a share of zero, when recorded, then it has no allocation."""
    shelf = written(invoice("A-1"), payment(5, {"A-1": 0}))
    assert (shelf.allocations, shelf.version) == ({}, 2)


# Amounts.


@pytest.mark.parametrize(
    ("command", "error"),
    [
        (invoice("A-1", -1), errors.NegativeAmount),
        (payment(-1, {}, party=ANN), errors.NegativeAmount),
        (invoice("A-1", 5, currency="EUR", base_minor=-1), errors.NegativeAmount),
        (invoice("A-1", MAX_MINOR + 1), errors.TooLarge),
        (payment(MAX_MINOR + 1, {}, party=ANN), errors.TooLarge),
        (invoice("A-1", 5, currency="EUR", base_minor=MAX_MINOR + 1), errors.TooLarge),
        (invoice("A-1", 5, currency="EUR"), errors.NoRate),
        (payment(5, {}, party=ANN, currency="EUR"), errors.NoRate),
    ],
)
def test_amounts_that_cannot_be_kept_are_refused(command: Command, error: type[errors.LedgerError]) -> None:
    """Given an amount, or a base amount, below zero, beyond 64 bits or missing, when recorded, then it is refused."""
    assert type(refused(Shelf(), command)) is error


def test_a_negative_share_is_refused() -> None:
    """Given an invoice, when a payment takes money back from it, then it is refused."""
    assert isinstance(refused(written(invoice("A-1")), payment(5, {"A-1": -5})), errors.NegativeAmount)


def test_the_largest_amount_is_kept_and_settled() -> None:
    """Given an invoice of all that 64 bits hold, when it is paid, then nothing is open."""
    shelf = written(invoice("A-1", MAX_MINOR), payment(MAX_MINOR, {"A-1": MAX_MINOR}))
    assert set(shelf.open_minor.values()) == {0}


def test_nothing_for_nothing() -> None:
    """Given an invoice of zero, when recorded, then it stands and has no entries; paying it is too much (T4)."""
    shelf = written(invoice("A-1", 0))
    assert (len(shelf.documents), shelf.entries) == (1, [])
    assert isinstance(refused(shelf, payment(1, {"A-1": 1})), errors.OverAllocated)


def test_base_amounts_are_rounded_as_they_are_settled() -> None:
    """Given 3.00 euros booked at 1.00 dollar, when a cent and then the rest is paid, then a settled item is zero in
    both (T11)."""
    shelf = written(
        invoice("A-1", 300, currency="EUR", base_minor=100),
        payment(1, {"A-1": 1}, "03-10", currency="EUR", base_minor=0),
        payment(150, {"A-1": 150}, "03-05", currency="EUR", base_minor=50),
        payment(149, {"A-1": 149}, "03-20", currency="EUR", base_minor=50),
    )
    open_base, balances = 0, {}
    entries = [one.entry for one in shelf.entries if not one.entry.item.unapplied]
    for entry in sorted(entries, key=lambda one: one.effective_on):
        open_base += entry.base_minor
        balances[entry.effective_on] = open_base
    # 150 of 300 open is 50; 149 is 49.67, so 50 again; nothing open is nothing.
    assert balances == {day("03-01"): 100, day("03-05"): 50, day("03-10"): 50, day("03-20"): 0}


# Due dates.


@pytest.mark.parametrize(
    ("details", "due_on", "due_from"),
    [
        ({"due_on": day("02-01")}, "02-01", DueFrom.GIVEN),
        ({"due_on": day("04-30"), "terms": Terms(5)}, "04-30", DueFrom.GIVEN),
        ({"terms": Terms(5)}, "03-06", DueFrom.TERMS),
        ({"terms": Terms(5, end_of_month=True)}, "04-05", DueFrom.TERMS),
        ({}, "03-31", DueFrom.TERMS),
        ({"party": BOB}, "03-01", DueFrom.ISSUE_DATE),
    ],
)
def test_a_due_date_is_given_or_worked_out(details: Mapping[str, Any], due_on: str, due_from: DueFrom) -> None:
    """Given a charge of 1 March to Ann, whose terms are 30 days, or to Bob, who has none, when recorded, then it falls
    due as it says, else by its own terms, else by the party's, else at once (T4)."""
    shelf = written(PutParty(side=Side.RECEIVABLE, external_id="ann", name="Ann", terms=Terms(30)))
    document = shelf.documents[only(recorded(shelf, invoice("A-1", **details)))]
    assert (document.due_on, document.due_from) == (day(due_on), due_from)


def test_terms_are_applied_once() -> None:
    """Given an invoice that fell due by the party's terms, when the terms change, then its due date does not."""
    shelf = written(
        PutParty(side=Side.RECEIVABLE, external_id="ann", name="Ann", terms=Terms(30)),
        invoice("A-1"),
        PutParty(side=Side.RECEIVABLE, external_id="ann", name="Ann", terms=Terms(60)),
    )
    assert [one.due_on for one in shelf.documents.values()] == [day("03-31")]
    assert shelf.write([invoice("A-1")]) == [Recorded(next(iter(shelf.documents)), created=False)]


def test_a_due_date_past_the_calendar_is_refused() -> None:
    """Given terms that lead past the year 9999, when a charge comes, then it is refused with its day and its terms."""
    error = refused(Shelf(), invoice("A-1", terms=Terms(10**7)))
    assert isinstance(error, errors.DueDateOutOfRange)
    assert (error.issued_on, error.net_days) == (day("03-01"), 10**7)


# Repeating.


def test_a_repeat_answers_with_what_stands() -> None:
    """Given an invoice and a payment with external ids, when both come again with other ids, then they answer the ids
    that stand, and nothing is added."""
    commands: list[AddCharge | AddSettlement] = [
        invoice("A-1", tags=(Tag("region", "north"),), body={"memo": "größer", "lines": [{"n": 1}]}),
        payment(50, {"A-1": 40}, external_id="P-1", number="7"),
    ]
    shelf = Shelf()
    first = recorded(shelf, *commands)
    again = shelf.write([replace(command, id=DocumentId(UUID(int=7))) for command in commands])
    assert again == [Recorded(one.id, created=False) for one in first]
    assert (shelf.version, len(shelf.documents), len(shelf.allocations)) == (1, 2, 1)


def test_a_repeat_in_the_same_write_is_one_document() -> None:
    """Given one write that says the same invoice twice, when recorded, then there is one."""
    shelf = Shelf()
    first, second = recorded(shelf, invoice("A-1"), invoice("A-1"))
    assert second == Recorded(first.id, created=False)
    assert len(shelf.documents) == 1


BASE: Mapping[str, Any] = {"currency": "EUR", "base_minor": 90, "due_on": day("04-01")}


@pytest.mark.parametrize(
    ("change", "differing"),
    [
        ({"party": BOB}, "party"),
        ({"number": "2"}, "number"),
        ({"currency": "JPY"}, "currency"),
        ({"amount_minor": 101}, "amount"),
        ({"base_minor": 91}, "base_amount"),
        ({"tags": (Tag("a", "b"),)}, "tags"),
        ({"state": State.DRAFT}, "state"),
        ({"issued_on": day("03-02")}, "issued_on"),
        ({"received_on": day("03-02")}, "received_on"),
        ({"due_on": day("04-02")}, "due_on"),
        ({"due_on": None}, "due_on"),
        ({"body": {"memo": "x"}}, "memo"),
        ({"amount_minor": 101, "issued_on": day("03-02")}, "amount"),
    ],
)
def test_a_repeated_invoice_with_other_content_names_what_differs(change: Mapping[str, Any], differing: str) -> None:
    """Given an invoice, when its external id comes again with something else, then the answer names the first."""
    said = invoice("A-1", 100, **BASE)
    error = refused(written(invoice("B-1", party=BOB), said), replace(said, **change))
    assert isinstance(error, errors.ExternalIdConflict)
    assert (error.external_id, error.differing) == ("A-1", differing)


def test_a_repeated_invoice_with_other_terms_is_refused() -> None:
    """Given an invoice by its own terms, when it comes again with other terms, then the answer names them."""
    error = refused(written(invoice("A-1", terms=Terms(30))), invoice("A-1", terms=Terms(60)))
    assert isinstance(error, errors.ExternalIdConflict)
    assert error.differing == "terms"


@pytest.mark.parametrize(
    ("change", "differing"),
    [
        ({"amount_minor": 101}, "amount"),
        ({"settled_on": day("03-11")}, "settled_on"),
        ({"allocations": ()}, "allocations"),
        ({"allocations": (NewAllocation(charge="A-1", amount_minor=41),)}, "allocations"),
        ({"allocations": (NewAllocation(charge="A-2", amount_minor=40),)}, "allocations"),
        ({"allocations": (NewAllocation(charge="A-1", amount_minor=40),) * 2}, "allocations"),
        (
            {"allocations": (NewAllocation(charge="A-1", amount_minor=40, effective_on=day("03-10")),)},
            "allocations",
        ),
    ],
)
def test_a_repeated_payment_with_other_content_names_what_differs(change: Mapping[str, Any], differing: str) -> None:
    """Given a payment, when its external id comes again with something else, then the answer names what differs."""
    said = payment(100, {"A-1": 40}, external_id="P-1", party=ANN)
    error = refused(written(invoice("A-1"), invoice("A-2"), said), replace(said, **change))
    assert isinstance(error, errors.ExternalIdConflict)
    assert error.differing == differing


def test_external_ids_are_kept_apart_by_side_and_kind() -> None:
    """Given one external id on an invoice, a payment, a credit and a bill, when recorded, then they are four."""
    shelf = written(
        invoice("1"),
        payment(5, {}, external_id="1", party=ANN),
        payment(5, {}, external_id="1", party=ANN, kind=Kind.CREDIT),
        replace(invoice("1"), side=Side.PAYABLE),
    )
    assert (len(shelf.documents), len(shelf.parties)) == (4, 2)


def test_an_empty_external_id_is_one_like_any_other() -> None:
    """Given an invoice whose external id is empty, when it comes again, then it is known."""
    shelf = written(invoice(""), invoice(""))
    assert (len(shelf.documents), shelf.version) == (1, 1)


# Parties.


def test_a_party_is_put_once_per_external_id() -> None:
    """Given a customer, when put again as it is, then nothing is added; with another name, then it is renamed."""
    shelf = Shelf()
    ann = PutParty(side=Side.RECEIVABLE, external_id="ann", name="Ann")
    (first,) = recorded(shelf, ann)
    assert shelf.write([ann]) == [Recorded(first.id, created=False)]
    assert shelf.version == 1
    assert shelf.write([replace(ann, name="Anna")]) == [Recorded(first.id, created=False)]
    assert (shelf.version, [one.name for one in shelf.parties.values()]) == (2, ["Anna"])


def test_a_party_named_by_a_charge_is_made_once_and_not_renamed() -> None:
    """Given two invoices that name one new customer by other names, when recorded, then the first name stays."""
    shelf = written(invoice("A-1"), invoice("A-2", party=NewParty("ann", "Other")))
    assert [one.name for one in shelf.parties.values()] == ["Ann"]


def test_an_archived_party_takes_no_charges_but_settles() -> None:
    """Given an archived customer, when charged, then it is refused; it can pay, and stays archived when renamed."""
    shelf = written(invoice("A-1"))
    (ann,) = shelf.parties
    shelf.write([ArchiveParty(Side.RECEIVABLE, ann)])
    shelf.write([ArchiveParty(Side.RECEIVABLE, ann)])
    assert shelf.version == 2
    error = refused(shelf, invoice("A-2"))
    assert isinstance(error, errors.PartyIsArchived)
    shelf.write([payment(10_000, {"A-1": 10_000}), PutParty(side=Side.RECEIVABLE, external_id="ann", name="Anna")])
    assert (shelf.parties[ann].archived, shelf.parties[ann].name) == (True, "Anna")
    assert recorded(shelf, invoice("A-1"))[0].created is False


def test_unknown_parties_and_parties_of_the_other_side_are_not_found() -> None:
    """Given a customer, when an unknown id or a vendor of her id is named, then there is no such party."""
    shelf = written(invoice("A-1"))
    (ann,) = shelf.parties
    nobody = PartyId(UUID(int=5))
    for wrong in (
        invoice("A-2", party=nobody),
        payment(5, {}, party=nobody),
        PutParty(side=Side.RECEIVABLE, id=nobody, name="Nobody"),
        ArchiveParty(Side.PAYABLE, ann),
        replace(invoice("A-2", party=ann), side=Side.PAYABLE),
    ):
        assert isinstance(refused(shelf, wrong), errors.PartyNotFound)


# Several at once.


def test_a_refused_command_takes_the_whole_write_with_it() -> None:
    """Given a write of three whose last is refused, when recorded, then nothing of it stands."""
    shelf = Shelf()
    refused(shelf, invoice("A-1"), payment(10_000, {"A-1": 10_000}), payment(1, {"A-1": 1}))
    assert (shelf.version, shelf.documents) == (0, {})


def test_an_invoice_brings_its_payments_along() -> None:
    """Given an invoice that came with a payment of half, when recorded, then half is open; a repeat adds nothing."""
    said = invoice("A-1")
    along = replace(said, settlements=(payment(5_000, {said.id: 5_000}, external_id="P-1"),))
    shelf = written(along, along)
    assert ([*shelf.open_minor.values()], shelf.version) == ([5_000, 0], 1)


def test_a_payment_comes_along_once() -> None:
    """Given an invoice that came with one payment twice, when recorded, then it is refused: which of them is meant?"""
    said = invoice("A-1")
    once = payment(1_000, {said.id: 1_000}, external_id="P-1")
    error = refused(Shelf(), replace(said, settlements=(once, replace(once, id=DocumentId(UUID(int=7))))))
    assert isinstance(error, errors.ExternalIdConflict)
    assert error.external_id == "P-1"
