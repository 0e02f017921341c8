"""Requests that no client should send, each answered in the dialect's own words."""

import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx
import pytest

from tests.http.world import Platform, new_business

PATH = "/v1/platform/businesses/"
LARGE = 50 * 2**20


def _pieces(size: int) -> Iterator[bytes]:
    """So many bytes without an announced length."""
    piece = b" " * 2**16
    for _ in range(size // len(piece)):
        yield piece


def said(answer: httpx.Response) -> tuple[int, str]:
    """Status and code of an error in the dialect's words."""
    body = answer.json()
    assert body.keys() == {"error_code", "message", "detail", "request_id"}
    assert body["request_id"] == answer.headers["x-request-id"]
    return answer.status_code, body["error_code"]


@pytest.mark.parametrize(
    "body",
    [
        b"", b" ", b"{", b"}", b"null", b"[]", b'"text"', b"5", b"\xff\xfe", b'{"external_id": "\xff"}',
        b'{"not_published": "\xff"}', b'{"external_id": "\\u0000"}', b'{"not_published": "\\u0000"}',
        b'{"external_id": "\\ud800"}', b'{"metadata": {"a": NaN}}', b'{"metadata": {"a": Infinity}}',
        b'{"metadata": {"a": 1e999}}', b'{"metadata": {"a": -1e999}}', b"[" * 100_000, b'{"a":' * 100_000,
        b'{"metadata": ' + b'{"a":' * 40 + b"1" + b"}" * 41, b'{"not_published": ' + b"[" * 100_000,
        b"grant_type=client_credentials", b"\xef\xbb\xbf{}", b"{'external_id': 'x'}", b"\x1f\x8b\x08\x00",
    ],
)  # fmt: skip
def test_a_body_that_cannot_be_read_is_refused(client: httpx.Client, platform: Platform, body: bytes) -> None:
    """Given a body that is not the JSON object that is asked for, when it is sent, then 400 says why."""
    answer = client.post(PATH, auth=platform.basic, content=body, headers={"Content-Type": "application/json"})
    assert said(answer) == (400, "validation_error")
    ((field, rules),) = answer.json()["detail"]["field_errors"].items()
    assert field
    assert rules != [""]


def test_free_json_may_not_nest_without_end(client: httpx.Client, platform: Platform) -> None:
    """Given metadata that nests deeper than can be kept, when a business is sent, then 400 names it."""
    required = {"external_id": "deep", "legal_name": "D", "entity_type": "x", "email": "a@b"}
    inside: list[object] = []
    for _ in range(40):
        inside = [inside]
    answer = client.post(PATH, auth=platform.basic, json=required | {"metadata": {"a": inside}})
    assert answer.json()["detail"] == {"field_errors": {"metadata": ["nests at most 32 deep"]}}


def test_a_large_body_is_refused_before_it_is_read(client: httpx.Client, platform: Platform) -> None:
    """Given 50 MB, announced or in pieces without a length, when sent anywhere, with a key or without, then 413."""
    for path in (PATH, "/v1/platform/oauth2/token/"):
        for content in (b" " * LARGE, _pieces(LARGE)):
            answer = client.post(path, auth=platform.basic, content=content)
            assert said(answer) == (413, "payload_too_large")
            assert answer.json()["message"] == "the body is larger than 8388608 bytes"
    assert said(client.post(PATH, content=b" " * LARGE)) == (413, "payload_too_large")
    assert client.get(PATH, auth=platform.basic).status_code == 200


def test_a_body_of_just_under_the_limit_is_read(client: httpx.Client, platform: Platform) -> None:
    """Given 8 MiB of blanks, when sent, then it is read, and is no JSON."""
    assert said(client.post(PATH, auth=platform.basic, content=b" " * 2**23)) == (400, "validation_error")


def test_an_unknown_path_is_404(client: httpx.Client, platform: Platform) -> None:
    """Given paths that nothing is behind, when asked for in any way, then 404 in the dialect's words."""
    for path in (
        "/v1/platform",
        "/v1/platform/",
        "/v1/platform/nothing/",
        "/v1/platform/businesses/x/y/z",
        "/v1/platform/%ff",
    ):
        for method in ("GET", "POST", "DELETE", "PUT"):
            assert said(client.request(method, path, auth=platform.basic)) == (404, "not_found")


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "TRACE", "PROPFIND"])
def test_another_method_is_405_with_those_allowed(client: httpx.Client, platform: Platform, method: str) -> None:
    """Given a method that a path does not have, when used, then 405 lists those it has."""
    answer = client.request(method, PATH, auth=platform.basic)
    assert said(answer) == (405, "method_not_allowed")
    assert answer.headers["allow"] == "GET, HEAD, OPTIONS, POST"


def test_head_and_options(client: httpx.Client, platform: Platform) -> None:
    """Given a path to read, when asked with HEAD or OPTIONS, then the head of the answer, or the methods."""
    read, head = client.get(PATH, auth=platform.basic), client.head(PATH, auth=platform.basic)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == read.headers["content-length"]
    assert client.head(PATH).status_code == 401
    options = client.options(PATH)
    assert (options.status_code, options.headers["allow"]) == (204, "GET, HEAD, OPTIONS, POST")


@pytest.mark.parametrize("slash", ["", "/", "//"])
def test_a_slash_at_the_end_is_neither_needed_nor_in_the_way(
    client: httpx.Client, platform: Platform, slash: str
) -> None:
    """Given a path with or without slashes at its end, when asked for, then it is answered without a redirect."""
    assert client.get(f"/v1/platform/businesses{slash}", auth=platform.basic).status_code == 200
    assert client.post(f"/v1/platform/oauth2/token{slash}", auth=platform.basic).status_code == 200


@pytest.mark.parametrize(
    ("given", "kept"),
    [("abc-123", True), ("x" * 64, True), ("x" * 65, False), ("two words", False), ("é", False), ("", False)],
)
def test_a_request_id_is_kept_if_it_is_usable(client: httpx.Client, given: str, kept: bool) -> None:
    """Given a request with an id, when answered, then with the same id, or with one of ours if it is not usable."""
    answer = client.get(PATH, headers={b"X-Request-ID": given.encode()})
    assert (answer.headers["x-request-id"] == given) is kept
    assert answer.json()["request_id"] == answer.headers["x-request-id"] != ""


def test_a_long_query_is_refused(client: httpx.Client, platform: Platform) -> None:
    """Given a query longer than any client needs, when sent, then 414."""
    assert said(client.get(f"{PATH}?x={'y' * 9_000}", auth=platform.basic)) == (414, "query_too_long")


def test_a_value_that_is_not_in_a_list_is_told_the_list(client: httpx.Client, platform: Platform) -> None:
    """Given a value that is none of those allowed, in a query, when sent, then 400 says which are."""
    business_id = new_business(client, platform)
    answer = client.get(
        f"/v1/platform/businesses/{business_id}/insights/ar-aging/?group_by=vendor", auth=platform.basic
    )
    assert answer.json()["detail"] == {"field_errors": {"group_by": ['is one of customer, total (given: "vendor")']}}


@pytest.mark.parametrize("target", [b"/v1/platform/%zz", b"/v1/platform/\xff", b"/v1/platform/businesses/?page=%zz"])
def test_an_address_that_is_none_is_a_clients_mistake(server: str, target: bytes) -> None:
    """Given bytes that are no address, when sent as one, then an answer of the 400s."""
    place = urlsplit(server)
    with socket.create_connection((place.hostname, place.port), timeout=10) as connection:
        connection.sendall(b"GET " + target + b" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        status = int(connection.makefile("rb").readline().split()[1])
    assert 400 <= status < 500


@pytest.mark.parametrize("rest", [b"", b"1e999}", b"[" * 100_000, b'"\\ud800"}', b"{]}"])
def test_a_body_that_breaks_off_after_a_bad_value_is_refused_for_the_value(
    client: httpx.Client, platform: Platform, rest: bytes
) -> None:
    """Given a value that is not allowed, and behind it what is no JSON, when sent, then 400 names the value."""
    path = f"{PATH}{new_business(client, platform)}/invoices/payments/"
    body = b'{"payment_method": "barter", "more": ' + rest
    answer = client.post(path, auth=platform.basic, content=body, headers={"Content-Type": "application/json"})
    assert said(answer) == (400, "validation_error")
    assert list(answer.json()["detail"]["field_errors"]) == ["payment_method"]


@pytest.mark.parametrize("number", [b"1e999", b"1e999999999", b"-1e999", b"1e-999"])
def test_a_quantity_beyond_every_number_is_named(client: httpx.Client, platform: Platform, number: bytes) -> None:
    """Given a quantity that no decimal holds, when an invoice is sent, then 400 names it as it was written."""
    path = f"{PATH}{new_business(client, platform)}/invoices/"
    body = (
        b'{"external_id": "1", "sent_at": "2025-01-02", "customer_external_id": "a", "line_items": [{"unit_price": 1, '
        b'"quantity": ' + number + b"}]}"
    )
    answer = client.post(path, auth=platform.basic, content=body, headers={"Content-Type": "application/json"})
    assert said(answer) == (400, "validation_error")
    (rule,) = answer.json()["detail"]["field_errors"]["line_items[0].quantity"]
    assert rule.endswith(f"(given: {number.decode()})")


def test_a_form_in_an_unknown_charset_is_refused(client: httpx.Client, platform: Platform) -> None:
    """Given a form of which a part is in no charset that there is, when sent, then 400 says so."""
    body = (
        b'--x\r\nContent-Disposition: form-data; name="memo"\r\nContent-Type: text/plain; charset=none\r\n\r\n'
        b"a\r\n--x--\r\n"
    )
    kind = {"Content-Type": "multipart/form-data; boundary=x"}
    path = f"{PATH}{new_business(client, platform)}/invoices/"
    answer = client.post(path, auth=platform.basic, content=body, headers=kind)
    assert said(answer) == (400, "validation_error")
    assert "unknown encoding: none" in answer.json()["message"]
