"""The served document is true: of whatever is generated from it, nothing is answered in a way that it does not say."""

import json
from typing import Any

import httpx
import pytest
from schemathesis import Case
from schemathesis.checks import negative_data_rejection, positive_data_acceptance

from duebook.http import native
from tests.http.cases import CASES, cases_of
from tests.http.native_world import Books, about, charge, named, new_books, payment
from tests.http.world import Platform

DOCUMENT = native.description(native.build_api())
schema = cases_of(DOCUMENT)


@pytest.fixture(scope="module")
def books(client: httpx.Client, platform: Platform) -> Books:
    """A business with a charge that is partly paid and partly written off."""
    books = new_books(client, platform)
    books.do(
        charge("A-1"),
        payment("P-1", 6_000, ("A-1", 4_000)),
        about("add_write_off", charge=named("A-1"), written_off_on="2025-04-01", amount_minor=1, reason="rounding"),
    )
    return books


@pytest.fixture(scope="module")
def ids(books: Books) -> dict[str, str]:
    """The ids of the business and of things in it, under their names in paths."""
    found = books.document("A-1")
    return {"business_id": books.business_id, "document_id": found["id"], "party_id": found["party_id"]}


def test_the_document_is_served(client: httpx.Client) -> None:
    """Given a running server, when the document is read, then it is the one made from the routes."""
    answer = client.get("/openapi/api.json")
    assert (answer.status_code, answer.json()) == (200, DOCUMENT)


def test_shapes_are_described_as_they_are() -> None:
    """Given the shapes of the document, when read, then amounts are 64 bits and commands have no other fields."""
    schemas = DOCUMENT["components"]["schemas"]
    assert schemas["AddCharge"]["properties"]["amount_minor"]["format"] == "int64"
    assert schemas["AddCharge"]["additionalProperties"] is False
    assert "additionalProperties" not in schemas["Problem"]
    assert "e+18" not in json.dumps(DOCUMENT)


def test_every_operation_wants_credentials(client: httpx.Client) -> None:
    """Given no credentials, when any operation is asked for, then 401, whatever else is wrong."""
    anything = dict.fromkeys(["business_id", "document_id", "party_id"], f"{0:032x}")
    for path, item in DOCUMENT["paths"].items():
        for method, operation in item.items():
            answer = client.request(method, path.format(**anything), params={"color": "blue"}, content=b"{")
            assert (answer.status_code, answer.json()["code"]) == (401, "not_signed_in"), path
            assert answer.headers["www-authenticate"] == 'Bearer realm="duebook"'
            assert operation["security"]


@schema.parametrize()
@CASES
def test_every_answer_is_one_that_the_document_names(
    case: Case[Any], server: str, platform: Platform, ids: dict[str, str]
) -> None:
    """Given requests made from the document, when sent about things that are there, then the answers are as it says."""
    case.path_parameters = ids
    excluded = [positive_data_acceptance, negative_data_rejection]  # bad ids were replaced by good ones
    credentials = (str(platform.partner_id), platform.api_key)
    case.call_and_validate(server, auth=credentials, excluded_checks=excluded)


@schema.parametrize()
@CASES
def test_every_answer_about_nothing_is_one_that_the_document_names(
    case: Case[Any], server: str, platform: Platform
) -> None:
    """Given the same requests, when sent about a business that is not there, then the answers are as it says."""
    credentials = (str(platform.partner_id), platform.api_key)
    case.call_and_validate(server, auth=credentials, excluded_checks=[positive_data_acceptance])
