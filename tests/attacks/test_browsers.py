"""Pages of other sites and what a browser would do for them: there is nothing it adds to a request by itself.

Source: the Fetch standard; RFC 9700 (tokens in headers only); docs/reference/settings.md, "Browsers".
"""

import re
from typing import Any, Final
from uuid import uuid4

import httpx
import pytest

from duebook.http.openapi import Operation
from duebook.http.settings import ALLOWED_ORIGINS
from tests.attacks.dialects import OPERATIONS, named
from tests.attacks.tally import Attack
from tests.http.world import Platform, bearer, business_token, partner_token

PAGE: Final = "https://app.example"

TOLD: Final = {
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}

LIKE_IT: Final = (
    *("null", "https://APP.example", "https://app.example.", "https://app.example:443", "https://app.example/"),
    *("https://app.example.evil.example", "https://evil-app.example", "https://evilapp.example", "//app.example"),
    *("https://evil.app.example", "https://app.examplez", "https://app.example@evil.example", "http://app.example"),
    *("https://app.example%60.evil.example", "https://app.example, https://evil.example", "https://app.example evil"),
    *("https://app_example", "https://appxexample", "app.example", "https://", "*", "https://*.example", "file://"),
    *("https://app.example#", "https://app.example?", "https://app.example;evil"),
)
"""Origins that a careless comparison takes for the one that is allowed."""

BODIES: Final = {
    "application/x-www-form-urlencoded": b"name=x&amount=1&grant_type=client_credentials",
    "multipart/form-data; boundary=x": b'--x\r\nContent-Disposition: form-data; name="name"\r\n\r\nx\r\n--x--\r\n',
    "text/plain": b'{"name": "x", "=": ""}',
}
"""What a form of another page can send without asking first."""

EVERY: Final = [one for found in OPERATIONS.values() for one in found]


@pytest.fixture(scope="module")
def settings_of_server() -> dict[str, str]:
    """A server that allows one page on another site."""
    return {ALLOWED_ORIGINS: PAGE, "DUEBOOK_LAYER_REQUESTS_PER_SECOND": "0"}


def filled(operation: Operation, business: str) -> str:
    """The path of an operation about a business, and about nothing that is in it."""
    first, *others = [*operation.names_in_path, ""]
    return operation.path.format(**{first: business}, **{name: str(uuid4()) for name in others})


def test_nothing_but_the_header_says_who_asks(
    client: httpx.Client, platform: Platform, business: str, attack: Attack
) -> None:
    """Given a good token, when it comes as a cookie, in the address or in a body, then nobody has asked."""
    token = partner_token(client, platform)
    for operation in EVERY:
        path = filled(operation, business)
        places: dict[str, dict[str, Any]] = {
            "cookie": {"headers": {"Cookie": f"Authorization=Bearer {token}; access_token={token}; token={token}"}},
            "address": {"params": {"access_token": token, "token": token, "authorization": f"Bearer {token}"}},
            "form": {"data": {"access_token": token}},
            "body": {"json": {"access_token": token, "authorization": f"Bearer {token}"}},
            "other header": {
                "headers": {"X-Authorization": f"Bearer {token}", "Proxy-Authorization": f"Bearer {token}"}
            },
        }
        for place, request in places.items():
            answer = client.request(operation.method, path, **request)
            got = [] if answer.status_code == 401 else [f"{answer.status_code} {answer.text[:100]}"]
            attack.tried(f"{named(operation)} by {place}", *got)
    attack.failed(at_least=900)


def test_a_form_of_another_page_does_nothing(client: httpx.Client, business: str, attack: Attack) -> None:
    """Given an operation that writes, when a page sends a form to it as browsers let it, then it is nobody's request.

    The allowed page is no better off: it has no token either.
    """
    writing = [one for one in EVERY if one.method != "get"]
    for operation in writing:
        for kind, body in BODIES.items():
            for origin in (PAGE, "https://evil.example", "null"):
                headers = {"Content-Type": kind, "Origin": origin, "Cookie": "session=1"}
                answer = client.post(filled(operation, business), content=body, headers=headers)
                got = [] if answer.status_code in (400, 401, 405) else [f"{answer.status_code} {answer.text[:100]}"]
                attack.tried(f"{named(operation)} from {origin}", *got)
    attack.failed(at_least=900)


def test_a_page_like_the_allowed_one_is_told_nothing(
    client: httpx.Client, platform: Platform, business: str, attack: Attack
) -> None:
    """Given an origin that only looks like the allowed one, when its page asks, it may read nothing."""
    header = bearer(business_token(client, platform, business))
    paths = (f"/v1/businesses/{business}/invoices", f"/v1/platform/businesses/{business}/", "/healthz", "/nothing")
    for origin in LIKE_IT:
        for path in paths:
            asked = {"Origin": origin, "Access-Control-Request-Method": "POST"}
            for answer in (client.get(path, headers=header | asked), client.options(path, headers=asked)):
                told = [f"{name}: {value}" for name, value in answer.headers.items() if "access-control" in name]
                attack.tried(f"{origin} {path}", *told)
    attack.failed(at_least=200)


def test_every_answer_tells_a_browser_what_it_may_not(client: httpx.Client, platform: Platform, business: str) -> None:
    """Given any answer, good or bad, when a browser has it, then it may not guess, frame, run, share or remember it."""
    header = bearer(business_token(client, platform, business))
    answers = [client.request(one.method, filled(one, business), headers=header) for one in EVERY]
    answers += [
        client.get(path) for path in ("/", "/healthz", "/readyz", "/nothing", "/v1/nothing", "/openapi/api.json")
    ]
    answers += [client.get("/?a=%ff"), client.get("/", params={"a": "x" * 9000}), client.patch("/whoami")]
    answers += [client.options("/", headers={"Origin": PAGE, "Access-Control-Request-Method": "GET"})]
    statuses = {answer.status_code for answer in answers}
    assert statuses >= {200, 204, 302, 400, 401, 403, 404, 405, 414}
    for answer in answers:
        assert {name: answer.headers.get(name) for name in TOLD} == TOLD, answer.request.url
        assert answer.headers["cache-control"] in ("private, no-cache", "private, no-store"), answer.request.url
        assert "set-cookie" not in answer.headers


def test_a_token_is_kept_nowhere(client: httpx.Client, platform: Platform, business: str) -> None:
    """Given any answer with a token in it, when a browser or a proxy has it, then it may not be stored."""
    asked = [
        ("POST", "/oauth2/token"),
        ("POST", "/v1/platform/oauth2/token/"),
        ("POST", f"/v1/platform/{business}/oauth2/token/"),
        ("POST", f"/v1/businesses/{business}/auth-token"),
        ("GET", f"/v1/businesses/{business}/auth-token"),
    ]
    token = bearer(partner_token(client, platform))
    for method, path in asked:
        answer = client.request(method, path, headers=platform.header if "oauth2" in path else token)
        assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store"), path


def test_the_page_to_read_runs_nothing(client: httpx.Client) -> None:
    """Given the page with the documents, when a browser reads it, then only its own style is used."""
    answer = client.get("/openapi")
    policy = dict(part.split(" ", 1) for part in answer.headers["content-security-policy"].split("; "))
    assert policy.keys() == {"default-src", "style-src", "base-uri", "form-action", "frame-ancestors"}
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert re.findall(r"<script|<iframe|<object|<form|<base|\son\w+=|\sstyle=|javascript:", answer.text) == []
    assert answer.text.count("<style>") == 1
