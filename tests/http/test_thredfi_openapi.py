"""The served document is true: of whatever is generated from it, nothing is answered in a way that it does not say."""

import re
from typing import Any

import httpx
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis import Case
from schemathesis.checks import negative_data_rejection, positive_data_acceptance

from duebook.http import thredfi
from duebook.http.openapi import document
from tests.http.contracts import Contract
from tests.http.world import Platform

DOCUMENT = document(thredfi.build(), trailing_slash=True)
OPERATIONS = [
    (method, path, operation) for path, item in DOCUMENT["paths"].items() for method, operation in item.items()
]
schema = schemathesis.openapi.from_dict(DOCUMENT)
schema.config.generation.update(with_security_parameters=False)  # the tests bring credentials of their own
of_a_business = schema.include(path_regex="business_id")
generated = settings(max_examples=40, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))


def test_the_document_is_served(client: httpx.Client) -> None:
    """Given a running server, when the document is read, then it is the one made from the routes."""
    answer = client.get("/openapi/thredfi.json")
    assert (answer.status_code, answer.json()) == (200, DOCUMENT)


def test_every_path_ends_as_it_is_published() -> None:
    """Given the paths of the document, when they are read, then each ends with a slash, the published two included."""
    assert [path for path in DOCUMENT["paths"] if not path.endswith("/")] == []
    assert {Contract("thredfi_ar_aging").path, Contract("thredfi_ap_aging").path} <= DOCUMENT["paths"].keys()


def test_every_operation_wants_credentials(client: httpx.Client) -> None:
    """Given no credentials, when any operation is asked for, then 401, whatever else is wrong."""
    for method, path, operation in OPERATIONS:
        filled = re.sub(r"\{\w+\}", "00000000-0000-7000-8000-000000000000", path)
        for body in (b"", b"{"):
            answer = client.request(method, filled, content=body)
            assert answer.status_code == 401, filled
            assert answer.headers["www-authenticate"].partition(" ")[0] in {"Bearer", "Basic"}
        assert operation["security"]


@schema.parametrize()
@generated
def test_every_answer_is_one_that_the_document_names(case: Case[Any], server: str, platform: Platform) -> None:
    """Given requests made from the document, good and bad, when sent, then status, type and body are as it says."""
    credentials = (str(platform.partner_id), platform.api_key)
    case.call_and_validate(server, auth=credentials, excluded_checks=[positive_data_acceptance])


@of_a_business.parametrize()
@generated
def test_every_answer_about_a_business_is_one_that_the_document_names(
    case: Case[Any], server: str, platform: Platform, business: str
) -> None:
    """Given the same requests, when sent about a business that is there, then the answers are as the document says."""
    case.path_parameters = {**(case.path_parameters or {}), "business_id": business}
    credentials = (str(platform.partner_id), platform.api_key)
    excluded = [positive_data_acceptance, negative_data_rejection]  # a bad id was replaced by a good one
    case.call_and_validate(server, auth=credentials, excluded_checks=excluded)
