"""Customers and vendors in Thredfi's dialect."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.http.thredfi_world import ELSEWHERE, Thredfi, new_thredfi
from tests.http.world import Platform

BOTH = pytest.mark.parametrize("path", ["customers/", "vendors/"])
ANN: dict[str, Any] = {
    "external_id": "ann",
    "company_name": "Ann & Sons",
    "individual_name": "Ann",
    "email": "ann@example.com",
    "address_line1": "1 High Street",
    "city": "Oslo",
    "country": "NO",
    "payment_terms_days": 14,
    "credit_limit_cents": 100_000,
    "transaction_tags": [{"key": "region", "value": "north"}],
    "metadata": {"tier": 1},
}


@pytest.fixture
def books(client: httpx.Client, platform: Platform) -> Thredfi:
    """A business with empty books."""
    return new_thredfi(client, platform)


@BOTH
def test_a_party_is_made_once_and_found_again(books: Thredfi, path: str) -> None:
    """Given a party, when it is sent twice and found by id, then 201, then 200, and the same each time."""
    made = books.post(path, ANN)
    assert made == books.post(path, ANN, status=200) == books.get(f"{path}{made['id']}/")
    assert {name: made[name] for name in ANN} == ANN
    assert (made["display_name"], made["full_address"], made["status"]) == (
        "Ann & Sons",
        "1 High Street, Oslo, NO",
        "active",
    )
    assert (made["outstanding_balance"], made["is_archived"], made["archived_at"]) == (0, False, None)


@BOTH
def test_other_content_under_an_external_id_is_a_conflict(books: Thredfi, path: str) -> None:
    """Given a party, when its external id comes with another city, then 409 names the field."""
    books.post(path, ANN)
    body = books.refused("POST", path, ANN | {"city": "Bergen"}, 409)
    assert (body["error_code"], list(body["detail"]["field_errors"])) == ("duplicate_external_id", ["city"])


@BOTH
def test_a_party_needs_a_name(books: Thredfi, path: str) -> None:
    """Given no name, or a blank one, when a party is sent, then 400 names the field."""
    for body in ({}, {"company_name": "  "}, {"individual_name": ""}):
        said = books.refused("POST", path, body)
        assert said["detail"]["field_errors"] == {"company_name": ["or individual_name is required"]}


@BOTH
@pytest.mark.parametrize(
    ("field", "value", "rule"),
    [
        ("payment_terms_days", -1, "expected int >= 0 (given: -1)"),
        ("credit_limit_cents", 2**63, "expected int <= 9223372036854775807 (given: 9223372036854775808)"),
        ("email", 5, "expected str | null, got int (given: 5)"),
        ("name", "Other", 'is the same as company_name, if both are given (given: "Other")'),
    ],
)
def test_a_bad_field_is_named(books: Thredfi, path: str, field: str, value: object, rule: str) -> None:
    """Given a field that breaks a rule, when a party is sent, then 400 names it, its value and the rule."""
    said = books.refused("POST", path, ANN | {field: value})
    assert said["detail"]["field_errors"] == {field: [rule]}


@BOTH
def test_a_change_keeps_what_it_does_not_mention(books: Thredfi, path: str) -> None:
    """Given a party, when its city is changed, then the rest stays."""
    made = books.post(path, ANN)
    changed = books.send("PUT", f"{path}{made['id']}/", {"city": "Bergen", "payment_terms_days": 30})
    assert (changed["city"], changed["payment_terms_days"], changed["email"]) == ("Bergen", 30, "ann@example.com")
    assert changed["transaction_tags"] == ANN["transaction_tags"]


@BOTH
def test_an_archived_party_leaves_lists_and_is_still_found(books: Thredfi, path: str) -> None:
    """Given two parties, when one is archived, then lists have the other, and both if asked."""
    ann, bob = books.post(path, ANN), books.post(path, {"individual_name": "Bob"})
    hidden = books.post(f"{path}{ann['id']}/archive/", status=200)
    assert (hidden["status"], hidden["is_active"]) == ("archived", False)
    assert [one["id"] for one in books.get(path)["results"]] == [bob["id"]]
    page = books.get(path, include_archived=True)
    assert [one["id"] for one in page["results"]] == [ann["id"], bob["id"]]
    assert page["page_info"] == {"total_count": 2, "current_page": 1, "total_pages": 1, "page_size": 20}
    assert books.get(f"{path}{ann['id']}/")["is_archived"]


@BOTH
def test_lists_are_searched_and_paged(books: Thredfi, path: str) -> None:
    """Given five parties, when listed by twos or searched, then each comes once; past the end there is nothing."""
    for number in range(5):
        books.post(path, {"external_id": f"p-{number}", "company_name": f"Party {number}"})
    pages = [books.get(path, page=page, page_size=2) for page in range(1, 5)]
    assert [[one["external_id"] for one in page["results"]] for page in pages] == [
        ["p-0", "p-1"],
        ["p-2", "p-3"],
        ["p-4"],
        [],
    ]
    assert [one["external_id"] for one in books.get(path, search="PARTY 3")["results"]] == ["p-3"]
    assert [one["external_id"] for one in books.get(path, external_id="p-4")["results"]] == ["p-4"]
    for page_size in (0, 10_000):
        answer = books.ask("GET", path, params={"page_size": page_size})
        assert (answer.status_code, list(answer.json()["detail"]["field_errors"])) == (400, ["page_size"])


@BOTH
def test_what_is_not_there_is_not_found(books: Thredfi, path: str) -> None:
    """Given an id of nothing, when it is found, changed or archived, then 404 in the words of the party."""
    code = f"{path.removesuffix('s/')}_not_found"
    for method, tail in (("GET", ""), ("PUT", ""), ("POST", "archive/")):
        said = books.ask(method, f"{path}{ELSEWHERE}/{tail}", json={"city": "Oslo"})
        assert (said.status_code, said.json()["error_code"]) == (404, code)


@BOTH
def test_forms_say_the_same_as_json(books: Thredfi, path: str) -> None:
    """Given the same party as JSON, as a form and as one with a file, when sent, then all three are one."""
    made = books.post(path, ANN)
    fields = {
        name: value if isinstance(value, str) else httpx.Request("POST", "/", json=value).content.decode()
        for name, value in ANN.items()
    }
    url_encoded = books.ask("POST", path, data=fields)
    with_file = books.ask("POST", path, data=fields, files={"document": ("contract.pdf", b"%PDF", "application/pdf")})
    assert [(one.status_code, one.json()["id"]) for one in (url_encoded, with_file)] == [(200, made["id"])] * 2


@BOTH
def test_a_bad_form_is_refused(books: Thredfi, path: str) -> None:
    """Given forms that cannot be read, when sent, then 400 in the dialect."""
    for content_type, raw in (
        ("multipart/form-data", b"--x"),
        ("multipart/form-data; boundary=x", b"--y\r\n"),
        ("application/x-www-form-urlencoded", b"name=\xff"),
        ("application/x-www-form-urlencoded", b"name=a&name=b"),
        ("text/csv", b"name"),
    ):
        answer = books.ask("POST", path, content=raw, headers={"Content-Type": content_type})
        assert (answer.status_code, answer.json()["error_code"]) == (400, "validation_error"), content_type


def test_a_live_client_reads_vendors_as_the_widget_does(client: httpx.Client, platform: Platform) -> None:
    """Given a token of the live profile, when vendors are listed or found, then they stand under `data`."""
    books = new_thredfi(client, platform, wire_profile="live")
    made = [books.post("vendors/", {"external_id": str(uuid4()), "company_name": f"V{one}"}) for one in range(25)]
    assert [one["id"] for one in books.get("vendors/")["data"]] == [one["id"] for one in made]
    assert len(books.get("vendors/", page=2)["data"]) == 5
    assert books.get(f"vendors/{made[0]['id']}/") == {"data": made[0]}
