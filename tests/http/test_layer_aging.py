"""Receivables aging of one customer, as the published page gives it."""

from datetime import date, timedelta
from typing import Any, Final
from uuid import uuid4

import httpx
import pytest

from tests.http.contracts import Contract
from tests.http.layer_world import Layer, invoice, layer_token, new_layer, payment
from tests.http.world import Platform, bearer, business_token, partner_token

PAGE: Final = Contract("layer_ar_aging_customer")
FLAT: Final = ("current", "days_1_30", "days_31_60", "days_61_90", "days_91_over")
EDGES: Final = [(None, 0), (1, 30), (31, 60), (61, 90), (91, None)]
NOTHING: Final = dict.fromkeys(FLAT, 0) | {"total": 0}


@pytest.fixture(scope="module")
def books(client: httpx.Client, platform: Platform) -> Layer:
    """Customers with invoices in every band at 31 March 2025, a part payment and a void one."""
    books = new_layer(client, platform)
    books.post("customers", {"external_id": "brown", "company_name": "Brown & Söhne", "email": "b@example.com"})
    books.post("customers", {"external_id": "quiet", "individual_name": "Nothing Open"})
    dues = ["2025-04-15", "2025-03-31", "2025-03-30", "2025-02-28", "2025-01-29", "2024-12-31", "2024-12-30"]
    for place, due in enumerate(dues):
        whose = "brown" if place % 2 else "adams"
        books.post("invoices", _invoice(f"i{place}", 100 * 2**place, whose, due_at=due))
    books.post("invoices", _invoice("void", 7, "brown", voided_at="2024-11-02"))
    books.post("invoices/payments", payment(50, ("i1", 50), paid_at="2025-02-01"))
    return books


@pytest.fixture(scope="module")
def customers(books: Layer) -> dict[str, str]:
    """The customers' ids by their external ids."""
    return {one["external_id"]: one["id"] for one in books.get("customers")["data"]}


def _invoice(number: str, amount: int, customer: str, **fields: Any) -> dict[str, Any]:
    return invoice(number, amount, customer_external_id=customer, sent_at="2024-11-01", **fields)


def _sums(body: dict[str, Any]) -> dict[str, int]:
    return {name: body[name] for name in NOTHING}


def test_the_answer_is_the_published_one(books: Layer, customers: dict[str, str]) -> None:
    """Given invoices in every band, when asked for, then the published shape, with five buckets that are the fields."""
    path = f"invoices/ar-aging/customer/{customers['brown']}"
    answer = books.ask("GET", path, params={"effective_date": "2025-03-31"})
    PAGE.check(answer)
    body = answer.json()
    assert body["as_of_date"] == "2025-03-31T00:00:00Z"
    assert (body["customer"]["company_name"], body["customer"]["external_id"]) == ("Brown & Söhne", "brown")
    assert _sums(body) == NOTHING | {"current": 150, "days_31_60": 800, "days_61_90": 3200, "total": 4150}
    assert [(one["start_day_number"], one["end_day_number"]) for one in body["buckets"]] == EDGES
    assert [one["outstanding_value"] for one in body["buckets"]] == [body[name] for name in FLAT]


@pytest.mark.parametrize(
    ("days", "field"),
    [
        (-1, "current"),
        (0, "current"),
        (1, "days_1_30"),
        (30, "days_1_30"),
        (31, "days_31_60"),
        (60, "days_31_60"),
        (61, "days_61_90"),
        (89, "days_61_90"),
        (90, "days_61_90"),
        (91, "days_91_over"),
        (365, "days_91_over"),
    ],
)
def test_every_day_has_its_field(books: Layer, days: int, field: str) -> None:
    """Given an invoice due on the leap day 2024, when aged so many days later, then all of it is in one field."""
    made = books.post(
        "invoices",
        invoice(f"leap {days}", 500, due_at="2024-02-29", sent_at="2024-01-01", customer_external_id=f"leap {days}"),
    )
    on = date(2024, 2, 29) + timedelta(days=days)
    assert _sums(books.aging(made["customer"]["id"], effective_date=on)) == NOTHING | {field: 500, "total": 500}


def test_a_customer_with_nothing_open_is_all_zeros(books: Layer, customers: dict[str, str]) -> None:
    """Given a customer without invoices, when asked for, then 200 with zeros in five buckets."""
    body = books.aging(customers["quiet"])
    assert _sums(body) == NOTHING
    assert [one["outstanding_value"] for one in body["buckets"]] == [0, 0, 0, 0, 0]


def test_an_archived_customer_keeps_its_balance(books: Layer) -> None:
    """Given a customer with an open invoice, when archived, then its aging is the same but for its status."""
    customer = books.post("invoices", invoice("archived 1", customer_external_id="gone"))["customer"]["id"]
    before = books.aging(customer)
    assert books.post(f"customers/{customer}/archive", None, status=200)["status"] == "ARCHIVED"
    after = books.aging(customer)
    assert after == before | {"customer": before["customer"] | {"status": "ARCHIVED"}}


def test_a_payment_on_a_later_day_is_not_counted_before(books: Layer, customers: dict[str, str]) -> None:
    """Given a payment of 1 February, when aged on the day before and on the day, then it counts from its day on."""
    before, after = (books.aging(customers["brown"], effective_date=on) for on in ("2025-01-31", "2025-02-01"))
    assert before["total"] - after["total"] == 50


def test_what_is_not_there_answers_always_the_same(
    client: httpx.Client, books: Layer, customers: dict[str, str], platform: Platform, other_platform: Platform
) -> None:
    """Given a business or a customer that is unknown or not the caller's, when asked for, then one and the same 404."""
    other = new_layer(client, platform)
    foreign = new_layer(client, other_platform)
    scoped = bearer(business_token(client, platform, other.business_id))
    brown = customers["brown"]
    asked = [
        (books.headers, books.business_id, uuid4()),
        (books.headers, uuid4(), brown),
        (books.headers, other.business_id, brown),
        (books.headers, books.business_id, other.business_id),
        (books.headers, books.business_id, "not-a-uuid"),
        (foreign.headers, books.business_id, brown),
        (foreign.headers, foreign.business_id, brown),
        (scoped, books.business_id, brown),
    ]
    answers = [
        client.get(f"/v1/businesses/{business}/invoices/ar-aging/customer/{customer}", headers=headers)
        for headers, business, customer in asked
    ]
    for answer in answers:
        PAGE.check(answer)
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1
    assert answers[0].json()["type"] == "ResourceNotFound"


def test_a_vendor_is_no_customer(books: Layer) -> None:
    """Given a vendor's id, when asked for as a customer, then 404."""
    vendor = books.post("vendors", {"company_name": "Paper Mill"})
    assert books.ask("GET", f"invoices/ar-aging/customer/{vendor['id']}").status_code == 404


@pytest.mark.parametrize(
    ("given", "day"),
    [
        ("2025-03-31", "2025-03-31"),
        ("2025-03-31T23:59:59Z", "2025-03-31"),
        ("2025-03-31T12:00:00.123456+00:00", "2025-03-31"),
        ("2025-04-01T00:00:00+09:00", "2025-04-01"),
        ("2025-04-01T08:59:59+09:00", "2025-03-31"),
        ("2025-03-31T12:00:00", "2025-03-31"),
        ("2024-02-29", "2024-02-29"),
    ],
)
def test_the_effective_date_is_a_date_or_a_stamp(books: Layer, customers: dict[str, str], given: str, day: str) -> None:
    """Given a date or a time stamp, when aged as of it, then its day where the business is, here UTC, is used."""
    assert books.aging(customers["brown"], effective_date=given)["as_of_date"] == f"{day}T00:00:00Z"


def test_a_plus_that_became_a_space_is_read(books: Layer, customers: dict[str, str]) -> None:
    """Given a stamp whose plus was not escaped in the query, when aged as of it, then it is read as meant."""
    path = f"invoices/ar-aging/customer/{customers['brown']}?effective_date=2025-04-01T08:59:59+09:00"
    assert books.ask("GET", path).json()["as_of_date"] == "2025-03-31T00:00:00Z"


@pytest.mark.parametrize(
    "bad",
    [
        "2025-02-30",
        "tomorrow",
        "",
        "2025-13-01",
        "20250101",
        "2025-W01-1",
        "1735689600",
        "null",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
    ],
)
def test_a_bad_effective_date_is_refused(books: Layer, customers: dict[str, str], bad: str) -> None:
    """Given text that is no date that exists, when aged as of it, then 400 that names the parameter."""
    answer = books.ask("GET", f"invoices/ar-aging/customer/{customers['brown']}", params={"effective_date": bad})
    assert answer.status_code == 400
    assert (answer.json()["type"], answer.json()["error_enum"]) == ("InvalidParameters", "InvalidEffectiveDate")
    assert answer.json()["meta"]["field"] == "effective_date"


@pytest.mark.parametrize(("zone", "days"), [("Pacific/Kiritimati", 1), ("Pacific/Pago_Pago", -1), ("UTC", 0)])
def test_a_day_is_the_one_where_the_business_is(client: httpx.Client, platform: Platform, zone: str, days: int) -> None:
    """Given zones on both sides of midnight UTC, when an instant is aged as of, then its day in the zone is used."""
    books = new_layer(client, platform, time_zone=zone)
    customer = books.post("customers", {"company_name": "Example"})["id"]
    instant = "2025-03-31T23:30:00Z" if days > 0 else "2025-03-31T00:30:00Z"
    on = date(2025, 3, 31) + timedelta(days=days)
    assert books.aging(customer, effective_date=instant)["as_of_date"] == f"{on}T00:00:00Z"


def test_a_known_answer_is_not_sent_again(books: Layer, customers: dict[str, str]) -> None:
    """Given an answer's ETag, when asked again, then 304 until the books change."""
    path = f"invoices/ar-aging/customer/{customers['quiet']}"
    first = books.ask("GET", path)
    assert books.ask("GET", path).content == first.content
    known = books.headers | {"If-None-Match": first.headers["etag"]}
    url = f"/v1/businesses/{books.business_id}/{path}"
    assert books.client.get(url, headers=known).status_code == 304
    other_customer = f"/v1/businesses/{books.business_id}/invoices/ar-aging/customer/{customers['brown']}"
    assert books.client.get(other_customer, headers=known).status_code == 200
    books.post("customers", {"external_id": "quiet", "individual_name": "Still Nothing Open"}, status=200)
    changed = books.client.get(url, headers=known)
    assert (changed.status_code, changed.json()["customer"]["individual_name"]) == (200, "Still Nothing Open")


def test_a_live_client_is_answered_in_a_wrapper(
    client: httpx.Client, platform: Platform, books: Layer, customers: dict[str, str]
) -> None:
    """Given tokens of both wire profiles at the same time, when asked, then bare and wrapped are the same object."""
    live = bearer(layer_token(client, platform, wire_profile="live"))
    url = f"/v1/businesses/{books.business_id}/invoices/ar-aging/customer/{customers['brown']}"
    assert client.get(url, headers=live).json() == {"data": client.get(url, headers=books.headers).json()}


def test_the_other_dialect_sees_the_same_money(client: httpx.Client, platform: Platform, books: Layer) -> None:
    """Given the same books, when both dialects age them as of a day, then rows and totals agree to the cent."""
    everybody = books.get("customers", include_archived=True, limit=500)["data"]
    details = {one["id"]: books.aging(one["id"], effective_date="2025-03-31") for one in everybody}
    (report,) = client.get(
        f"/v1/platform/businesses/{books.business_id}/insights/ar-aging/",
        params={"as_of_date": "2025-03-31"},
        headers=bearer(partner_token(client, platform)),
    ).json()
    rows = {row["customer_id"]: row for row in report["customers"]}
    assert {one for one, detail in details.items() if detail["total"]} == rows.keys()
    for customer, row in rows.items():
        assert [details[customer][name] for name in FLAT] == list(row["aging_buckets"].values())
    assert report["total_outstanding_cents"] == sum(detail["total"] for detail in details.values())
    sums = [sum(detail[name] for detail in details.values()) for name in FLAT]
    assert list(report["total_aging_buckets"].values()) == sums
