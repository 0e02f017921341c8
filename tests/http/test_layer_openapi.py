"""The served document is true: of whatever is generated from it, nothing is answered in a way that it does not say."""

import json
from typing import Any
from uuid import UUID

import httpx
import pytest
from schemathesis import Case
from schemathesis.checks import positive_data_acceptance

from duebook.http import layer
from duebook.http.openapi import document, operations
from tests.http.cases import CASES, cases_of
from tests.http.contracts import Contract
from tests.http.layer_world import layer_token
from tests.http.world import Platform, bearer

NOTHING = str(UUID(int=0))

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
    "/v1/businesses/{businessId}/invoices/payments/{paymentId}": {"get", "put", "delete"},
    "/v1/businesses/{businessId}/invoices/payments/{paymentId}/delete": {"post"},
    "/v1/businesses/{businessId}/invoices/{invoiceId}/payment": {"post"},
    "/v1/businesses/{businessId}/invoices/ar-aging/customer/{customerId}": {"get"},
    "/v1/businesses/{businessId}/invoices/{invoiceId}/write-off": {"post"},
    "/v1/businesses/{businessId}/invoices/{invoiceId}/write-offs": {"get", "post"},
    "/v1/businesses/{businessId}/invoices/{invoiceId}/write-offs/{writeOffId}": {"get", "delete"},
    "/v1/businesses/{businessId}/invoices/{invoiceId}/write-offs/{writeOffId}/delete": {"post"},
    "/v1/businesses/{businessId}/invoices/ar-aging": {"get"},
    "/v1/businesses/{businessId}/tags/dimensions": {"get", "post"},
    "/v1/businesses/{businessId}/tags/dimensions/{dimensionId}": {"get"},
    "/v1/businesses/{businessId}/tags/dimensions/{dimensionId}/values": {"get", "post"},
    "/v1/businesses/{businessId}/tags/dimensions/{dimensionId}/values/{valueId}/archive": {"post"},
    "/v1/businesses/{businessId}/tags/dimensions/{dimensionId}/values/{valueId}/unarchive": {"post"},
    "/v1/businesses/{businessId}/reports/unified/ar-aging": {"get"},
    "/v1/businesses/{businessId}/reports/unified/ap-aging": {"get"},
    "/v1/businesses/{businessId}/bills/ap-aging/vendor/{vendorId}": {"get"},
    "/v1/businesses/{businessId}/invoices/{invoiceId}/refund": {"post"},
    "/v1/businesses/{businessId}/invoices/refunds": {"get", "post"},
    "/v1/businesses/{businessId}/invoices/refunds/{refundId}": {"get", "put", "delete"},
    "/v1/businesses/{businessId}/invoices/refunds/{refundId}/payments": {"post"},
    "/v1/businesses/{businessId}/invoices/refunds/{refundId}/payments/{refundPaymentId}": {"delete"},
    "/v1/businesses/{businessId}/invoices/customer-credits": {"get", "post"},
    "/v1/businesses/{businessId}/invoices/customer-credits/{customerCreditId}": {"get", "put", "patch", "delete"},
    "/v1/businesses/{businessId}/bills/refunds": {"get", "post"},
    "/v1/businesses/{businessId}/bills/refunds/{refundId}": {"get", "put", "delete"},
    "/v1/businesses/{businessId}/bills/refunds/{refundId}/payments": {"post"},
    "/v1/businesses/{businessId}/bills/refunds/{refundId}/payments/{refundPaymentId}": {"delete"},
    "/v1/businesses/{businessId}/bills/vendor-credits": {"get", "post"},
    "/v1/businesses/{businessId}/bills/vendor-credits/{vendorCreditId}": {"get", "put", "patch", "delete"},
    "/v1/businesses/{businessId}/bills": {"get", "post"},
    "/v1/businesses/{businessId}/bills/{billId}": {"get", "delete"},
    "/v1/businesses/{businessId}/bills/{billId}/update": {"post"},
    "/v1/businesses/{businessId}/bills/{billId}/void": {"post"},
    "/v1/businesses/{businessId}/bills/{billId}/delete": {"post"},
    "/v1/businesses/{businessId}/bills/bulk": {"post"},
    "/v1/businesses/{businessId}/bills/bill-payments": {"get", "post"},
    "/v1/businesses/{businessId}/bills/bill-payments/{paymentId}": {"get", "put", "delete"},
    "/v1/businesses/{businessId}/bills/bill-payments/{paymentId}/delete": {"post"},
}
"""The published paths of this dialect that are served."""

DOCUMENT = document(layer.build(), trailing_slash=False)
schema = cases_of(DOCUMENT)


@pytest.fixture(scope="module")
def headers(client: httpx.Client, platform: Platform) -> dict[str, str]:
    """The header with a client's token."""
    return bearer(layer_token(client, platform))


def _credentials(case: Case[Any], platform: Platform, headers: dict[str, str]) -> dict[str, Any]:
    """What the operation asks for: the key itself for a token, a token for everything else."""
    if case.operation.path == "/oauth2/token":
        return {"auth": (str(platform.partner_id), platform.api_key)}
    return {"headers": headers}


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
    for one in operations(DOCUMENT):
        answer = client.request(one.method, one.path.format(**dict.fromkeys(one.names_in_path, NOTHING)), content=b"")
        assert answer.status_code == 401, one.path
        assert answer.json()["type"] == "AuthFailure"


@schema.parametrize()
@CASES
def test_every_answer_is_one_that_the_document_names(
    case: Case[Any], server: str, platform: Platform, headers: dict[str, str]
) -> None:
    """Given requests made from the document, good and bad, when sent, then status, type and body are as it says."""
    credentials = _credentials(case, platform, headers)
    case.call_and_validate(server, **credentials, excluded_checks=[positive_data_acceptance])
