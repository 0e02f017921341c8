"""Bad requests: each is refused in this dialect's words, saying what and where, and nothing is written."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from duebook.db.embedded import Urls
from duebook.http.layer.errors import ApiEnumErrorType, ApiErrorType
from duebook.money import MAX_MINOR
from tests.http.contracts import Contract
from tests.http.layer_world import Layer, bill, invoice, new_layer, payment
from tests.http.world import Platform

SCHEMAS = Contract("layer_ar_aging_customer").document["components"]["schemas"]


@pytest.fixture(scope="module")
def books(client: httpx.Client, platform: Platform) -> Layer:
    """A business with one customer and one open invoice of 10000."""
    books = new_layer(client, platform)
    books.post("customers", {"external_id": "customer-1", "company_name": "Acme"})
    books.post("invoices", invoice("there"))
    return books


def test_errors_are_named_as_published() -> None:
    """Given the published lists of types and enum values, when ours are read, then none is of our own making."""
    assert {*ApiErrorType} <= {*SCHEMAS["ApiErrorType"]["enum"]}
    assert {*ApiEnumErrorType} <= {*SCHEMAS["ApiEnumErrorType"]["enum"]}


LINE = {"product": "Work", "unit_price": 1}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"sent_at": None}, "sent_at"),
        ({"sent_at": 1711929600}, "sent_at"),
        ({"sent_at": "2023-02-29"}, "sent_at"),
        ({"sent_at": "2024-04-01T25:00:00Z"}, "sent_at"),
        ({"sent_at": "01/04/2024"}, "sent_at"),
        ({"due_at": "soon"}, "due_at"),
        ({"due_at": "9999-12-31T23:59:59-12:00"}, "due_at"),
        ({"voided_at": ""}, "voided_at"),
        ({"external_id": 7}, "external_id"),
        ({"external_id": ""}, "external_id"),
        ({"external_id": "x" * 256}, "external_id"),
        ({"customer_external_id": None}, "customer_id"),
        ({"customer_external_id": "x" * 256}, "customer_external_id"),
        ({"customer_id": "not-a-uuid", "customer_external_id": None}, "customer_id"),
        ({"customer_id": str(uuid4())}, "customer_id"),
        ({"customer_id": str(uuid4()), "customer_external_id": None}, "customer_id"),
        ({"line_items": None}, "line_items"),
        ({"line_items": {}}, "line_items"),
        ({"line_items": []}, "line_items"),
        ({"line_items": [{}]}, "line_items[0].unit_price"),
        ({"line_items": [LINE, LINE | {"unit_price": 12.5}]}, "line_items[1].unit_price"),
        ({"line_items": [LINE | {"unit_price": 12.0}]}, "line_items[0].unit_price"),
        ({"line_items": [LINE | {"unit_price": "12"}]}, "line_items[0].unit_price"),
        ({"line_items": [LINE | {"unit_price": True}]}, "line_items[0].unit_price"),
        ({"line_items": [LINE | {"unit_price": MAX_MINOR + 1}]}, "line_items[0].unit_price"),
        ({"line_items": [LINE | {"unit_price": 10**40}]}, "line_items[0].unit_price"),
        ({"line_items": [LINE | {"unit_price": MAX_MINOR}, LINE]}, "line_items"),
        ({"line_items": [LINE | {"unit_price": -1}]}, "line_items"),
        ({"line_items": [LINE | {"quantity": "two"}]}, "line_items[0].quantity"),
        ({"line_items": [LINE | {"quantity": "1e999999999"}]}, "line_items[0].quantity"),
        ({"line_items": [LINE | {"quantity": 1e300}]}, "line_items[0].quantity"),
        ({"line_items": [LINE | {"discount_amount": -1}]}, "line_items[0].discount_amount"),
        ({"line_items": [LINE | {"sales_taxes": [{"tax_rate": 7}]}]}, "line_items[0].sales_taxes[0].amount"),
        ({"line_items": [LINE | {"sales_taxes": [{"amount": "7"}]}]}, "line_items[0].sales_taxes[0].amount"),
        ({"additional_discount": 2}, "line_items"),
        ({"additional_discount": -1}, "additional_discount"),
        ({"tips": -1}, "tips"),
        ({"tips": 0.5}, "tips"),
        ({"tags": [{"key": "k"}]}, "tags[0].value"),
        ({"tags": {"key": "k", "value": "v"}}, "tags"),
        ({"metadata": []}, "metadata"),
        ({"metadata": {"a": "x" * 11_000}}, "metadata"),
        ({"line_items": [LINE | {"metadata": {"a": "x" * 11_000}}]}, "line_items[0].metadata"),
        ({"memo": "x" * 10_001}, "memo"),
        ({"payments": [{"amount": 1, "method": "ACH"}]}, "payments[0].paid_at"),
        ({"payments": [{"amount": 1, "method": "ACH", "paid_at": "2024-02-30"}]}, "payments[0].paid_at"),
        ({"payments": [{"amount": 1, "method": "BARTER", "paid_at": "2024-04-01"}]}, "payments[0].method"),
        ({"payments": [{"amount": 2, "method": "ACH", "paid_at": "2024-04-01"}]}, "payments"),
        ({"payments": [{"amount": 0.5, "method": "ACH", "paid_at": "2024-04-01"}]}, "payments[0].amount"),
    ],
)
def test_a_bad_invoice_is_refused(books: Layer, change: dict[str, Any], field: str) -> None:
    """Given a value that breaks a rule, when recorded, then 400 says the field, and the value where there is one."""
    refused = books.refused("invoices", invoice("bad", 1) | change)
    assert refused["type"] == "InvalidParameters"
    assert refused["meta"]["field"] == field
    assert refused["description"].startswith(f"{field}: ")


def test_fractions_of_a_cent_are_told_with_field_value_and_rule(books: Layer) -> None:
    """Given an amount with fractions of a cent, when recorded, then the answer names the field, the value, the rule."""
    refused = books.refused("invoices", invoice("bad") | {"line_items": [LINE | {"unit_price": 12.5}]})
    assert refused["meta"] == {"field": "line_items[0].unit_price", "value": "12.5", "rule": "expected int, got float"}


WRITTEN = [
    *("invoices", "invoices/batch", "invoices/payments", "bills", "customers", "vendors"),
    *("invoices/customer-credits", "bills/vendor-credits", "invoices/refunds", "bills/refunds"),
]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"text"',
        b"<invoice/>",
        b"\xff\xfe{}",
        b'{"external_id": "\xc3\x28"}',
        b'{"memo": "\\u0000"}',
        b'{"memo": "\\ud800"}',
        b'{"metadata": ' + b'{"a":' * 5_000 + b"1" + b"}" * 5_000 + b"}",
        b"[" * 100_000,
        b'{"metadata": {"n": 1e999}}',
    ],
)
@pytest.mark.parametrize("path", WRITTEN)
def test_a_body_that_is_no_such_object_is_refused(books: Layer, path: str, body: bytes) -> None:
    """Given a body that is not JSON, not UTF-8, too deep or of another type, when sent, then 400 and nothing more."""
    if path == "invoices/batch" and body == b"[]":
        return
    refused = books.refused(path, body)
    assert refused["type"] in {"JsonSerialization", "InvalidParameters"}
    assert refused["error_enum"] == "InvalidPayload"


@pytest.mark.parametrize("body", [b"", b" "])
@pytest.mark.parametrize("path", WRITTEN)
def test_a_body_that_is_not_there_is_asked_for(books: Layer, path: str, body: bytes) -> None:
    """Given no body, or a blank one, when sent, then 400 says that one is needed, in no framework's words."""
    assert books.refused(path, body) == {
        "type": "JsonSerialization",
        "description": "a JSON body is needed",
        "error_enum": "InvalidPayload",
        "meta": {"field": "", "value": "", "rule": "a JSON body is needed"},
    }


@pytest.mark.parametrize(
    ("path", "body", "field", "rule"),
    [
        (
            "bills",
            bill("1", due_at=None, bill_terms="NET_45"),
            "bill_terms",
            "is one of DUE_ON_RECEIPT, NET_10, NET_15, NET_30, NET_60",
        ),
        (
            "invoices/batch",
            [invoice("1", payments=[payment(1, method="BARTER")])],
            "[0].payments[0].method",
            "is one of ACH, CASH, CHECK, CREDIT_BALANCE, CREDIT_CARD, OTHER, REDEEMED_PREPAYMENT",
        ),
        ("auth-token", {"wire_profile": "x"}, "wire_profile", "is one of published, live"),
    ],
)
def test_a_value_that_is_not_in_a_list_is_told_the_list(
    books: Layer, path: str, body: Any, field: str, rule: str
) -> None:
    """Given a value that is none of those allowed, wherever it stands, when sent, then 400 says which are."""
    assert (books.refused(path, body)["meta"]["field"], books.refused(path, body)["meta"]["rule"]) == (field, rule)


def test_free_json_nests_only_so_deep(books: Layer) -> None:
    """Given metadata that nests deep, when recorded, then 31 levels are kept, and for 33 a 400 names it."""
    deep: Any = 1
    for _ in range(31):
        deep = {"a": deep}
    assert books.post("customers", {"company_name": "Deep", "metadata": deep})["metadata"] == deep
    assert (
        books.refused("customers", {"company_name": "Deeper", "metadata": {"a": {"a": deep}}})["meta"]["field"]
        == "metadata"
    )


def test_a_body_of_50_megabytes_is_refused(books: Layer) -> None:
    """Given a body far beyond the limit, when sent, then 413 in this dialect's words."""
    refused = books.refused("invoices", b'{"memo": "' + b"x" * (50 * 2**20) + b'"}', status=413)
    assert (refused["type"], refused["error_enum"]) == ("BadRequest", "InvalidPayload")


def test_a_nul_in_a_query_is_refused(books: Layer) -> None:
    """Given a NUL character or bad UTF-8 in a filter, when listed, then 400."""
    for query in ("name=%00", "name=%ff"):
        answer = books.ask("GET", f"customers?{query}")
        assert (answer.status_code, answer.json()["error_enum"]) == (400, "QueryParamFormat")
    assert books.ask("GET", f"customers?name={'x' * 9000}").status_code == 414


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_an_unknown_method_is_refused(books: Layer, method: str) -> None:
    """Given a method that a path does not have, when used, then 405 says which it has."""
    answer = books.ask(method, "invoices")
    assert (answer.status_code, answer.json()["type"]) == (405, "BadRequest")
    assert answer.headers["allow"] == "GET, HEAD, OPTIONS, POST"


def test_an_unknown_path_is_not_found(books: Layer) -> None:
    """Given a path that this dialect does not have, when asked for, then 404 in its words."""
    for path in ("nothing", "invoices/ar-aging/x", "invoices/x/y/z"):
        answer = books.ask("GET", path)
        assert (answer.status_code, answer.json()["type"]) == (404, "ResourceNotFound")


def test_a_slash_at_the_end_changes_nothing(books: Layer) -> None:
    """Given the published path with a slash behind it, when read or written, then it is the same path."""
    assert books.get("customers/") == books.get("customers")
    assert books.post("customers/", {"external_id": "customer-1", "company_name": "Acme"}, status=200)


def test_a_sum_beyond_64_bits_is_an_error_and_never_a_wrong_number(client: httpx.Client, platform: Platform) -> None:
    """Given two invoices that fit and whose sum does not, when aged, then 422."""
    books = new_layer(client, platform)
    first, second = (books.post("invoices", invoice(number, MAX_MINOR)) for number in ("1", "2"))
    assert first["total_amount"] == second["total_amount"] == MAX_MINOR
    answer = books.ask("GET", f"invoices/ar-aging/customer/{first['customer']['id']}")
    assert answer.status_code == 422
    assert answer.json()["error_enum"] == "InvalidLedgerOperation"


def test_many_at_once_never_pay_more_than_is_open(books: Layer) -> None:
    """Given forty payments of a tenth of an invoice at the same time, when recorded, then ten fit and thirty do not."""
    made = books.post("invoices", invoice("contended", 1_000))

    def pay(_: int) -> int:
        return books.ask("POST", "invoices/payments", json=payment(100, ("contended", 100))).status_code

    with ThreadPoolExecutor(8) as threads:
        statuses = list(threads.map(pay, range(40)))
    assert (statuses.count(201), statuses.count(400)) == (10, 30)
    shown = books.get(f"invoices/{made['id']}")["data"]
    assert (shown["outstanding_balance"], len(shown["payment_allocations"])) == (0, 10)


def test_the_same_invoice_at_once_is_recorded_once(books: Layer) -> None:
    """Given the same invoice sent eight times at the same time, when recorded, then once, and all get the same."""
    asked = invoice("twice", payments=[{"amount": 1, "paid_at": "2024-04-02", "method": "ACH", "external_id": "twice"}])
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: books.ask("POST", "invoices", json=asked), range(8)))
    assert sorted(answer.status_code for answer in answers) == [200] * 7 + [201]
    assert len({answer.json()["data"]["id"] for answer in answers}) == 1


def test_a_failure_of_ours_shows_nothing_of_the_inside(books: Layer, database_urls: Urls) -> None:
    """Given a table that the server may not read any more, when asked, then 500 without an enum value."""
    with psycopg.connect(database_urls.owner, autocommit=True) as owner:
        role = conninfo_to_dict(database_urls.serve)["user"]
        owner.execute(f'REVOKE SELECT ON party_fact FROM "{role}"')
        answer = books.ask("GET", "customers")
        owner.execute(f'GRANT SELECT ON party_fact TO "{role}"')
    assert answer.status_code == 500
    assert answer.json() == {"type": "Unknown", "description": "Internal Server Error"}
    assert "x-request-id" in answer.headers
    assert books.ask("GET", "customers").status_code == 200


def test_lost_connections_are_replaced(books: Layer, database_urls: Urls) -> None:
    """Given connections that the database has cut, when asked on, then there are others, and nobody notices."""
    with psycopg.connect(database_urls.superuser, autocommit=True) as superuser:
        superuser.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND application_name LIKE 'duebook %'"
        )
    assert {books.ask("GET", "customers").status_code for _ in range(5)} == {200}
