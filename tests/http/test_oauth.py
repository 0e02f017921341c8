"""Who gets in: every way to say it right, and every way to say it wrong."""

import base64
import json
import time
from typing import Any
from uuid import uuid4

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key

from tests.http.world import (
    Platform,
    bearer,
    business_token,
    new_business,
    new_platform,
    partner_token,
    rotated,
    signing_key,
)

TOKEN = "/v1/platform/oauth2/token/"


def aging(business: str) -> str:
    """The path that most of these tests knock at."""
    return f"/v1/platform/businesses/{business}/insights/ar-aging/"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"data": {"grant_type": "client_credentials"}},
        {"data": {"grant_type": "client_credentials", "client_id": "PARTNER"}},
        {"json": {"grant_type": "client_credentials", "client_id": "PARTNER"}},
        {"json": {"client_id": "PARTNER", "anything": ["else"]}},
    ],
    ids=["no body", "form with grant type", "form with client id", "JSON", "JSON without grant type"],
)
def test_every_published_form_of_the_request_gets_a_token(
    client: httpx.Client, platform: Platform, body: dict[str, Any]
) -> None:
    """Given partner id and key as Basic, when a token is asked for in any form, then it is one for an hour."""
    filled = json.loads(json.dumps(body).replace("PARTNER", str(platform.partner_id)))
    answer = client.post(TOKEN, auth=platform.basic, **filled)
    assert answer.status_code == 200
    assert {**answer.json(), "access_token": "…"} == {"access_token": "…", "token_type": "Bearer", "expires_in": 3600}
    assert answer.headers["cache-control"] == "no-store"


def test_a_partner_token_says_whose_it_is(client: httpx.Client, platform: Platform) -> None:
    """Given a partner token, when its claims are read, then they name the partner twice and last an hour."""
    claims = jwt.decode(partner_token(client, platform), options={"verify_signature": False})
    assert claims["sub"] == claims["partner_id"] == str(platform.partner_id)
    assert claims["exp"] - claims["iat"] == 3600
    assert "business_id" not in claims


def test_a_business_token_says_which_business(client: httpx.Client, platform: Platform, business: str) -> None:
    """Given a partner token, when a business token is asked for, then answer and claims name the business."""
    token = partner_token(client, platform)
    answer = client.post(f"/v1/platform/{business}/oauth2/token/", headers=bearer(token))
    assert {**answer.json(), "access_token": "…"} == {
        "access_token": "…", "token_type": "Bearer", "expires_in": 3600, "scope": "business_access",
        "business_id": business,
    }  # fmt: skip
    claims = jwt.decode(answer.json()["access_token"], options={"verify_signature": False})
    assert claims["business_id"] == business


@pytest.mark.parametrize(
    ("content_type", "body", "field"),
    [
        ("application/x-www-form-urlencoded", b"grant_type=password", "grant_type"),
        ("application/json", b'{"grant_type": "password"}', "grant_type"),
        ("application/json", b'{"grant_type": 1}', "grant_type"),
        ("application/json", b'{"client_id": "somebody else"}', "client_id"),
        ("application/json", b'{"wire_profile": "both"}', "wire_profile"),
        ("application/x-www-form-urlencoded", b"wire_profile=both", "wire_profile"),
        ("application/x-www-form-urlencoded", b'{"grant_type": "client_credentials"}', "Content-Type"),
        ("application/x-www-form-urlencoded", b"grant_type=client_credentials&grant_type=x", "grant_type"),
        ("application/x-www-form-urlencoded", b"grant_type=%ff", "body"),
        ("application/x-www-form-urlencoded", b"scope=%00", "body"),
        ("application/x-www-form-urlencoded", b"\xff=\xfe", "body"),
        ("application/x-www-form-urlencoded", b"a&" * 101, "body"),
        ("application/json", b"grant_type=client_credentials", "body"),
        ("application/json", b"[" * 100_000, "body"),
        ("application/json", b'{"grant_type": "\xff"}', "body"),
        ("application/json", b"null", "body"),
        ("multipart/form-data; boundary=x", b"--x--", "Content-Type"),
    ],
)
def test_a_bad_token_request_is_told_what_is_wrong(
    client: httpx.Client, platform: Platform, content_type: str, body: bytes, field: str
) -> None:
    """Given good credentials, when the body of a token request breaks a rule, then 400 names the field."""
    answer = client.post(TOKEN, auth=platform.basic, content=body, headers={"Content-Type": content_type})
    assert (answer.status_code, answer.json()["error_code"]) == (400, "validation_error")
    assert list(answer.json()["detail"]["field_errors"]) == [field]


def test_the_token_endpoint_wants_the_key_itself(client: httpx.Client, platform: Platform) -> None:
    """Given no credentials or a token, when a partner token is asked for, then 401 asks for Basic."""
    for headers in ({}, bearer(partner_token(client, platform))):
        answer = client.post(TOKEN, headers=headers)
        assert (answer.status_code, answer.json()["error_code"]) == (401, "authentication_required")
        assert answer.headers["www-authenticate"] == 'Basic realm="duebook"'


@pytest.mark.parametrize(
    "credentials",
    [b":", b"no colon", b"PARTNER:", b"PARTNER:wrong", b"not-a-uuid:KEY", b"\xff:\xfe", b"PARTNER:\x00"],
)
def test_a_wrong_key_gets_no_token(client: httpx.Client, platform: Platform, credentials: bytes) -> None:
    """Given Basic credentials that are not a partner's id and key, when a token is asked for, then 401."""
    filled = credentials.replace(b"PARTNER", str(platform.partner_id).encode()).replace(
        b"KEY", platform.api_key.encode()
    )
    header = {"Authorization": f"Basic {base64.b64encode(filled).decode()}"}
    answer = client.post(TOKEN, headers=header)
    assert (answer.status_code, answer.json()["error_code"]) == (401, "invalid_token")


def test_a_key_belongs_to_its_own_partner(client: httpx.Client, platform: Platform, other_platform: Platform) -> None:
    """Given two partners, when one's id comes with the other's key, then 401."""
    mixed = httpx.BasicAuth(str(platform.partner_id), other_platform.api_key)
    assert client.post(TOKEN, auth=mixed).status_code == 401


@pytest.mark.parametrize("slash", ["/", ""])
def test_partner_token_business_token_and_key_open_the_books(
    client: httpx.Client, platform: Platform, business: str, slash: str
) -> None:
    """Given each of the published ways to say who asks, when aging is read, then 200."""
    path = aging(business).rstrip("/") + slash
    assert client.get(path, headers=bearer(partner_token(client, platform))).status_code == 200
    assert client.get(path, headers=bearer(business_token(client, platform, business))).status_code == 200
    assert client.get(path, auth=platform.basic).status_code == 200


@pytest.mark.parametrize("header", [None, "", "Bearer", "Token abc", "Digest x"])
def test_without_credentials_nothing_opens(client: httpx.Client, business: str, header: str | None) -> None:
    """Given no credentials that we know of, when aging is read, then 401 says that some are needed."""
    answer = client.get(aging(business), headers={} if header is None else {"Authorization": header})
    assert answer.status_code == 401
    assert answer.json()["error_code"] in {"authentication_required", "invalid_token"}
    assert answer.headers["www-authenticate"].startswith("Bearer")


def _encoded(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def test_only_our_own_tokens_unchanged_and_in_their_time_open_the_books(
    client: httpx.Client, database_url: str, platform: Platform, business: str
) -> None:
    """Given a good token, when its claims, signature, algorithm, key or time are wrong, then 401 says what is."""
    good = partner_token(client, platform)
    claims = jwt.decode(good, options={"verify_signature": False})
    key_id, pem = signing_key(database_url)
    head, body, signature = good.split(".")
    stranger = generate_private_key(SECP256R1())
    now = int(time.time())

    def signed(**changes: Any) -> str:
        changed = {name: value for name, value in (claims | changes).items() if value is not None}
        return jwt.encode(changed, pem, "ES256", headers={"kid": key_id})

    def by(key: Any, algorithm: str, kid: Any = key_id) -> str:
        return jwt.encode(claims, key, algorithm, headers={"kid": kid} if kid else {})

    nul = _encoded({"alg": "ES256", "kid": "\0"})
    unsigned = f"{_encoded({'alg': 'none', 'kid': key_id, 'typ': 'JWT'})}.{body}."
    cases = {
        signed(exp=now - 60): "has expired",
        signed(iat=now + 600): "is not valid yet",
        signed(nbf=now + 600): "is not valid yet",
        signed(aud="another service"): "is meant for another service",
        signed(iss="another issuer"): "is meant for another service",
        signed(exp=None): "is malformed",
        signed(aud=None): "is malformed",
        signed(partner_id=None): "is malformed",
        signed(partner_id="not a uuid"): "is malformed",
        signed(key=None): "is malformed",
        signed(wire_profile="both"): "is malformed",
        by(stranger, "ES256"): "is not signed with one of our keys",
        by(stranger, "ES256", "another key"): "is not signed with one of our keys",
        by(stranger, "ES256", None): "is not signed with one of our keys",
        by("guessed, but long enough to be a secret", "HS256"): "is not signed with one of our keys",
        unsigned: "is not signed with one of our keys",
        f"{head}.{_encoded(claims | {'business_id': business})}.{signature}": "is not signed with one of our keys",
        f"{head}.{body}.": "is not signed with one of our keys",
        f"{head}.{body}": "is malformed",
        "abc": "is malformed",
        "a.b.c": "is malformed",
        f"{_encoded('[' * 5000)}.{body}.{signature}": "is malformed",
        base64.urlsafe_b64encode(b"[" * 5000).decode() + f".{body}.{signature}": "is malformed",
        f"{_encoded({'alg': 'ES256', 'kid': 7})}.{body}.{signature}": "is malformed",
        f"{nul}.{body}.{signature}": "is not signed with one of our keys",
    }
    assert client.get(aging(business), headers=bearer(signed())).status_code == 200
    for token, reason in cases.items():
        answer = client.get(aging(business), headers=bearer(token))
        assert (answer.status_code, answer.json()["error_code"]) == (401, "invalid_token"), token
        assert answer.json()["message"] == f"the token {reason}", token
        assert answer.headers["www-authenticate"] == 'Bearer realm="duebook", error="invalid_token"'


def test_a_key_that_is_not_our_algorithm_verifies_nothing(
    client: httpx.Client, database_url: str, platform: Platform, business: str
) -> None:
    """Given our public key, when it is used as the secret of a symmetric algorithm, then the token is refused."""
    key_id, pem = signing_key(database_url)
    claims = jwt.decode(partner_token(client, platform), options={"verify_signature": False})
    head, body = _encoded({"alg": "HS256", "kid": key_id, "typ": "JWT"}), _encoded(claims)
    algorithm = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256)
    signature = base64.urlsafe_b64encode(algorithm.sign(f"{head}.{body}".encode(), pem.encode())).rstrip(b"=").decode()
    assert client.get(aging(business), headers=bearer(f"{head}.{body}.{signature}")).status_code == 401


def test_a_revoked_key_takes_its_tokens_along(client: httpx.Client, database_url: str) -> None:
    """Given tokens of a key, when the key is rotated, then key and tokens are refused at once, the new key is not."""
    platform = new_platform(database_url)
    business = new_business(client, platform)
    partner, scoped = partner_token(client, platform), business_token(client, platform, business)
    fresh = rotated(database_url, platform)
    for path in (aging(business), f"/v1/platform/businesses/{business}/"):
        for token in (partner, scoped):
            answer = client.get(path, headers=bearer(token))
            assert (answer.status_code, answer.json()["error_code"]) == (401, "invalid_token")
        assert client.get(path, auth=platform.basic).status_code == 401
        assert client.get(path, auth=fresh.basic).status_code == 200
    for path in ("/v1/platform/businesses/", f"/v1/platform/{business}/oauth2/token/"):
        assert client.post(path, headers=bearer(partner), json={}).status_code == 401


def test_a_business_token_opens_its_own_business_only(client: httpx.Client, platform: Platform, business: str) -> None:
    """Given a token for one business, when another's books are asked for, there or not, then 403."""
    other = new_business(client, platform)
    headers = bearer(business_token(client, platform, business))
    assert client.get(f"/v1/platform/businesses/{business}/", headers=headers).status_code == 200
    for path in (aging(other), f"/v1/platform/businesses/{other}/", aging(str(uuid4()))):
        answer = client.get(path, headers=headers)
        assert (answer.status_code, answer.json()["error_code"]) == (403, "permission_denied")


def test_a_business_token_makes_neither_tokens_nor_businesses(
    client: httpx.Client, platform: Platform, business: str
) -> None:
    """Given a token for one business, when it is used for what only the partner may do, then 403."""
    headers = bearer(business_token(client, platform, business))
    answers = [
        client.post(f"/v1/platform/{business}/oauth2/token/", headers=headers),
        client.post(f"/v1/platform/{uuid4()}/oauth2/token/", headers=headers),
        client.post("/v1/platform/businesses/", headers=headers, json={}),
        client.get("/v1/platform/businesses/", headers=headers),
    ]
    assert [(one.status_code, one.json()["error_code"]) for one in answers] == [(403, "permission_denied")] * 4


def test_another_partners_business_and_none_at_all_look_the_same(
    client: httpx.Client, platform: Platform, other_platform: Platform
) -> None:
    """Given another partner's business, when it is asked for, then the answer is that for one that never was."""
    theirs, nobodys = new_business(client, other_platform), str(uuid4())
    for path in ("/v1/platform/businesses/{}/", "/v1/platform/businesses/{}/insights/ap-aging/"):
        seen = []
        for business_id in (theirs, nobodys):
            answer = client.get(path.format(business_id), auth=platform.basic, headers={"X-Request-ID": "same"})
            assert answer.status_code == 404
            seen.append(answer.text.replace(business_id, "ID"))
        assert seen[0] == seen[1]
        assert json.loads(seen[0])["error_code"] == "business_not_found"
    assert client.post(f"/v1/platform/{theirs}/oauth2/token/", auth=platform.basic).status_code == 404


def test_a_token_carries_the_wire_profile(
    client: httpx.Client, database_url: str, business: str, platform: Platform
) -> None:
    """Given a partner's profile, when tokens are asked for, then each has the one named, else the one before it."""

    def profile(token: str) -> str:
        said: str = jwt.decode(token, options={"verify_signature": False})["wire_profile"]
        return said

    assert profile(partner_token(client, platform)) == "published"
    live = partner_token(client, platform, wire_profile="live")
    assert profile(live) == "live"
    inherited = client.post(f"/v1/platform/{business}/oauth2/token/", headers=bearer(live)).json()["access_token"]
    assert profile(inherited) == "live"
    assert profile(business_token(client, platform, business, wire_profile="live")) == "live"
