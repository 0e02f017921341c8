"""The served document is true: of whatever is generated from it, nothing is answered in a way that it does not say."""

import json
from collections import defaultdict
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis import Case
from schemathesis.checks import negative_data_rejection, positive_data_acceptance

from duebook.http import layer
from duebook.http.openapi import document
from tests.http.contracts import Contract
from tests.http.layer_world import BILL, INVOICE, Layer, layer_token, new_layer
from tests.http.world import Platform, bearer

PUBLISHED = {
    "/oauth2/token": {"post"},
    "/whoami": {"get"},
    "/v1/businesses": {"post"},
    "/v1/businesses/{businessId}/auth-token": {"get", "post"},
    "/v1/businesses/{businessId}/customers": {"get", "post"},
    "/v1/businesses/{businessId}/customers/{customerId}": {"get", "put", "post"},
    "/v1/businesses/{businessId}/customers/{customerId}/archive": {"post"},
    "/v1/businesses/{businessId}/customers/{customerId}/unarchive": {"post"},
    "/v1/businesses/{businessId}/customers/{customerId}/merge": {"post"},
    "/v1/businesses/{businessId}/vendors": {"get", "post"},
    "/v1/businesses/{businessId}/vendors/{vendorId}": {"get", "put", "post"},
    "/v1/businesses/{businessId}/vendors/{vendorId}/archive": {"post"},
    "/v1/businesses/{businessId}/vendors/{vendorId}/unarchive": {"post"},
    "/v1/businesses/{businessId}/vendors/{vendorId}/merge": {"post"},
    "/v1/businesses/{businessId}/invoices": {"get", "post"},
    "/v1/businesses/{businessId}/invoices/{invoiceId}": {"get", "put"},
    "/v1/businesses/{businessId}/invoices/{invoiceId}/void": {"post"},
    "/v1/businesses/{businessId}/invoices/{invoiceId}/delete": {"post"},
    "/v1/businesses/{businessId}/invoices/batch": {"post"},
    "/v1/businesses/{businessId}/invoices/bulk": {"post"},
    "/v1/businesses/{businessId}/invoices/payments": {"get", "post"},
    "/v1/businesses/{businessId}/invoices/payments/{paymentId}": {"get"},
    "/v1/businesses/{businessId}/invoices/{invoiceId}/payment": {"post"},
    "/v1/businesses/{businessId}/invoices/ar-aging/customer/{customerId}": {"get"},
    "/v1/businesses/{businessId}/invoices/customer-credits": {"get", "post"},
    "/v1/businesses/{businessId}/invoices/customer-credits/{customerCreditId}": {"get", "put", "patch", "delete"},
    "/v1/businesses/{businessId}/bills/vendor-credits": {"get", "post"},
    "/v1/businesses/{businessId}/bills/vendor-credits/{vendorCreditId}": {"get", "put", "patch", "delete"},
    "/v1/businesses/{businessId}/bills": {"get", "post"},
    "/v1/businesses/{businessId}/bills/{billId}": {"get", "delete"},
    "/v1/businesses/{businessId}/bills/{billId}/update": {"post"},
    "/v1/businesses/{businessId}/bills/{billId}/void": {"post"},
    "/v1/businesses/{businessId}/bills/{billId}/delete": {"post"},
    "/v1/businesses/{businessId}/bills/bulk": {"post"},
    "/v1/businesses/{businessId}/bills/bill-payments": {"get", "post"},
    "/v1/businesses/{businessId}/bills/bill-payments/{paymentId}": {"get"},
}
"""The published paths of this dialect that are served."""

DOCUMENT = document(layer.build(), trailing_slash=False)
schema = schemathesis.openapi.from_dict(DOCUMENT)
schema.config.generation.update(with_security_parameters=False)  # the tests bring credentials of their own
schema.config.phases.update(phases=["fuzzing"])
of_a_business = schema.include(path_regex="businessId")
generated = settings(max_examples=5, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="module")
def headers(client: httpx.Client, platform: Platform) -> dict[str, str]:
    """The header with a client's token."""
    return bearer(layer_token(client, platform))


def _credentials(case: Case[Any], platform: Platform, headers: dict[str, str]) -> dict[str, Any]:
    """What the operation asks for: the key itself for a token, a token for everything else."""
    if case.operation.path == "/oauth2/token":
        return {"auth": (str(platform.partner_id), platform.api_key)}
    return {"headers": headers}


@pytest.fixture(scope="module")
def ids(client: httpx.Client, platform: Platform) -> dict[str, str]:
    """The ids of a business and of one object of every kind, under their names in paths."""
    books = new_layer(client, platform)
    invoice, bill = books.post("invoices", INVOICE), books.post("bills", BILL)
    return {
        "businessId": books.business_id,
        "invoiceId": invoice["id"],
        "customerId": invoice["customer"]["id"],
        "paymentId": invoice["payment_allocations"][0]["payment_id"],
        "billId": bill["id"],
        "vendorId": bill["vendor"]["id"],
        "customerCreditId": _credit(books, "invoices/customer-credits", customer_id=invoice["customer"]["id"]),
        "vendorCreditId": _credit(books, "bills/vendor-credits", vendor_id=bill["vendor"]["id"]),
    }


def _credit(books: Layer, path: str, **whose: str) -> str:
    made = books.post(path, {"received_at": "2024-06-01", "line_items": [{"amount": 100}], **whose})
    credit_id: str = made["id"]
    return credit_id


def _whole(path: str, body: Any, ids: dict[str, str]) -> Any:
    """The body with what the rules between its fields ask for, so that it is written."""
    if isinstance(body, list):
        return [_whole(path, one, ids) for one in body]
    if not isinstance(body, dict):
        return body
    match path.rpartition("/")[2]:
        case "customers" | "vendors" | "{customerId}" | "{vendorId}":
            return body | {"company_name": "Example"}
        case "invoices" | "batch" | "bulk" if "invoices" in path:
            return body | {"customer_id": ids["customerId"], "customer_external_id": None, "payments": None}
        case "bills" | "bulk":
            whose = {"vendor_id": ids["vendorId"], "vendor_external_id": None, "payments": None}
            return body | whose | {"bill_terms": "NET_10", "due_at": None}
        case "customer-credits":
            return body | {"customer_id": ids["customerId"], "customer_external_id": None, "allocations": None}
        case "vendor-credits":
            return body | {"vendor_id": ids["vendorId"], "vendor_external_id": None, "allocations": None}
        case "payments":
            return body | {"amount": 0, "invoice_payments": [{"invoice_id": ids["invoiceId"], "amount": 0}]}
        case "bill-payments":
            return body | {"amount": 0, "bill_payment_allocations": [{"bill_id": ids["billId"], "amount": 0}]}
    return body


def test_the_document_is_served(client: httpx.Client) -> None:
    """Given a running server, when the document is read, then it is the one made from the routes."""
    answer = client.get("/openapi/layer.json")
    assert (answer.status_code, answer.json()) == (200, DOCUMENT)


def test_the_paths_are_the_published_ones() -> None:
    """Given the paths of the document, when they are read, then they are as published, without a slash at the end."""
    served = {path: {*item} & {"get", "post", "put", "patch", "delete"} for path, item in DOCUMENT["paths"].items()}
    assert served == PUBLISHED


def test_the_aging_operation_is_the_published_one() -> None:
    """Given the published page, when its operation is looked up, then its name, parameters and answers are served."""
    page = Contract("layer_ar_aging_customer")
    served = DOCUMENT["paths"][page.path]["get"]
    assert page.operation["operationId"] == served["operationId"]
    in_path = {(one["name"], one["in"]) for one in page.operation["parameters"] if one["in"] == "path"}
    assert in_path <= {(one["name"], one["in"]) for one in served["parameters"]}
    assert page.operation["responses"].keys() <= served["responses"].keys()


def test_cents_are_described_as_64_bits() -> None:
    """Given the amounts of the document, when read, then they say int64, and no bound that only a float would have."""
    schemas = DOCUMENT["components"]["schemas"]
    price, amount = (
        schemas["NewInvoiceLine"]["properties"]["unit_price"],
        schemas["NewInvoicePart"]["properties"]["amount"],
    )
    assert price == {"type": "integer", "format": "int64", "description": "Whole cents"}
    assert amount == {"type": "integer", "format": "int64", "minimum": 0, "description": "Whole cents, zero or more"}
    assert "e+18" not in json.dumps(DOCUMENT)


def test_every_operation_wants_credentials(client: httpx.Client) -> None:
    """Given no credentials, when any operation is asked for, then 401, whatever else is wrong."""
    anything: defaultdict[str, str] = defaultdict(lambda: f"{0:032x}")
    for path, item in DOCUMENT["paths"].items():
        for method, operation in item.items():
            answer = client.request(method, path.format_map(anything), content=b"")
            assert answer.status_code == 401, path
            assert answer.json()["type"] == "AuthFailure"
            assert operation["security"]


def test_only_the_token_endpoint_takes_the_key_itself(client: httpx.Client, platform: Platform) -> None:
    """Given the partner's id and key as Basic, when anything but a token is asked for, then 401 asks for a token."""
    anything: defaultdict[str, str] = defaultdict(lambda: f"{0:032x}")
    for path, item in DOCUMENT["paths"].items():
        for method, operation in item.items():
            answer = client.request(method, path.format_map(anything), auth=platform.basic)
            if operation["security"] == [{"BasicAuth": []}]:
                assert (path, answer.status_code) == ("/oauth2/token", 200)
            else:
                assert (answer.status_code, answer.json()["type"]) == (401, "AuthFailure"), path
                assert answer.headers["www-authenticate"] == 'Bearer realm="duebook"'


@schema.parametrize()
@generated
def test_every_answer_is_one_that_the_document_names(
    case: Case[Any], server: str, platform: Platform, headers: dict[str, str]
) -> None:
    """Given requests made from the document, good and bad, when sent, then status, type and body are as it says."""
    credentials = _credentials(case, platform, headers)
    case.call_and_validate(server, **credentials, excluded_checks=[positive_data_acceptance])


@of_a_business.parametrize()
@generated
def test_every_answer_about_a_business_is_one_that_the_document_names(
    case: Case[Any], server: str, headers: dict[str, str], ids: dict[str, str]
) -> None:
    """Given the same requests, when sent about things that are there, then the answers are as the document says."""
    case.path_parameters = ids
    case.body = _whole(case.operation.path, case.body, ids)
    excluded = [positive_data_acceptance, negative_data_rejection]  # bad values were replaced by good ones
    case.call_and_validate(server, headers=headers, excluded_checks=excluded)
