"""Lists: page by page with a cursor, forward and back, each object once."""

import base64
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.http.layer_world import LISTS, Layer, bill, bill_payment, invoice, new_layer, payment
from tests.http.world import Platform

ALL = pytest.mark.parametrize("path", LISTS)


@pytest.fixture(scope="module")
def books(client: httpx.Client, platform: Platform) -> Layer:
    """A business with seven objects of every kind."""
    books = new_layer(client, platform)
    for number in map(str, range(7)):
        books.post("invoices", invoice(number, customer_external_id=number))
        books.post("bills", bill(number, vendor_external_id=number))
        books.post("invoices/payments", payment(1, (number, 1), external_id=number))
        books.post("bills/bill-payments", bill_payment(1, (number, 1), external_id=number))
        refund = {"external_id": number, "completed_at": "2024-05-01", "method": "ACH"}
        books.post("invoices/refunds", refund | {"invoice_external_id": number})
        books.post("bills/refunds", refund | {"bill_external_id": number})
        credit = {"external_id": number, "received_at": "2024-04-01", "line_items": [{"amount": 1}]}
        books.post("invoices/customer-credits", credit | {"customer_external_id": number})
        books.post("bills/vendor-credits", credit | {"vendor_external_id": number})
    return books


def _pages(books: Layer, path: str, **query: Any) -> Iterator[list[str]]:
    cursor: dict[str, str] = {}
    while True:
        page = books.get(path, **query, **cursor)
        yield [one["external_id"] for one in page["data"]]
        pagination = page["meta"]["pagination"]
        if not pagination["has_more"]:
            assert pagination["cursor"] is None
            return
        cursor = {"cursor": pagination["cursor"]}


@ALL
@pytest.mark.parametrize("order", ["ASC", "DESC"])
def test_pages_show_every_object_once(books: Layer, path: str, order: str) -> None:
    """Given more objects than a page holds, when the cursor is followed, then each is shown once, in order."""
    numbers = [str(number) for number in range(7)]
    expected = numbers if order == "ASC" else numbers[::-1]
    assert list(_pages(books, path, limit=3, sort_order=order)) == [expected[:3], expected[3:6], expected[6:]]
    assert list(_pages(books, path, limit=7, sort_order=order)) == [expected]


@ALL
def test_what_is_added_later_does_not_shift_a_page(books: Layer, path: str) -> None:
    """Given a cursor, when it is used twice, then the same page comes."""
    first = books.get(path, limit=2)
    cursor = first["meta"]["pagination"]["cursor"]
    assert books.get(path, limit=2, cursor=cursor) == books.get(path, limit=2, cursor=cursor)
    assert first["meta"]["pagination"] == {
        "sort_by": "imported_at",
        "sort_order": "ASC",
        "cursor": cursor,
        "has_more": True,
    }


@ALL
def test_the_total_is_counted_if_asked_for(books: Layer, path: str) -> None:
    """Given seven objects, when a page asks for the count, then it is that of all pages."""
    page = books.get(path, limit=2, show_total_count=True)
    assert (len(page["data"]), page["meta"]["pagination"]["total_count"]) == (2, 7)


def _cursor(*parts: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode()


@ALL
@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "x",
        "ü",
        "null",
        "VGhhbmtz",
        _cursor("ASC", 1),
        _cursor("ASC", -1, "00000000-0000-0000-0000-000000000000"),
        _cursor("ASC", 2**63, "00000000-0000-0000-0000-000000000000"),
        _cursor("ASC", "1", "00000000-0000-0000-0000-000000000000"),
        _cursor("DESC", 1, "00000000-0000-0000-0000-000000000000"),
    ],
)
def test_a_bad_cursor_is_refused(books: Layer, path: str, cursor: str) -> None:
    """Given a cursor that no page of this order gave, when used, then 400 in the published words."""
    answer = books.ask("GET", path, params={"cursor": cursor})
    assert answer.status_code == 400
    assert (answer.json()["type"], answer.json()["error_enum"]) == ("PaginationCursor", "InvalidPaginationCursor")


@ALL
def test_an_unknown_sort_key_is_told_those_there_are(books: Layer, path: str) -> None:
    """Given a list and a key that it is not sorted by, when it is listed, then 400 names those that it has."""
    answer = books.ask("GET", path, params={"sort_by": "weight"})
    assert (answer.status_code, answer.json()["error_enum"]) == (400, "QueryParamFormat")
    meta = answer.json()["meta"]
    assert (meta["field"], meta["value"]) == ("sort_by", '"weight"')
    for name in meta["rule"].removeprefix("is one of ").split(", "):
        assert books.get(path, sort_by=name)["meta"]["pagination"]["sort_by"] == name


@ALL
@pytest.mark.parametrize(
    ("name", "value", "rule"),
    [
        ("limit", "0", "expected int >= 1"),
        ("limit", "501", "expected int <= 500"),
        ("limit", "many", "expected int"),
        ("sort_order", "asc", "is one of ASC, DESC"),
        ("show_total_count", "perhaps", "expected bool"),
    ],
)
def test_a_bad_query_is_refused(books: Layer, path: str, name: str, value: str, rule: str) -> None:
    """Given a parameter that breaks a rule, when listed, then 400 names it, its value and the rule."""
    answer = books.ask("GET", path, params={name: value})
    assert (answer.status_code, answer.json()["error_enum"]) == (400, "QueryParamFormat")
    assert answer.json()["meta"] == {"field": name, "value": f'"{value}"', "rule": rule}
    assert answer.json()["description"] == f'{name}: {rule} (given: "{value}")'


@ALL
def test_an_unknown_parameter_of_a_list_is_refused(books: Layer, path: str) -> None:
    """Given a parameter that is not one of the list's, when listed, then 400 names it and those that there are."""
    refused = books.ask("GET", path, params={"page": "2"}).json()
    assert refused["error_enum"] == "UnexpectedQueryParam"
    assert refused["meta"].items() >= {"field": "page", "value": '"2"'}.items()
    assert "cursor" in refused["meta"]["rule"]


def test_an_unknown_parameter_elsewhere_is_left_alone(books: Layer) -> None:
    """Given a parameter that nobody knows, when one object or its aging is asked for, then it changes nothing."""
    (made, *_) = books.get("invoices")["data"]
    assert books.get(f"invoices/{made['id']}", now="1")["data"] == made
    assert books.aging(made["customer"]["id"], now="1") == books.aging(made["customer"]["id"])
