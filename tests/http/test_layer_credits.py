"""Credits of customers and of vendors: they lower what is owed by what is allocated of them, and by nothing else."""

from typing import Any, NamedTuple
from uuid import UUID, uuid4

import httpx
import pytest

from duebook.ledger.commands import UndoDocument
from duebook.ledger.facts import DocumentId, Kind, Side, State
from duebook.money import MAX_MINOR
from tests.http.layer_world import Layer, bill, bill_payment, invoice, new_layer, payment
from tests.http.world import Platform, write


class Face(NamedTuple):
    """One side of the books as this dialect names it."""

    charges: str
    credits: str
    charge_word: str
    whose: str
    dated: str
    account: str

    def charge(self, number: str, amount: int = 10_000, **fields: Any) -> dict[str, Any]:
        """An invoice or a bill of one line."""
        return (invoice if self.whose == "customer" else bill)(number, amount, **fields)

    def credit(self, amount: int, *parts: tuple[str, int], **fields: Any) -> dict[str, Any]:
        """A credit of one line, allocated to charges named by their ids."""
        asked = {
            self.dated: "2024-04-10",
            f"{self.whose}_external_id": f"{self.whose}-1",
            "line_items": [{"amount": amount}],
            "allocations": [{f"{self.charge_word}_id": charge_id, "amount": part} for charge_id, part in parts],
        }
        return asked | fields


CUSTOMERS = Face(
    "invoices", "invoices/customer-credits", "invoice", "customer", "sent_at", "revenue_account_identifier"
)
VENDORS = Face("bills", "bills/vendor-credits", "bill", "vendor", "received_at", "expense_account_identifier")
BOTH = pytest.mark.parametrize("face", [CUSTOMERS, VENDORS], ids=["customers", "vendors"])


@pytest.fixture
def books(client: httpx.Client, platform: Platform) -> Layer:
    """A business with empty books."""
    return new_layer(client, platform)


def _balance(books: Layer, face: Face, charge: dict[str, Any]) -> int:
    balance: int = books.get(f"{face.charges}/{charge['id']}")["data"]["outstanding_balance"]
    return balance


@BOTH
def test_a_credit_lowers_what_it_is_allocated_to(books: Layer, face: Face) -> None:
    """Given two charges, when a credit is allocated to one in part, then that one is lowered and all is given back."""
    first, second = books.post(face.charges, face.charge("1")), books.post(face.charges, face.charge("2"))
    account = {"type": "StableName", "stable_name": "RETURNS"}
    line = {"amount": 3_000, face.account: account, "memo": "back", "metadata": {"a": 1}, "reference_number": "L"}
    asked = face.credit(0, (first["id"], 2_500), external_id="c", memo="m", metadata={"b": 2}, reference_number="R")
    asked |= {"line_items": [line, {"amount": 1_000}], "tags": [{"key": "k", "value": "v"}]}
    made = books.post(face.credits, asked)
    assert made.items() >= {"external_id": "c", "memo": "m", "metadata": {"b": 2}, "reference_number": "R"}.items()
    assert made[face.dated] == "2024-04-10"
    assert made["deleted_at"] is None
    assert made[face.whose]["external_id"] == f"{face.whose}-1"
    assert made["line_items"][0].items() >= line.items()
    assert [one["amount"] for one in made["line_items"]] == [3_000, 1_000]
    (part,) = made["allocations"]
    assert (part[f"{face.charge_word}_id"], part[f"{face.whose}_credit_id"]) == (first["id"], made["id"])
    assert part["amount"] == 2_500
    assert [tag["key"] for tag in made["transaction_tags"]] == ["k"]
    assert (_balance(books, face, first), _balance(books, face, second)) == (7_500, 10_000)
    shown = books.get(f"{face.charges}/{first['id']}")["data"]
    assert shown[f"{face.whose}_credit_allocations"] == made["allocations"]
    assert shown["payment_allocations"] == []
    assert books.get(f"{face.credits}/{made['id']}")["data"] == made
    assert books.get(face.credits)["data"] == [made]


def test_a_credit_that_is_not_allocated_is_in_no_bucket(books: Layer) -> None:
    """Given an invoice and a credit of its customer, when nothing is allocated, then the aging is as it was."""
    made = books.post("invoices", invoice("1"))
    before = books.aging(made["customer"]["id"])
    credit = books.post("invoices/customer-credits", CUSTOMERS.credit(4_000))
    assert credit["allocations"] == []
    assert books.aging(made["customer"]["id"]) == before
    parts = [{"invoice_id": made["id"], "amount": 4_000}]
    answer = books.ask("PATCH", f"invoices/customer-credits/{credit['id']}", json={"allocations": parts})
    assert answer.status_code == 200, answer.text
    assert books.aging(made["customer"]["id"])["total"] == 6_000


@BOTH
def test_a_credit_makes_its_party(books: Layer, face: Face) -> None:
    """Given nobody, when a credit names a party by an unseen external id, then the party is there."""
    books.post(face.credits, face.credit(100))
    assert [one["external_id"] for one in books.get(f"{face.whose}s")["data"]] == [f"{face.whose}-1"]


def test_a_customer_credit_without_a_day_is_of_today(books: Layer) -> None:
    """Given a credit without a day, when recorded and sent again, then it has a day, and keeps it."""
    asked = CUSTOMERS.credit(100, external_id="c")
    del asked["sent_at"]
    made = books.post("invoices/customer-credits", asked)
    assert made["sent_at"][:10] == made["created_at"][:10]
    assert books.post("invoices/customer-credits", asked, status=200) == made


@BOTH
def test_a_repeated_credit_is_changed_or_left(books: Layer, face: Face) -> None:
    """Given a credit, when its external id comes again, then the same changes nothing and other content replaces it."""
    charge = books.post(face.charges, face.charge("1"))
    asked = face.credit(4_000, (charge["id"], 1_000), external_id="c", memo="m")
    made = books.post(face.credits, asked)
    assert books.post(face.credits, asked, status=200) == made
    other = face.credit(5_000, (charge["id"], 5_000), external_id="c")
    changed = books.post(face.credits, other, status=200)
    assert (changed["id"], changed["memo"], changed["line_items"][0]["amount"]) == (made["id"], None, 5_000)
    assert _balance(books, face, charge) == 5_000
    assert len(books.get(face.credits)["data"]) == 1


@BOTH
def test_a_credit_is_replaced_and_changed(books: Layer, face: Face) -> None:
    """Given a credit, when put, then what is not said is gone; when patched, then what is not said stays."""
    first, second = books.post(face.charges, face.charge("1")), books.post(face.charges, face.charge("2"))
    made = books.post(face.credits, face.credit(4_000, (first["id"], 4_000), memo="m", reference_number="R"))
    path = f"{face.credits}/{made['id']}"
    put = books.ask("PUT", path, json=face.credit(3_000, (second["id"], 2_000), memo="n")).json()["data"]
    assert (put["memo"], put["reference_number"]) == ("n", None)
    assert (_balance(books, face, first), _balance(books, face, second)) == (10_000, 8_000)
    patched = books.ask("PATCH", path, json={"reference_number": "S", face.dated: "2024-04-11"}).json()["data"]
    assert (patched["memo"], patched["reference_number"], patched[face.dated]) == ("n", "S", "2024-04-11")
    assert [one["amount"] for one in patched["allocations"]] == [2_000]
    assert books.ask("PATCH", path, json={"allocations": []}).json()["data"]["allocations"] == []
    assert _balance(books, face, second) == 10_000


@BOTH
def test_a_credit_is_deleted_with_its_allocations(books: Layer, face: Face) -> None:
    """Given an allocated credit, when deleted, then it is answered as it was, gone, and what was owed is owed again."""
    charge = books.post(face.charges, face.charge("1"))
    asked = face.credit(4_000, (charge["id"], 4_000), external_id="c")
    made = books.post(face.credits, asked)
    answer = books.ask("DELETE", f"{face.credits}/{made['id']}")
    assert answer.status_code == 200
    gone = answer.json()["data"]
    assert gone["deleted_at"] is not None
    assert gone | {"deleted_at": None} == made
    assert _balance(books, face, charge) == 10_000
    assert books.get(face.credits)["data"] == []
    for method, body in (("GET", None), ("DELETE", None), ("PUT", asked), ("PATCH", {})):
        assert books.ask(method, f"{face.credits}/{made['id']}", json=body).status_code == 404
    assert books.refused(face.credits, asked, status=409)["error_enum"] == "ExternalIdConflict"


@BOTH
def test_a_refunded_credit_stays(books: Layer, face: Face) -> None:
    """Given a credit that was paid back in part, when deleted, then 409 names it and lists what was paid back."""
    made = books.post(face.credits, face.credit(4_000))
    target = {f"{face.whose}_external_id": f"{face.whose}-1", "amount": 1_000}
    refund = {"completed_at": "2024-05-01", "method": "ACH", "refunded_amount": 1_000, "allocations": [target]}
    books.post(f"{face.charges}/refunds", refund)
    answer = books.ask("DELETE", f"{face.credits}/{made['id']}")
    assert (answer.status_code, answer.json()["type"]) == (409, "InvalidState")
    assert (answer.json()["meta"]["field"], len(answer.json()["meta"]["documents"])) == (f"{face.whose}CreditId", 1)
    assert books.get(face.credits)["data"] == [made]


@BOTH
def test_a_void_credit_says_since_when(books: Layer, face: Face, database_url: str) -> None:
    """Given a credit that another interface has made void, when found, then it is shown as deleted at that moment."""
    made = books.post(face.credits, face.credit(4_000))
    side = Side.RECEIVABLE if face is CUSTOMERS else Side.PAYABLE
    undo = UndoDocument(side=side, kind=Kind.CREDIT, document=DocumentId(UUID(made["id"])), state=State.VOID)
    write(database_url, books.business_id, undo)
    found = books.get(f"{face.credits}/{made['id']}")["data"]
    assert (found["deleted_at"], found["deleted_at"] is None) == (found["updated_at"], False)
    assert books.get(face.credits)["data"] == [found]


@BOTH
def test_more_than_is_open_is_never_credited(books: Layer, face: Face) -> None:
    """Given a charge that is paid in part, when more is credited than is open, then 400 says how much is, and where."""
    charge = books.post(face.charges, face.charge("1"))
    paid = payment(9_000, ("1", 9_000)) if face is CUSTOMERS else bill_payment(9_000, ("1", 9_000))
    paying = "invoices/payments" if face is CUSTOMERS else "bills/bill-payments"
    books.post(paying, paid)
    refused = books.refused(face.credits, face.credit(5_000, (charge["id"], 5_000)))
    assert refused["error_enum"] == f"{face.charge_word.title()}StateError"
    assert refused["meta"].items() >= {"field": "allocations[0]", "open_minor": 1_000, "offered_minor": 5_000}.items()
    refused = books.refused(face.credits, face.credit(500, (charge["id"], 700)))
    assert refused["meta"].items() >= {"field": "allocations[0]", "open_minor": 500}.items()


@BOTH
def test_a_credit_keeps_room_for_what_is_allocated(books: Layer, face: Face) -> None:
    """Given an allocated credit, when its lines come to less than that, then 400, and it is as it was."""
    charge = books.post(face.charges, face.charge("1"))
    made = books.post(face.credits, face.credit(4_000, (charge["id"], 3_000)))
    answer = books.ask("PATCH", f"{face.credits}/{made['id']}", json={"line_items": [{"amount": 2_000}]})
    assert (answer.status_code, answer.json()["meta"]["field"]) == (400, "line_items")
    assert books.get(f"{face.credits}/{made['id']}")["data"] == made


@BOTH
@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"line_items": []}, "line_items"),
        ({"line_items": [{}]}, "line_items[0].amount"),
        ({"line_items": [{"amount": 1.5}]}, "line_items[0].amount"),
        ({"line_items": [{"amount": "1"}]}, "line_items[0].amount"),
        ({"line_items": [{"amount": 1}, {"amount": -2}]}, "line_items"),
        ({"line_items": [{"amount": MAX_MINOR}, {"amount": 1}]}, "line_items"),
        ({"allocations": [{"amount": 1}]}, "allocations[0].{charge}_id"),
        ({"allocations": [{"amount": -1, "{charge}_id": str(uuid4())}]}, "allocations[0].amount"),
        ({"allocations": [{"amount": 1, "{charge}_id": str(uuid4())}]}, "allocations[0]"),
        ({"{dated}": "2024-02-30"}, "{dated}"),
        ({"{whose}_external_id": None}, "{whose}_id"),
        ({"{whose}_external_id": None, "{whose}_id": str(uuid4())}, "{whose}_id"),
        ({"{whose}_id": str(uuid4())}, "{whose}_id"),
        ({"external_id": ""}, "external_id"),
        ({"metadata": {"a": "x" * 11_000}}, "metadata"),
    ],
)
def test_a_bad_credit_is_refused(books: Layer, face: Face, change: dict[str, Any], field: str) -> None:
    """Given a value that breaks a rule, when recorded, then 400 names the field and nothing is written."""
    words = {"charge": face.charge_word, "dated": face.dated, "whose": face.whose}
    spelled = {name.format(**words): value for name, value in change.items()}
    if "allocations" in spelled:
        parts = spelled["allocations"]
        spelled["allocations"] = [{name.format(**words): value for name, value in part.items()} for part in parts]
    refused = books.refused(face.credits, face.credit(100) | spelled)
    assert refused["meta"]["field"] == field.format(**words)


@BOTH
def test_a_credit_is_for_charges_of_its_own_party(books: Layer, face: Face) -> None:
    """Given a charge of another party, when credited, then 400 names the allocation."""
    theirs: dict[str, Any] = {f"{face.whose}_external_id": "other"}
    charge = books.post(face.charges, face.charge("1", **theirs))
    refused = books.refused(face.credits, face.credit(100, (charge["id"], 100)))
    assert (refused["error_enum"], refused["meta"]["field"]) == ("DoesNotMatchExistingEntity", "allocations[0]")


@BOTH
def test_an_external_id_stays(books: Layer, face: Face) -> None:
    """Given a credit, when a change names another external id, then 400 says that it stays."""
    made = books.post(face.credits, face.credit(100, external_id="c"))
    answer = books.ask("PATCH", f"{face.credits}/{made['id']}", json={"external_id": "d"})
    assert (answer.status_code, answer.json()["meta"]["field"]) == (400, "external_id")


@BOTH
def test_credits_of_others_are_not_there(
    books: Layer, face: Face, client: httpx.Client, other_platform: Platform
) -> None:
    """Given a credit of one business, when another one or another partner asks for it, then the same 404."""
    made = books.post(face.credits, face.credit(100))
    stranger = new_layer(client, other_platform)
    nothing = stranger.ask("GET", f"{face.credits}/{uuid4()}")
    for asking in (stranger, Layer(client, stranger.headers, books.business_id)):
        for method, body in (("GET", None), ("DELETE", None), ("PATCH", {})):
            answer = asking.ask(method, f"{face.credits}/{made['id']}", json=body)
            assert (answer.status_code, answer.json()) == (404, nothing.json())


@BOTH
def test_lists_of_credits_are_filtered_and_sorted(books: Layer, face: Face) -> None:
    """Given three credits, when the list is filtered or sorted, then it holds those that fit, in that order."""
    for number, amount, day in (("a", 300, "10"), ("b", 100, "12"), ("c", 200, "11")):
        fields = {"external_id": number, "reference_number": number, "memo": f"memo {number}"}
        whose = {f"{face.whose}_external_id": number, face.dated: f"2024-04-{day}"}
        books.post(face.credits, face.credit(amount, **fields, **whose))

    def found(**query: Any) -> list[str]:
        return [one["external_id"] for one in books.get(face.credits, **query)["data"]]

    assert found(sort_by=face.dated) == ["a", "c", "b"]
    assert found(sort_by="amount", sort_order="DESC") == ["a", "c", "b"]
    assert found(reference_number="b,c") == ["b", "c"]
    assert found(memo="memo a") == found(memo_contains="MO A") == ["a"]
    assert found(**{f"{face.dated}_start": "2024-04-11", f"{face.dated}_end": "2024-04-12"}) == ["b", "c"]
    assert found(**{f"{face.whose}_external_id": "c"}) == ["c"]
    assert found(**{f"{face.whose}_external_id": "nobody"}) == []
    answer = books.ask("GET", face.credits, params={f"{face.dated}_start": "soon"})
    assert (answer.status_code, answer.json()["error_enum"]) == (400, "QueryParamFormat")
