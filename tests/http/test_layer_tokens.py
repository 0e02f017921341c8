"""Tokens of this dialect: how a client gets one, how long it lasts, and what a business token opens."""

from typing import Any
from uuid import UUID, uuid4

import httpx
import jwt
import pytest

from tests.http.layer_world import Layer, layer_token, new_layer
from tests.http.world import Platform, bearer, new_platform, rotated


@pytest.fixture(scope="module")
def books(client: httpx.Client, platform: Platform) -> Layer:
    """A business of the platform."""
    return new_layer(client, platform)


def _said(token: str) -> dict[str, Any]:
    said: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return said


def test_a_client_says_who_it_is_by_basic_or_by_form(client: httpx.Client, platform: Platform) -> None:
    """Given id and key, as Basic or as form fields, when a token is asked for, then it is bare and lasts an hour."""
    form = {"grant_type": "client_credentials", "scope": "https://api.example.com/production"}
    secret = {"client_id": str(platform.partner_id), "client_secret": platform.api_key}
    answers = [
        client.post("/oauth2/token", auth=platform.basic, data=form),
        client.post("/oauth2/token", auth=platform.basic, data=form | {"client_id": str(platform.partner_id)}),
        client.post("/oauth2/token", auth=platform.basic),
        client.post("/oauth2/token", data=form | secret),
        client.post("/oauth2/token/", data=form | secret),
    ]
    for answer in answers:
        assert answer.status_code == 200, answer.text
        body = answer.json()
        assert (body["expires_in"], body["token_type"]) == (3600, "Bearer")
        assert answer.headers["cache-control"] == "no-store"
        assert client.get("/whoami", headers=bearer(body["access_token"])).status_code == 200


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"client_id": "{id}"},
        {"client_secret": "{key}"},
        {"client_id": "{id}", "client_secret": "dbk_wrong"},
        {"client_id": "not-a-uuid", "client_secret": "{key}"},
        {"client_id": str(UUID(int=0)), "client_secret": "{key}"},
    ],
)
def test_a_client_that_is_not_known_gets_no_token(
    client: httpx.Client, platform: Platform, form: dict[str, str]
) -> None:
    """Given credentials that are missing or wrong, when a token is asked for, then 401 in this dialect's words."""
    filled = {name: text.format(id=platform.partner_id, key=platform.api_key) for name, text in form.items()}
    answer = client.post("/oauth2/token", data={"grant_type": "client_credentials"} | filled)
    assert answer.status_code == 401
    assert answer.json()["type"] == "AuthFailure"
    assert answer.headers["www-authenticate"].startswith("Basic")


@pytest.mark.parametrize(
    "form",
    [{"grant_type": "password"}, {"client_id": str(UUID(int=0))}, {"wire_profile": "loud"}],
)
def test_a_bad_token_request_is_refused(client: httpx.Client, platform: Platform, form: dict[str, str]) -> None:
    """Given good credentials and a field that breaks a rule, when a token is asked for, then 400 names the field."""
    answer = client.post("/oauth2/token", auth=platform.basic, data=form)
    assert answer.status_code == 400
    assert answer.json()["type"] == "InvalidParameters"
    assert answer.json()["meta"]["field"] in form


def test_a_token_does_not_make_a_client_token(client: httpx.Client, platform: Platform) -> None:
    """Given a token, when it is sent in place of the client's secret, then 401."""
    token = layer_token(client, platform)
    assert client.post("/oauth2/token", headers=bearer(token)).status_code == 401


def test_a_token_tells_whose_it_is(client: httpx.Client, platform: Platform) -> None:
    """Given a token, when asked whose it is, then the partner, wrapped as published."""
    answer = client.get("/whoami", headers=bearer(layer_token(client, platform)))
    client_id = str(platform.partner_id)
    whoami = {"type": "whoami", "clientName": "Example Platform", "clientId": client_id}
    assert (answer.status_code, answer.json()) == (200, {"data": whoami})


@pytest.mark.parametrize(
    ("asked", "seconds"),
    [(None, 3600), ({}, 3600), ({"session_duration": 60}, 60), ({"session_duration": 86400}, 86400)],
)
def test_a_business_token_lasts_as_long_as_asked(books: Layer, asked: dict[str, int] | None, seconds: int) -> None:
    """Given a duration or none, when a business token is asked for, then it is bare, and lasts so many seconds."""
    answer = books.ask("POST", "auth-token", json=asked) if asked is not None else books.ask("POST", "auth-token")
    assert answer.status_code == 200, answer.text
    assert answer.json().keys() == {"access_token", "expires_in", "token_type"}
    said = _said(answer.json()["access_token"])
    assert (said["exp"] - said["iat"], said["business_id"]) == (seconds, books.business_id)
    assert answer.json()["expires_in"] == seconds


def test_the_older_way_to_a_business_token_works(books: Layer) -> None:
    """Given the older GET, when a business token is asked for, then the same answer."""
    assert books.ask("GET", "auth-token").json()["expires_in"] == 3600
    assert books.ask("GET", "auth-token", params={"session_duration": 120}).json()["expires_in"] == 120


@pytest.mark.parametrize("bad", [0, -1, 86401, 1.5, "60", True])
def test_a_bad_duration_is_refused(books: Layer, bad: object) -> None:
    """Given a duration that is no whole number of seconds up to a day, when asked for, then 400 names it."""
    answer = books.ask("POST", "auth-token", json={"session_duration": bad})
    assert answer.status_code == 400
    assert answer.json()["meta"]["field"] == "session_duration"


def test_a_business_token_opens_its_business_only(client: httpx.Client, platform: Platform, books: Layer) -> None:
    """Given a business token, when used on its business and on another of the partner, then 200 and 404."""
    other = new_layer(client, platform)
    scoped = bearer(books.ask("POST", "auth-token").json()["access_token"])
    assert client.get(f"/v1/businesses/{books.business_id}/customers", headers=scoped).status_code == 200
    refused = client.get(f"/v1/businesses/{other.business_id}/customers", headers=scoped)
    unknown = client.get(f"/v1/businesses/{uuid4()}/customers", headers=scoped)
    assert (refused.status_code, refused.content) == (404, unknown.content)
    written = client.post(f"/v1/businesses/{other.business_id}/customers", headers=scoped, json={"company_name": "X"})
    assert (written.status_code, other.held()["customers"]) == (404, 0)


def test_a_business_token_makes_neither_tokens_nor_businesses(client: httpx.Client, books: Layer) -> None:
    """Given a business token, when it asks for what its partner alone may do, then 403."""
    scoped = bearer(books.ask("POST", "auth-token").json()["access_token"])
    for method, path, body in [
        ("POST", f"/v1/businesses/{books.business_id}/auth-token", {}),
        ("GET", f"/v1/businesses/{books.business_id}/auth-token", None),
        ("POST", "/v1/businesses", {"legal_name": "Another"}),
    ]:
        answer = client.request(method, path, headers=scoped, json=body)
        assert (answer.status_code, answer.json()["type"]) == (403, "AuthFailure")


def test_a_business_token_for_another_partners_business_is_not_made(
    client: httpx.Client, books: Layer, other_platform: Platform
) -> None:
    """Given another partner's token, when a token for this business is asked for, then 404."""
    headers = bearer(layer_token(client, other_platform))
    answer = client.post(f"/v1/businesses/{books.business_id}/auth-token", headers=headers)
    assert answer.status_code == 404


def test_a_business_token_keeps_the_wire_profile(client: httpx.Client, platform: Platform, books: Layer) -> None:
    """Given a live token, when a business token is made of it, then it is live too unless another is named."""
    live = bearer(layer_token(client, platform, wire_profile="live"))
    path = f"/v1/businesses/{books.business_id}/auth-token"
    inherited = client.post(path, headers=live).json()["access_token"]
    named = client.post(path, headers=live, json={"wire_profile": "published"}).json()["access_token"]
    assert [_said(token)["wire_profile"] for token in (inherited, named)] == ["live", "published"]


def test_a_token_of_a_revoked_key_opens_nothing(client: httpx.Client, database_url: str) -> None:
    """Given tokens of a key, when the key is revoked, then reading, writing and token requests answer 401."""
    platform = new_platform(database_url)
    books = new_layer(client, platform)
    scoped = books.ask("POST", "auth-token").json()["access_token"]
    rotated(database_url, platform)
    for headers in (books.headers, bearer(scoped)):
        for method, path in [("GET", "customers"), ("POST", "customers"), ("POST", "auth-token")]:
            answer = client.request(
                method, f"/v1/businesses/{books.business_id}/{path}", headers=headers, json={"company_name": "X"}
            )
            assert (answer.status_code, answer.json()["type"]) == (401, "AuthFailure"), path
    assert client.get("/whoami", headers=books.headers).status_code == 401
    assert client.post("/oauth2/token", auth=platform.basic).status_code == 401


@pytest.mark.parametrize("token", ["x", "a.b.c", "{header}.{claims}.", "{header}.{claims}.AAAA"])
def test_a_forged_token_opens_nothing(client: httpx.Client, books: Layer, token: str) -> None:
    """Given tokens that are malformed, unsigned or signed by nobody we know, when used, then 401."""
    header, claims, _ = books.headers["Authorization"].removeprefix("Bearer ").split(".")
    forged = bearer(token.format(header=header, claims=claims))
    answer = client.get(f"/v1/businesses/{books.business_id}/customers", headers=forged)
    assert (answer.status_code, answer.json()["type"]) == (401, "AuthFailure")
    assert answer.headers["www-authenticate"].startswith("Bearer")
