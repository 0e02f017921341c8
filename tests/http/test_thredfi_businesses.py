"""Businesses of a partner: made once per external id, listed, found."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from tests.http.world import Platform, bearer, new_business, new_platform, partner_token

PATH = "/v1/platform/businesses/"


def asked(**fields: Any) -> dict[str, Any]:
    """A business with what is required, and these fields."""
    required = {
        "external_id": str(uuid4()),
        "legal_name": "Nordlys AS",
        "entity_type": "as",
        "email": "post@example.com",
    }
    return {name: value for name, value in (required | fields).items() if value is not ...}


def test_a_business_is_given_back_as_it_was_said(client: httpx.Client, platform: Platform) -> None:
    """Given every published field, when a business is made and read, then each is there, with what we added."""
    said = asked(
        country="NO", base_currency="NOK", accounting_method="cash", fiscal_year_end="12-31", vat_number="NO1",
        company_number="2", tin="3", province="Oslo", phone_number="+47 1", coa_language="nb", time_zone="Europe/Oslo",
        metadata={"deep": [1, {"er": None}], "big": 12345678901234567890123, "é": "\U0001f4b0"},
    )  # fmt: skip
    made = client.post(PATH, auth=platform.basic, json=said)
    assert made.status_code == 201
    body = made.json()
    assert body.pop("_meta") == {"created": True}
    assert client.get(f"{PATH}{body['id']}/", auth=platform.basic).json() == body
    assert UUID(body.pop("id")).version == 7
    assert body.pop("created_at") == body.pop("updated_at") == body.pop("activation_at")
    assert body == said | {"name": "Nordlys AS", "is_active": True}


@pytest.mark.parametrize(
    ("fields", "currency"),
    [
        ({}, "EUR"),
        ({"country": "DE"}, "EUR"),
        ({"country": "GB"}, "GBP"),
        ({"country": "GB", "base_currency": "USD"}, "USD"),
        ({"currency": "JPY"}, "JPY"),
        ({"currency": "JPY", "base_currency": "JPY"}, "JPY"),
    ],
)
def test_the_base_currency(client: httpx.Client, platform: Platform, fields: dict[str, str], currency: str) -> None:
    """Given a currency under either name, or none, when a business is made, then that, its country's, or the euro."""
    made = client.post(PATH, auth=platform.basic, json=asked(**fields))
    assert (made.status_code, made.json()["base_currency"]) == (201, currency)


def test_the_same_business_again_is_found(client: httpx.Client, platform: Platform) -> None:
    """Given a business, when it is sent again, then 200 with the same one; unknown fields change nothing."""
    said = asked(metadata={"a": 1, "b": [2]})
    first = client.post(PATH, auth=platform.basic, json=said)
    second = client.post(PATH.rstrip("/"), auth=platform.basic, json=said | {"not_published": {"x": 1}})
    assert (first.status_code, second.status_code) == (201, 200)
    assert second.json() == first.json() | {"_meta": {"created": False}}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("legal_name", "Other"),
        ("email", "other@example.com"),
        ("entity_type", "other"),
        ("base_currency", "USD"),
        ("country", "SE"),
        ("time_zone", "Europe/Oslo"),
        ("metadata", {"a": 2}),
        ("accounting_method", "cash"),
    ],
)
def test_the_same_external_id_with_other_content_is_a_conflict(
    client: httpx.Client, platform: Platform, field: str, value: Any
) -> None:
    """Given a business, when its external id comes with other content, then 409 names the field; nothing changes."""
    said = asked(base_currency="EUR", country="DE", metadata={"a": 1})
    made = client.post(PATH, auth=platform.basic, json=said).json()
    answer = client.post(PATH, auth=platform.basic, json=said | {field: value})
    assert (answer.status_code, answer.json()["error_code"]) == (409, "duplicate_external_id")
    assert answer.json()["detail"] == {"external_id": said["external_id"], "differing_field": field}
    assert client.get(f"{PATH}{made['id']}/", auth=platform.basic).json() == {
        name: value for name, value in made.items() if name != "_meta"
    }


@pytest.mark.parametrize(
    "said",
    [
        {"base_currency": "SEK"}, {"currency": "SEK"}, {"country": "SE"}, {"time_zone": "Europe/Oslo"}, {"tin": "1"},
        {"accounting_method": "cash"}, {"metadata": {"a": 1}},
    ],
)  # fmt: skip
def test_what_is_not_said_again_is_no_conflict(client: httpx.Client, platform: Platform, said: dict[str, Any]) -> None:
    """Given a business, when it is sent again with less, then no default of what is left out speaks against it."""
    required = asked()
    made = client.post(PATH, auth=platform.basic, json=required | said).json()
    again = client.post(PATH, auth=platform.basic, json=required)
    assert (again.status_code, again.json()) == (200, made | {"_meta": {"created": False}})


@pytest.mark.parametrize(
    "said", [{"base_currency": "EUR"}, {"currency": "EUR"}, {"time_zone": "UTC"}, {"accounting_method": "accrual"}]
)
def test_a_default_said_later_is_no_conflict(client: httpx.Client, platform: Platform, said: dict[str, Any]) -> None:
    """Given a business that left a field to its default, when it is sent again with just that, then it is found."""
    required = asked()
    made = client.post(PATH, auth=platform.basic, json=required).json()
    again = client.post(PATH, auth=platform.basic, json=required | said)
    assert (again.status_code, again.json()) == (200, made | {"_meta": {"created": False}})


def test_a_conflict_names_a_field_by_the_name_that_was_sent(client: httpx.Client, platform: Platform) -> None:
    """Given a business in euros, when another currency comes under its older name, then 409 uses that name."""
    said = asked()
    client.post(PATH, auth=platform.basic, json=said)
    answer = client.post(PATH, auth=platform.basic, json=said | {"currency": "USD"})
    assert (answer.status_code, answer.json()["detail"]["differing_field"]) == (409, "currency")


def test_a_business_of_the_other_dialect_is_compared_in_what_is_said(client: httpx.Client, platform: Platform) -> None:
    """Given one dialect's business, when the other's client repeats it, then only what it says now can differ."""
    headers = bearer(partner_token(client, platform))
    ours = asked(base_currency="SEK", time_zone="Europe/Oslo", accounting_method="cash")
    made = client.post(PATH, auth=platform.basic, json=ours).json()
    theirs = {"external_id": ours["external_id"], "legal_name": ours["legal_name"]}
    again = client.post("/v1/businesses", headers=headers, json=theirs)
    assert (again.status_code, again.json()["data"]["id"]) == (200, made["id"])
    other = client.post("/v1/businesses", headers=headers, json=theirs | {"time_zone": "UTC"})
    assert (other.status_code, other.json()["meta"]["field"]) == (409, "time_zone")
    theirs = {"external_id": str(uuid4()), "legal_name": "ACME"}
    client.post("/v1/businesses", headers=headers, json=theirs)
    answer = client.post(PATH, auth=platform.basic, json=asked(**theirs))
    assert (answer.status_code, answer.json()["detail"]["differing_field"]) == (409, "email")


def test_an_external_id_is_the_partners_own(client: httpx.Client, platform: Platform, other_platform: Platform) -> None:
    """Given a business of one partner, when another uses the same external id, then it makes its own."""
    said = asked()
    first = client.post(PATH, auth=platform.basic, json=said)
    second = client.post(PATH, auth=other_platform.basic, json=said | {"legal_name": "Other"})
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json()["id"] != second.json()["id"]


def test_a_business_sent_many_times_at_once_is_made_once(client: httpx.Client, platform: Platform) -> None:
    """Given one request sent by twenty clients at once, when all are answered, then one made it, the rest found it."""
    said = asked()
    with ThreadPoolExecutor(20) as threads:
        answers = list(threads.map(lambda _: client.post(PATH, auth=platform.basic, json=said), range(20)))
    assert sorted(one.status_code for one in answers) == [200] * 19 + [201]
    assert len({one.json()["id"] for one in answers}) == 1


@pytest.mark.parametrize(
    ("fields", "field", "rule"),
    [
        ({"external_id": ...}, "external_id", "is required"),
        ({"legal_name": ...}, "legal_name", "is required"),
        ({"entity_type": ...}, "entity_type", "is required"),
        ({"email": ...}, "email", "is required"),
        ({"external_id": 5}, "external_id", "expected str, got int (given: 5)"),
        ({"external_id": None}, "external_id", "expected str, got null (given: null)"),
        ({"external_id": ""}, "external_id", 'expected str of length >= 1 (given: "")'),
        ({"external_id": "x" * 256}, "external_id", f'expected str of length <= 255 (given: "{"x" * 99}…)'),
        ({"legal_name": "   "}, "legal_name", 'is not blank (given: "   ")'),
        ({"entity_type": "\t"}, "entity_type", 'is not blank (given: "\\t")'),
        (
            {"email": "a@b\n"},
            "email",
            'is an e-mail address, such as books@example.com (given: "a@b\\n")',
        ),
        ({"country": "no"}, "country", 'is a country of two capital letters (ISO 3166) (given: "no")'),
        ({"currency": "usd"}, "currency", 'is the code of a currency (ISO 4217) (given: "usd")'),
        ({"legal_name": ["a"]}, "legal_name", 'expected str, got array (given: ["a"])'),
        ({"country": "Norway"}, "country", 'expected str of length <= 2 (given: "Norway")'),
        ({"base_currency": "XXX"}, "base_currency", 'is the code of a currency (ISO 4217) (given: "XXX")'),
        ({"currency": "ABC"}, "currency", 'is the code of a currency (ISO 4217) (given: "ABC")'),
        (
            {"currency": "USD", "base_currency": "EUR"},
            "currency",
            'is the same as base_currency, if both are given (given: "USD")',
        ),
        ({"accounting_method": "mixed"}, "accounting_method", 'is one of accrual, cash (given: "mixed")'),
        (
            {"time_zone": "Mars/Olympus"},
            "time_zone",
            'is a zone of the IANA database, such as Europe/Oslo (given: "Mars/Olympus")',
        ),
        (
            {"time_zone": "../../etc/passwd"},
            "time_zone",
            'is a zone of the IANA database, such as Europe/Oslo (given: "../../etc/passwd")',
        ),
        ({"metadata": []}, "metadata", "expected object | null, got array (given: [])"),
        ({"metadata": {"a": "x" * 11_000}}, "metadata", "is at most 10240 bytes of JSON"),
    ],
)
def test_a_bad_field_is_named_with_its_value_and_the_rule(
    client: httpx.Client, platform: Platform, fields: dict[str, Any], field: str, rule: str
) -> None:
    """Given a business with one bad field, when it is sent, then 400 names field, value and rule; nothing is made."""
    said = asked(**fields)
    before = client.get(PATH, auth=platform.basic).json()["count"]
    answer = client.post(PATH, auth=platform.basic, json=said)
    assert (answer.status_code, answer.json()["error_code"]) == (400, "validation_error")
    assert answer.json()["detail"] == {"field_errors": {field: [rule]}}
    assert client.get(PATH, auth=platform.basic).json()["count"] == before


def test_pages(client: httpx.Client, database_url: str) -> None:
    """Given 23 businesses, when listed, then 20 to a page unless asked otherwise, in the order they were made."""
    platform = new_platform(database_url)
    assert client.get(PATH, auth=platform.basic).json() == {
        "count": 0,
        "page_info": {"total_count": 0, "current_page": 1, "total_pages": 1, "page_size": 20},
        "results": [],
    }
    made = [new_business(client, platform) for _ in range(23)]

    def page(**query: int) -> tuple[dict[str, int], list[str]]:
        body = client.get(PATH, auth=platform.basic, params=query).json()
        assert body["count"] == 23
        return body["page_info"], [one["id"] for one in body["results"]]

    info = {"total_count": 23, "current_page": 1, "total_pages": 2, "page_size": 20}
    assert page() == (info, made[:20])
    assert page(page=2) == (info | {"current_page": 2}, made[20:])
    assert page(page=3) == (info | {"current_page": 3}, [])
    assert page(page=2, page_size=5) == (
        info | {"current_page": 2, "total_pages": 5, "page_size": 5},
        made[5:10],
    )
    assert page(page_size=100) == (info | {"total_pages": 1, "page_size": 100}, made)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("page=0", "page"), ("page=-1", "page"), ("page=x", "page"), ("page=", "page"), ("page=1.5", "page"),
        ("page=99999999999999999999", "page"), ("page_size=0", "page_size"), ("page_size=101", "page_size"),
        ("page_size=null", "page_size"),
    ],
)  # fmt: skip
def test_a_bad_page_is_refused(client: httpx.Client, platform: Platform, query: str, field: str) -> None:
    """Given a page or a page size that is none, when businesses are listed, then 400 names it."""
    answer = client.get(f"{PATH}?{query}", auth=platform.basic)
    assert (answer.status_code, answer.json()["error_code"]) == (400, "validation_error")
    assert list(answer.json()["detail"]["field_errors"]) == [field]


@pytest.mark.parametrize("bad_id", ["1", "not-a-uuid", "%00"])
def test_a_bad_id_names_no_business(client: httpx.Client, platform: Platform, bad_id: str) -> None:
    """Given an id that is none, when a business or its token is asked for, then 404."""
    assert client.get(f"{PATH}{bad_id}/", auth=platform.basic).status_code == 404
    assert client.post(f"/v1/platform/{bad_id}/oauth2/token/", auth=platform.basic).status_code == 404
