"""Refunds on both sides: what was paid is paid back at most once, and never owed again."""

from datetime import date
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import httpx
import pytest

from duebook.ledger.commands import AddSettlement
from duebook.ledger.facts import Kind, PartyId, Side
from tests.http.layer_world import Layer, bill, bill_payment, invoice, new_layer, payment
from tests.http.world import Platform, write


class Face(NamedTuple):
    """One side of the books as this dialect names it."""

    charges: str
    paying: str
    word: str
    whose: str
    side: Side

    @property
    def refunds(self) -> str:
        """Where its refunds are."""
        return f"{self.charges}/refunds"

    def charge(self, number: str, amount: int = 10_000, **fields: Any) -> dict[str, Any]:
        """An invoice or a bill of one line."""
        return (invoice if self.word == "invoice" else bill)(number, amount, **fields)

    def payment(self, amount: int, *parts: tuple[str, int], **fields: Any) -> dict[str, Any]:
        """A payment for invoices or bills named by their external ids."""
        return (payment if self.word == "invoice" else bill_payment)(amount, *parts, **fields)

    def of(self, target: Any, what: str = "id", **fields: Any) -> dict[str, Any]:
        """A simple refund of a charge, or with `what` of something else of it."""
        return {"completed_at": "2024-05-10", "method": "ACH", f"{self.word}_{what}": target} | fields

    @property
    def state_error(self) -> str:
        """What an amount that does not fit is called."""
        return f"{self.word.title()}StateError"


INVOICES = Face("invoices", "invoices/payments", "invoice", "customer", Side.RECEIVABLE)
BILLS = Face("bills", "bills/bill-payments", "bill", "vendor", Side.PAYABLE)
BOTH = pytest.mark.parametrize("face", [INVOICES, BILLS], ids=["invoices", "bills"])


@pytest.fixture
def books(client: httpx.Client, platform: Platform) -> Layer:
    """A business with empty books."""
    return new_layer(client, platform)


def _charge(books: Layer, face: Face, charge: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = books.get(f"{face.charges}/{charge['id']}")["data"]
    return found


def _paid(books: Layer, face: Face, number: str = "1", amount: int = 10_000, **fields: Any) -> dict[str, Any]:
    """A charge of 10000 of which so much is paid."""
    charge: dict[str, Any] = books.post(face.charges, face.charge(number, **fields))
    books.post(face.paying, face.payment(amount, (number, amount), external_id=f"pay-{number}"))
    return charge


def _itemized(face: Face, *parts: tuple[str, int], **fields: Any) -> dict[str, Any]:
    """A refund of charges named by their ids, not paid back yet."""
    allocations = [{f"{face.word}_id": charge, "amount": amount} for charge, amount in parts]
    total = sum(amount for _, amount in parts)
    return {"completed_at": "2024-05-10", "refunded_amount": total, "allocations": allocations} | fields


def _payment(amount: int, **fields: Any) -> dict[str, Any]:
    return {"refunded_amount": amount, "completed_at": "2024-05-12", "method": "ACH"} | fields


@BOTH
def test_a_charge_is_refunded_in_full(books: Layer, face: Face) -> None:
    """Given a charge that is paid, when refunded simply, then all of it is, paid out, and nothing is owed again."""
    charge = _paid(books, face)
    asked = face.of(charge["id"], external_id="r", memo="m", processor="STRIPE", refund_processing_fee=9)
    asked |= {"metadata": {"a": 1}, "reference_number": "R", "tags": [{"key": "k", "value": "v"}]}
    made = books.post(face.refunds, asked)
    assert made["type"] == f"{face.whose.title()}_Refund"
    assert made.items() >= {"external_id": "r", "refunded_amount": 10_000, "status": "PAID", "memo": "m"}.items()
    assert (made["completed_at"], made["metadata"], made["reference_number"]) == ("2024-05-10", {"a": 1}, "R")
    assert made[face.whose]["external_id"] == f"{face.whose}-1"
    (part,) = made["allocations"]
    assert (part["refund_id"], part[f"{face.word}_id"], part["amount"]) == (made["id"], charge["id"], 10_000)
    (paid,) = made["payments"]
    assert (paid["refunded_amount"], paid["method"], paid["processor"]) == (10_000, "ACH", "STRIPE")
    assert paid["refund_processing_fee"] == 9
    shown = _charge(books, face, charge)
    assert shown["outstanding_balance"] == 0
    assert [one["id"] for one in shown["refund_allocations"]] == [part["id"]]
    assert books.get(f"{face.refunds}/{made['id']}")["data"] == made
    assert books.get(face.refunds)["data"] == [made]


def test_a_refunded_invoice_says_so_and_is_in_no_bucket(books: Layer) -> None:
    """Given a paid invoice, when all is refunded, then it is REFUNDED, and its customer owes nothing on any day."""
    charge = _paid(books, INVOICES)
    books.post("invoices/refunds", INVOICES.of(charge["id"]))
    assert _charge(books, INVOICES, charge)["status"] == "REFUNDED"
    for day in ("2024-05-09", "2024-05-10", "2024-06-30"):
        assert books.aging(charge["customer"]["id"], effective_date=day)["total"] == 0


@BOTH
def test_what_was_paid_is_refunded_at_most_once(books: Layer, face: Face) -> None:
    """Given 6000 paid of 10000, when more is refunded, at once or bit by bit, then 400 says how much can be."""
    charge = _paid(books, face, amount=6_000)
    refused = books.refused(face.refunds, _itemized(face, (charge["id"], 6_001)))
    assert (refused["type"], refused["error_enum"]) == ("InvalidParameters", face.state_error)
    figures = {"field": "allocations[0].amount", "open_minor": 6_000, "offered_minor": 6_001}
    assert refused["meta"].items() >= figures.items()
    refused = books.refused(face.refunds, face.of(charge["id"], refunded_amount=6_001))
    assert refused["meta"].items() >= {"field": "refunded_amount", "open_minor": 6_000}.items()
    books.post(face.refunds, _itemized(face, (charge["id"], 4_000)))
    refused = books.refused(face.refunds, _itemized(face, (charge["id"], 2_001)))
    assert refused["meta"].items() >= {"open_minor": 2_000, "offered_minor": 2_001}.items()
    assert books.post(face.refunds, face.of(charge["id"]))["refunded_amount"] == 2_000
    refused = books.refused(face.refunds, face.of(charge["id"]))
    assert refused["meta"]["field"] == f"{face.word}_id"
    assert _charge(books, face, charge)["outstanding_balance"] == 4_000


@BOTH
def test_a_line_is_refunded(books: Layer, face: Face) -> None:
    """Given a paid charge of two lines, when one is refunded by id or external id, then so much is, and not again."""
    name = {"product": "x"} if face is INVOICES else {"product_name": "x"}
    lines = [name | {"unit_price": 7_000, "external_id": "first"}, name | {"unit_price": 3_000}]
    charge = _paid(books, face, line_items=lines)
    by_id = face.of(charge["line_items"][1]["id"], "line_item_id") | {f"{face.word}_id": charge["id"]}
    made = books.post(face.refunds, by_id)
    assert made["refunded_amount"] == 3_000
    assert made["allocations"][0][f"{face.word}_line_item_id"] == charge["line_items"][1]["id"]
    by_name = face.of("first", "line_item_external_id") | {f"{face.word}_external_id": "1"}
    assert books.post(face.refunds, by_name)["refunded_amount"] == 7_000
    assert books.refused(face.refunds, by_name)["meta"]["field"] == f"{face.word}_line_item_external_id"
    assert books.refused(face.refunds, face.of(str(uuid4()), "line_item_id"))["meta"]["field"] == f"{face.word}_id"
    third = books.post(
        face.charges, face.charge("3", line_items=[name | {"unit_price": 900}, name | {"unit_price": 100}])
    )
    books.post(face.paying, face.payment(1_000, ("3", 1_000)))
    more = face.of(third["line_items"][1]["id"], "line_item_id", refunded_amount=101) | {f"{face.word}_id": third["id"]}
    assert books.refused(face.refunds, more)["meta"]["field"] == "refunded_amount"
    unknown = by_name | {f"{face.word}_line_item_external_id": "third"}
    assert books.refused(face.refunds, unknown)["meta"]["field"] == f"{face.word}_line_item_external_id"


@BOTH
def test_a_payment_is_refunded(books: Layer, face: Face) -> None:
    """Given one payment of two charges, when refunded, then what it paid of each is, and not what others paid."""
    first, second = (books.post(face.charges, face.charge(number)) for number in ("1", "2"))
    made = books.post(face.paying, face.payment(7_000, ("1", 3_000), ("2", 4_000), external_id="p"))
    books.post(face.paying, face.payment(5_000, ("1", 5_000)))
    refund = books.post(face.refunds, face.of("p", "payment_external_id", external_id="r"))
    parts = [(one[f"{face.word}_id"], one[f"{face.word}_payment_id"], one["amount"]) for one in refund["allocations"]]
    assert parts == [(first["id"], made["id"], 3_000), (second["id"], made["id"], 4_000)]
    assert (refund["refunded_amount"], refund["status"]) == (7_000, "PAID")
    assert [_charge(books, face, one)["outstanding_balance"] for one in (first, second)] == [2_000, 6_000]
    refused = books.refused(face.refunds, face.of(made["id"], "payment_id"))
    assert refused["meta"].items() >= {"field": f"{face.word}_payment_id", "document_id": made["id"]}.items()
    assert f"nothing of document {made['id']} is left" in refused["meta"]["rule"]
    assert books.get(face.refunds)["data"] == [refund]
    assert books.ask("GET", f"{face.refunds}/{refund['allocations'][1]['id']}").status_code == 404


@BOTH
def test_what_was_refunded_stays_paid(books: Layer, face: Face) -> None:
    """Given a charge of which all was refunded, when its payment or the charge is deleted, then it is refused."""
    charge = _paid(books, face)
    books.post(face.refunds, face.of(charge["id"]))
    made = books.get(face.paying)["data"][0]
    paths = [f"{face.paying}/{made['id']}", f"{face.charges}/{charge['id']}"]
    answers = [books.ask("POST", f"{path}/delete") for path in paths]
    assert [one.status_code for one in answers] == [409, 409]
    assert answers[0].json()["error_enum"] == face.state_error
    assert books.get(face.paying)["data"] == [made]


@BOTH
def test_a_refund_has_several_targets(books: Layer, face: Face) -> None:
    """Given two paid charges, when one refund is of parts of both, then it is one, and each charge shows its own."""
    first, second = _paid(books, face, "1"), _paid(books, face, "2")
    asked = _itemized(face, (first["id"], 1_000), (second["id"], 2_000), payments=[_payment(3_000)])
    asked["allocations"][1] |= {"memo": "part", "account_identifier": {"type": "AccountId", "id": "x"}}
    made = books.post(face.refunds, asked)
    assert (made["refunded_amount"], made["status"]) == (3_000, "PAID")
    assert [(one["amount"], one["memo"]) for one in made["allocations"]] == [(1_000, None), (2_000, "part")]
    assert made["allocations"][1]["account_identifier"] == {"type": "AccountId", "id": "x"}
    for charge, part in zip((first, second), made["allocations"], strict=True):
        (shown,) = _charge(books, face, charge)["refund_allocations"]
        assert (shown["id"], shown["refund_id"], shown["amount"]) == (part["id"], made["id"], part["amount"])
    assert len(books.get(face.refunds)["data"]) == 1
    page = books.get(face.refunds, show_total_count=True)["meta"]["pagination"]
    assert page["total_count"] == 1


@BOTH
def test_a_refund_is_paid_later(books: Layer, face: Face) -> None:
    """Given a refund that is not paid back, when payments come and go, then its status says how far it is."""
    charge = _paid(books, face)
    asked = _itemized(face, (charge["id"], 5_000), external_id="r")
    made = books.post(face.refunds, asked)
    path = f"{face.refunds}/{made['id']}"
    assert (made["status"], made["payments"]) == ("UNPAID", [])
    first = books.post(f"{path}/payments", _payment(2_000, external_id="a", processor="P"))
    assert (first["refunded_amount"], first["processor"], first["completed_at"]) == (2_000, "P", "2024-05-12")
    assert books.post(f"{path}/payments", _payment(2_000, external_id="a"), status=200) == first
    assert books.get(path)["data"]["status"] == "PARTIALLY_PAID"
    assert books.refused(f"{path}/payments", _payment(3_001))["meta"]["field"] == "refunded_amount"
    second = books.post(f"{path}/payments", _payment(3_000))
    shown = books.get(path)["data"]
    assert (shown["status"], shown["payments"]) == ("PAID", [first, second])
    assert books.post(face.refunds, asked, status=200) == shown
    less = _itemized(face, (charge["id"], 4_999), external_id="r")
    assert books.refused(face.refunds, less)["meta"]["field"] == "payments"
    gone = books.ask("DELETE", f"{path}/payments/{first['id']}")
    assert (gone.status_code, gone.json()["data"]) == (200, first)
    shown = books.get(path)["data"]
    assert (shown["status"], shown["payments"]) == ("PARTIALLY_PAID", [second])
    assert books.ask("DELETE", f"{path}/payments/{first['id']}").status_code == 404
    assert _charge(books, face, charge)["outstanding_balance"] == 0


@BOTH
def test_a_repeated_refund_changes_or_does_nothing(books: Layer, face: Face) -> None:
    """Given a refund, when its external id comes again, then the same does nothing and other content replaces it."""
    charge = _paid(books, face, amount=6_000)
    asked = face.of(charge["id"], external_id="r")
    made = books.post(face.refunds, asked)
    assert books.post(face.refunds, asked, status=200) == made
    books.post(face.paying, face.payment(1_000, ("1", 1_000)))
    assert books.post(face.refunds, asked, status=200) == made
    other = _itemized(face, (charge["id"], 2_500), external_id="r", memo="less", payments=[])
    changed = books.post(face.refunds, other, status=200)
    assert (changed["id"], changed["refunded_amount"], changed["memo"]) == (made["id"], 2_500, "less")
    assert changed["status"] == "UNPAID"
    assert len(books.get(face.refunds)["data"]) == 1


@BOTH
def test_a_refund_is_replaced(books: Layer, face: Face) -> None:
    """Given a refund of two charges, when put with other amounts and targets, then it is those, but its first stays."""
    first, second, third = (_paid(books, face, number) for number in ("1", "2", "3"))
    asked = _itemized(face, (first["id"], 10_000), (second["id"], 1_000), memo="m")
    made = books.post(face.refunds, asked)
    path = f"{face.refunds}/{made['id']}"
    wanted = _itemized(face, (third["id"], 4_000), (first["id"], 500), completed_at="2024-05-11")
    answer = books.ask("PUT", path, json=wanted)
    assert answer.status_code == 200, answer.text
    put = answer.json()["data"]
    assert (put["refunded_amount"], put["completed_at"], put["memo"]) == (4_500, "2024-05-11", None)
    assert {one[f"{face.word}_id"]: one["amount"] for one in put["allocations"]} == {
        third["id"]: 4_000,
        first["id"]: 500,
    }
    assert _charge(books, face, second)["refund_allocations"] == []
    assert books.ask("PUT", path, json=_itemized(face, (first["id"], 10_001))).status_code == 400
    answer = books.ask("PUT", path, json=_itemized(face, (second["id"], 1)))
    assert (answer.status_code, answer.json()["meta"]["field"]) == (400, f"allocations[0].{face.word}_id")
    answer = books.ask("PUT", path, json=wanted | {"external_id": "x"})
    assert (answer.status_code, answer.json()["meta"]["field"]) == (400, "external_id")
    assert books.get(path)["data"] == put


@BOTH
def test_a_deleted_refund_has_never_been(books: Layer, face: Face) -> None:
    """Given a refund of two charges, when deleted, then it is answered as it was, and both can be refunded again."""
    first, second = _paid(books, face, "1"), _paid(books, face, "2")
    made = books.post(face.refunds, _itemized(face, (first["id"], 10_000), (second["id"], 10_000), external_id="r"))
    answer = books.ask("DELETE", f"{face.refunds}/{made['id']}")
    assert (answer.status_code, answer.json()["data"]) == (200, made)
    assert books.get(face.refunds)["data"] == []
    assert [_charge(books, face, one)["refund_allocations"] for one in (first, second)] == [[], []]
    for method, body in (("GET", None), ("DELETE", None), ("PUT", _itemized(face, (first["id"], 1)))):
        assert books.ask(method, f"{face.refunds}/{made['id']}", json=body).status_code == 404
    assert books.post(face.refunds, face.of(first["id"]))["refunded_amount"] == 10_000
    again = _itemized(face, (second["id"], 1), external_id="r")
    refused = books.refused(face.refunds, again, status=409)
    assert (refused["error_enum"], refused["meta"]["field"]) == ("ExternalIdConflict", "external_id")


def test_an_invoice_is_refunded_at_its_own_address(books: Layer) -> None:
    """Given a paid invoice, when refunded by its path, then in part or all of the rest, as a dedicated refund."""
    charge = _paid(books, INVOICES)
    asked = {"completed_at": "2024-05-10", "method": "CASH", "refunded_amount": 4_000}
    made = books.post(f"invoices/{charge['id']}/refund", asked)
    assert (made["is_dedicated"], made["refunded_amount"], made["status"]) == (True, 4_000, "PAID")
    assert made["allocations"][0]["invoice_id"] == charge["id"]
    rest = books.post(f"invoices/{charge['id']}/refund", {"completed_at": "2024-05-11", "method": "CASH"})
    assert rest["refunded_amount"] == 6_000
    refused = books.refused(f"invoices/{charge['id']}/refund", asked)
    assert (refused["meta"]["field"], refused["meta"]["open_minor"]) == ("refunded_amount", 0)
    assert books.ask("POST", f"invoices/{uuid4()}/refund", json=asked).status_code == 404


@BOTH
def test_unapplied_money_is_paid_back(books: Layer, face: Face, database_url: str) -> None:
    """Given unapplied money, when a refund of the party is paid back later, then it is unapplied until then."""
    charge = books.post(face.charges, face.charge("1"))
    party = PartyId(UUID(charge[face.whose]["id"]))
    money: dict[str, Any] = {"side": face.side, "party": party, "settled_on": date(2024, 4, 1), "currency": "USD"}
    payment_ = AddSettlement(kind=Kind.PAYMENT, amount_minor=3_000, **money)
    write(database_url, books.business_id, payment_)
    credits = f"{face.charges}/{face.whose}-credits"
    dated = "sent_at" if face is INVOICES else "received_at"
    lines = {"line_items": [{"amount": 500}], f"{face.whose}_id": str(party), dated: "2024-04-02"}
    credit = books.post(credits, lines)
    whose = [{f"{face.whose}_id": str(party), "amount": 2_000}]
    asked = {"completed_at": "2024-05-10", "refunded_amount": 2_000, "allocations": whose}
    over = asked | {"refunded_amount": 3_501, "allocations": [whose[0] | {"amount": 3_501}]}
    assert books.refused(face.refunds, over)["meta"]["field"] == "allocations[0].amount"
    made = books.post(face.refunds, asked)
    assert (made["status"], [one["amount"] for one in made["allocations"]]) == ("UNPAID", [500, 1_500])
    assert made["allocations"][0]["credit_id"] == credit["id"]
    assert made["allocations"][1][f"{face.word}_payment_id"] == str(payment_.id)
    assert books.ask("DELETE", f"{credits}/{credit['id']}").status_code == 409
    paid = books.post(f"{face.refunds}/{made['id']}/payments", _payment(2_000))
    assert books.get(f"{face.refunds}/{made['id']}")["data"]["status"] == "PAID"
    answer = books.ask("DELETE", f"{face.refunds}/{made['id']}/payments/{paid['id']}")
    assert (answer.status_code, answer.json()["type"]) == (409, "InvalidState")


@BOTH
@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"{word}_id": None}, "{word}_id"),
        ({"{word}_id": str(uuid4())}, "{word}_id"),
        ({"{word}_external_id": "1"}, "{word}_id"),
        ({"{word}_payment_external_id": "pay-1"}, "{word}_payment_external_id"),
        ({"{word}_id": None, "{word}_payment_id": str(uuid4())}, "{word}_payment_id"),
        ({"{word}_id": None, "{word}_external_id": "nobody"}, "{word}_external_id"),
        ({"completed_at": None}, "completed_at"),
        ({"completed_at": "2024-02-30"}, "completed_at"),
        ({"method": "BARTER"}, "method"),
        ({"refunded_amount": -1}, "refunded_amount"),
        ({"refund_processing_fee": "1"}, "refund_processing_fee"),
        ({"payments": []}, "payments"),
        ({"metadata": {"a": "x" * 11_000}}, "metadata"),
        ({"allocations": [{"amount": 1}], "refunded_amount": 1}, "{word}_id"),
    ],
)
def test_a_bad_simple_refund_is_refused(books: Layer, face: Face, change: dict[str, Any], field: str) -> None:
    """Given a value that breaks a rule, when refunded, then 400 names the field, and nothing is written."""
    charge = _paid(books, face)
    spelled = {name.format(word=face.word): value for name, value in change.items()}
    refused = books.refused(face.refunds, face.of(charge["id"]) | spelled)
    assert refused["meta"]["field"] == field.format(word=face.word)


@BOTH
@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"refunded_amount": 101}, "refunded_amount"),
        ({"refunded_amount": None}, "refunded_amount"),
        ({"allocations": []}, "allocations"),
        ({"allocations": [{"amount": 1}] * 501, "refunded_amount": 501}, "allocations"),
        ({"allocations": [{"amount": 100}]}, "allocations[0].{word}_id"),
        ({"allocations": [{"{word}_external_id": "1"}]}, "allocations[0].amount"),
        ({"allocations": [{"{word}_external_id": "1", "amount": 0}]}, "allocations[0].amount"),
        ({"allocations": [{"{word}_external_id": "nobody", "amount": 100}]}, "allocations[0].{word}_external_id"),
        ({"allocations": [{"{whose}_external_id": "nobody", "amount": 100}]}, "allocations[0].{whose}_external_id"),
        ({"payments": [_payment(101)]}, "payments"),
        ({"payments": [_payment(0)]}, "payments[0].refunded_amount"),
        ({"payments": [_payment(1, completed_at="soon")]}, "payments[0].completed_at"),
        ({"payments": [_payment(1, method="BARTER")]}, "payments[0].method"),
    ],
)
def test_a_bad_itemized_refund_is_refused(books: Layer, face: Face, change: dict[str, Any], field: str) -> None:
    """Given a value that breaks a rule, when refunded, then 400 names where it stands, and nothing is written."""
    charge = _paid(books, face)
    words = {"word": face.word, "whose": face.whose}
    if "allocations" in change:
        parts = [{name.format(**words): value for name, value in one.items()} for one in change["allocations"]]
        change = change | {"allocations": parts}
    refused = books.refused(face.refunds, _itemized(face, (charge["id"], 100)) | change)
    assert refused["meta"]["field"] == field.format(**words)


@BOTH
def test_what_a_refund_does_not_find_is_named(books: Layer, face: Face) -> None:
    """Given an id of nothing, when it is refunded as a payment, then 400 says that there is no such payment."""
    unknown = str(uuid4())
    body = {"completed_at": "2024-06-01", "method": "ACH", f"{face.word}_payment_id": unknown}
    refused = books.refused(face.refunds, body)
    assert refused["description"] == f"{face.word}_payment_id: no payment {unknown}"
    assert refused["meta"]["rule"] == f"no payment {unknown}"


@BOTH
def test_a_refund_is_of_one_party(books: Layer, face: Face) -> None:
    """Given paid charges of two parties, when one refund is of both, then 400 names the second."""
    theirs: dict[str, Any] = {f"{face.whose}_external_id": "other"}
    first, second = _paid(books, face, "1"), _paid(books, face, "2", **theirs)
    refused = books.refused(face.refunds, _itemized(face, (first["id"], 1), (second["id"], 1)))
    assert refused["error_enum"] == "DoesNotMatchExistingEntity"
    assert refused["meta"]["field"] == f"allocations[1].{face.word}_id"


@BOTH
def test_refunds_of_others_are_not_there(
    books: Layer, face: Face, client: httpx.Client, other_platform: Platform
) -> None:
    """Given a refund of one business, when another one or another partner asks for it, then the same 404."""
    charge = _paid(books, face)
    made = books.post(face.refunds, face.of(charge["id"]))
    stranger = new_layer(client, other_platform)
    nothing = stranger.ask("GET", f"{face.refunds}/{uuid4()}")
    for asking in (stranger, Layer(client, stranger.headers, books.business_id)):
        for method, path, body in (
            ("GET", made["id"], None),
            ("DELETE", made["id"], None),
            ("PUT", made["id"], face.of(charge["id"])),
            ("POST", f"{made['id']}/payments", _payment(1)),
            ("DELETE", f"{made['id']}/payments/{made['payments'][0]['id']}", None),
        ):
            answer = asking.ask(method, f"{face.refunds}/{path}", json=body)
            assert (answer.status_code, answer.json()) == (404, nothing.json())


@BOTH
def test_lists_of_refunds_are_filtered_and_sorted(books: Layer, face: Face) -> None:
    """Given two refunds, when the list is filtered or sorted, then it holds those that fit, in that order."""
    for number, day in (("a", "12"), ("b", "11")):
        theirs: dict[str, Any] = {f"{face.whose}_external_id": number}
        charge = _paid(books, face, number, **theirs)
        fields = {"external_id": number, "completed_at": f"2024-05-{day}", "reference_number": number}
        books.post(face.refunds, face.of(charge["id"], **fields))

    def found(**query: Any) -> list[str]:
        return [one["external_id"] for one in books.get(face.refunds, **query)["data"]]

    assert found() == ["a", "b"]
    assert found(sort_by="completed_at") == ["b", "a"]
    assert found(reference_number="b") == found(completed_at_end="2024-05-11") == ["b"]
    assert found(**{f"{face.whose}_external_id": "a"}) == found(external_id="a") == ["a"]
