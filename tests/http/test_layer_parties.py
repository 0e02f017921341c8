"""Customers and vendors: made and changed by external id, listed, archived; and businesses."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.http.layer_world import Layer, bill, invoice, layer_token, new_layer
from tests.http.world import Platform, bearer

BOTH = pytest.mark.parametrize(("many", "kind"), [("customers", "CustomerData"), ("vendors", "VendorData")])


@pytest.fixture
def books(client: httpx.Client, platform: Platform) -> Layer:
    """A business with empty books."""
    return new_layer(client, platform)


@BOTH
def test_what_is_said_of_a_party_is_given_back(books: Layer, many: str, kind: str) -> None:
    """Given every published field, when a party is made, then each is given back, tags with their ids."""
    tag = {"key": "region", "value": "west", "dimension_display_name": "Region", "value_display_name": "West"}
    said = {
        "external_id": "31415926535",
        "individual_name": "Jane Doe",
        "company_name": "Acme, Inc.",
        "email": "jane@example.com",
        "mobile_phone": "555-0100",
        "office_phone": "555-0101",
        "address_string": "123 Main St, Phoenix, AZ 85001",
        "memo": "pays late",
        "reference_number": "A-1",
        "metadata": {"a": [1, 2.5, None], "b": {"c": "ü"}},
    }
    made = books.post(many, said | {"tags": [tag]})
    assert made.items() >= (said | {"type": kind, "status": "ACTIVE"}).items()
    (shown,) = made["transaction_tags"]
    assert shown.items() >= (tag | {"archived_at": None}).items()
    assert {"id", "dimension_id", "definition_id"} < shown.keys()
    assert books.get(f"{many}/{made['id']}")["data"] == made
    assert books.get(many)["data"] == [made]


@BOTH
def test_an_external_id_changes_what_is_there(books: Layer, many: str, kind: str) -> None:
    """Given a party, when its external id comes again, then it is changed to what is said now, and 200."""
    first = books.post(many, {"external_id": "1", "company_name": "Old", "email": "old@example.com"})
    again = books.post(many, {"external_id": "1", "company_name": "New"}, status=200)
    assert (again["id"], again["company_name"], again["email"]) == (first["id"], "New", None)
    assert books.get(many)["data"] == [again]


@BOTH
def test_a_party_without_an_external_id_is_always_a_new_one(books: Layer, many: str, kind: str) -> None:
    """Given no external id, when the same is said twice, then there are two parties."""
    ids = {books.post(many, {"individual_name": "Jane Doe"})["id"] for _ in range(2)}
    assert len(ids) == 2
    assert "external_id" not in books.get(many)["data"][0]


@BOTH
@pytest.mark.parametrize("said", [{}, {"external_id": "1"}, {"company_name": " "}, {"individual_name": ""}])
def test_a_party_has_a_name(books: Layer, many: str, kind: str, said: dict[str, str]) -> None:
    """Given neither a company nor an individual, when a party is made, then 400 names the field."""
    assert books.refused(many, said)["meta"]["field"] == "company_name"


def test_an_older_name_of_the_memo_is_read(books: Layer) -> None:
    """Given notes, when a customer is made, then they are its memo; a memo beside them wins."""
    assert books.post("customers", {"company_name": "A", "notes": "old"})["memo"] == "old"
    assert books.post("customers", {"company_name": "B", "notes": "old", "memo": "new"})["memo"] == "new"


def test_the_same_tag_has_the_same_ids(books: Layer) -> None:
    """Given one key and value on two objects, when shown, then their ids are equal; another value shares the key's."""
    tags = [
        books.post("customers", {"company_name": "A", "tags": [{"key": "k", "value": value}]})["transaction_tags"][0]
        for value in ("x", "x", "y")
    ]
    assert tags[0] == tags[1]
    assert tags[0]["dimension_id"] == tags[2]["dimension_id"]
    assert {tags[0]["id"], tags[0]["definition_id"]}.isdisjoint({tags[2]["id"], tags[2]["definition_id"]})


@BOTH
def test_an_archived_party_leaves_lists(books: Layer, many: str, kind: str) -> None:
    """Given a party, when archived, then lists leave it out unless asked, it is still found, and twice is once."""
    made = books.post(many, {"external_id": "1", "company_name": "Gone"})
    for _ in range(2):
        assert books.post(f"{many}/{made['id']}/archive", None, status=200) == made | {"status": "ARCHIVED"}
    assert books.get(many)["data"] == []
    assert books.get(many, include_archived=True)["data"] == [made | {"status": "ARCHIVED"}]
    assert books.get(f"{many}/{made['id']}")["data"]["status"] == "ARCHIVED"


def test_an_archived_customer_takes_no_new_invoice(books: Layer) -> None:
    """Given an archived customer, when an invoice is recorded for it, then 409 says so and nothing is written."""
    made = books.post("customers", {"external_id": "1", "company_name": "Gone"})
    books.post(f"customers/{made['id']}/archive", None, status=200)
    refused = books.refused("invoices", invoice("1", customer_external_id="1"), status=409)
    assert (refused["type"], refused["error_enum"]) == ("ResourceArchived", "ResourceArchived")
    assert refused["meta"]["field"] == "customer_id"


@BOTH
def test_an_unarchived_party_is_in_lists_again(books: Layer, many: str, kind: str) -> None:
    """Given an archived party, when unarchived, then it is as it was before, and twice is once."""
    made = books.post(many, {"external_id": "1", "company_name": "Back"})
    books.post(f"{many}/{made['id']}/archive", None, status=200)
    for _ in range(2):
        assert books.post(f"{many}/{made['id']}/unarchive", None, status=200) == made
    assert books.get(many)["data"] == [made]


@BOTH
@pytest.mark.parametrize("method", ["PUT", "POST"])
def test_a_party_is_changed_by_its_id(books: Layer, many: str, kind: str, method: str) -> None:
    """Given a party, when changed by its id, then what is said now is all that is known; its external id stays."""
    made = books.post(many, {"external_id": "1", "company_name": "Old", "email": "old@example.com", "memo": "m"})
    expected = made | {"company_name": "New", "email": None, "memo": None}
    for said in ({"company_name": "New"}, {"company_name": "New", "external_id": "1"}):
        answer = books.ask(method, f"{many}/{made['id']}", json=said)
        assert (answer.status_code, answer.json()["data"]) == (200, expected)
    assert books.get(many)["data"] == [expected]


@BOTH
@pytest.mark.parametrize(
    ("said", "status", "field"),
    [
        ({}, 400, "company_name"),
        ({"company_name": 7}, 400, "company_name"),
        ({"company_name": "New", "external_id": "2"}, 409, "external_id"),
    ],
)
def test_a_bad_change_of_a_party_is_refused(
    books: Layer, many: str, kind: str, said: dict[str, Any], status: int, field: str
) -> None:
    """Given no name, a bad one or another external id, when a party is changed, then it names the field and stays."""
    made = books.post(many, {"external_id": "1", "company_name": "Old"})
    answer = books.ask("PUT", f"{many}/{made['id']}", json=said)
    assert (answer.status_code, answer.json()["meta"]["field"]) == (status, field)
    assert books.get(many)["data"] == [made]


@BOTH
def test_a_merged_party_gives_its_documents_to_the_other(books: Layer, many: str, kind: str) -> None:
    """Given two parties with documents, when one is merged into the other, then that has all, the one is archived."""
    whose, charges, one = _charges(many)
    for number in ("a", "b"):
        books.post(charges, one(number, **{f"{whose}_external_id": number}))
    gone, left = (made["id"] for made in books.get(many)["data"])
    into = {f"into_{whose}_id": left}
    assert books.post(f"{many}/{gone}/merge", into, status=200)["id"] == left
    assert {made[whose]["id"] for made in books.get(charges)["data"]} == {left}
    assert [made["id"] for made in books.get(many)["data"]] == [left]
    assert books.get(f"{many}/{gone}")["data"]["status"] == "ARCHIVED"


@BOTH
def test_a_bad_merge_is_refused(books: Layer, many: str, kind: str) -> None:
    """Given no other party, itself, an unknown or an archived one, when merged, then the field is named."""
    whose, charges, one = _charges(many)
    party = books.post(charges, one("1"))[whose]["id"]
    gone = books.post(many, {"company_name": "Gone"})["id"]
    books.post(f"{many}/{gone}/archive", None, status=200)
    for into, status, enum in [
        (None, 400, "InvalidPayload"),
        ("x", 400, "InvalidPayload"),
        (party, 400, "InvalidPayload"),
        (str(uuid4()), 400, "SpecifiedIdNotFound"),
        (gone, 409, "ResourceArchived"),
    ]:
        refused = books.refused(f"{many}/{party}/merge", {f"into_{whose}_id": into}, status=status)
        assert (refused["error_enum"], refused["meta"]["field"]) == (enum, f"into_{whose}_id")
    assert books.get(charges)["data"][0][whose]["id"] == party


def _charges(many: str) -> tuple[str, str, Callable[..., dict[str, Any]]]:
    """What a party is called on its charges, where they are, and how one is asked for."""
    return ("customer", "invoices", invoice) if many == "customers" else ("vendor", "bills", bill)


@BOTH
@pytest.mark.parametrize(
    ("method", "path"), [("GET", ""), ("PUT", ""), ("POST", "/archive"), ("POST", "/unarchive"), ("POST", "/merge")]
)
def test_an_unknown_party_is_not_found(books: Layer, many: str, kind: str, method: str, path: str) -> None:
    """Given an id of nothing or of the other kind, when something is asked of it, then 404."""
    other = books.post("vendors" if many == "customers" else "customers", {"company_name": "Other"})["id"]
    there = books.post(many, {"company_name": "There"})["id"]
    body = {"company_name": "New", "into_customer_id": there, "into_vendor_id": there}
    for unknown in (uuid4(), other, "not-a-uuid"):
        answer = books.ask(method, f"{many}/{unknown}{path}", json=body)
        assert (answer.status_code, answer.json()["type"]) == (404, "ResourceNotFound")


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({"external_id": "a-1"}, ["a-1"]),
        ({"external_id": "A-1"}, []),
        ({"external_id_contains": "A-"}, ["a-1", "a-2"]),
        ({"name": "Acme"}, ["a-1"]),
        ({"name": "acme"}, []),
        ({"name_contains": "ACM"}, ["a-1", "a-2"]),
        ({"name_contains": "%"}, []),
        ({"name_contains": "null"}, ["null"]),
        ({"name": "null"}, ["null"]),
        ({"external_id_contains": "a", "name_contains": "ltd"}, ["a-2"]),
    ],
)
def test_parties_are_found_by_name_and_external_id(books: Layer, filters: dict[str, str], found: list[str]) -> None:
    """Given filters, when customers are listed, then those that match; texts that contain are matched without case."""
    for external_id, name in [("a-1", "Acme"), ("a-2", "ACME Ltd"), ("b-1", "Brown"), ("null", "null")]:
        books.post("customers", {"external_id": external_id, "company_name": name})
    assert [one["external_id"] for one in books.get("customers", **filters)["data"]] == found


def test_a_document_makes_a_party_that_is_named_later(books: Layer) -> None:
    """Given an unseen external id on an invoice, when recorded, then its customer is made; a later request names it."""
    made = books.post("invoices", invoice("1", customer_external_id="new"))["customer"]
    assert (made["external_id"], made["company_name"], made["individual_name"]) == ("new", None, None)
    named = books.post("customers", {"external_id": "new", "company_name": "Named"}, status=200)
    assert named["id"] == made["id"]
    assert books.get("invoices")["data"][0]["customer"] == named
    vendor = books.post("bills", bill("1", vendor_external_id="new"))["vendor"]
    assert (vendor["type"], vendor["external_id"]) == ("VendorData", "new")
    assert vendor["id"] != made["id"]


def test_a_business_is_made_once_per_external_id(client: httpx.Client, platform: Platform) -> None:
    """Given a business, when its external id comes again, then the same answers 200, other content 409."""
    headers = bearer(layer_token(client, platform))
    said: dict[str, Any] = {
        "external_id": str(uuid4()),
        "legal_name": "ACME LLC",
        "us_state": "CA",
        "entity_type": "LLC",
        "phone_number": "+18005555555",
        "activation_at": "2023-06-15T22:12:05.467940Z",
        "unit_ids": [{"unit_id": "111111"}],
    }
    first, again = (client.post("/v1/businesses", headers=headers, json=said) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    shown = first.json()["data"]
    assert shown.items() >= ({name: said[name] for name in said if name != "unit_ids"} | {"type": "Business"}).items()
    other = client.post("/v1/businesses", headers=headers, json=said | {"legal_name": "Other"})
    assert (other.status_code, other.json()["error_enum"]) == (409, "ExternalIdConflict")
    assert other.json()["meta"]["field"] == "legal_name"


def test_a_bad_business_is_refused(client: httpx.Client, platform: Platform) -> None:
    """Given fields that break a rule, when a business is made, then 400 names each."""
    headers = bearer(layer_token(client, platform))
    for field, value in [
        ("legal_name", ""),
        ("entity_type", "GMBH"),
        ("us_state", "California"),
        ("activation_at", "2023-02-30"),
        ("time_zone", "Mars/Olympus"),
        ("external_id", "x" * 256),
    ]:
        answer = client.post("/v1/businesses", headers=headers, json={"legal_name": "ACME"} | {field: value})
        assert (answer.status_code, answer.json()["meta"]["field"]) == (400, field)
