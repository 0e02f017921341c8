"""The served document is true: of whatever is generated from it, nothing is answered in a way that it does not say."""

from typing import Any
from uuid import UUID

import httpx
from schemathesis import Case
from schemathesis.checks import positive_data_acceptance

from duebook.http import thredfi
from duebook.http.openapi import document, operations
from tests.http.cases import CASES, cases_of
from tests.http.contracts import Contract
from tests.http.world import Platform

DOCUMENT = document(thredfi.build(), trailing_slash=True)
NOTHING = str(UUID(int=0))
schema = cases_of(DOCUMENT)


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
    for one in operations(DOCUMENT):
        answer = client.request(one.method, one.path.format(**dict.fromkeys(one.names_in_path, NOTHING)), content=b"{")
        assert answer.status_code == 401, one.path
        assert answer.headers["www-authenticate"].partition(" ")[0] in {"Bearer", "Basic"}


@schema.parametrize()
@CASES
def test_every_answer_is_one_that_the_document_names(case: Case[Any], server: str, platform: Platform) -> None:
    """Given requests made from the document, good and bad, when sent, then status, type and body are as it says."""
    credentials = (str(platform.partner_id), platform.api_key)
    case.call_and_validate(server, auth=credentials, excluded_checks=[positive_data_acceptance])
