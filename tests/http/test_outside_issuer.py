"""Tokens of an outside issuer, whose key set is served on this machine."""

import base64
import json
import time
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any
from uuid import uuid4

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from duebook.db.pool import connected
from duebook.http.settings import REQUESTS_PER_SECOND, TRUSTED_AUDIENCE, TRUSTED_ISSUER, TRUSTED_KEYS
from duebook.oauth.errors import BadToken
from duebook.oauth.keys import Keyring
from duebook.oauth.tokens import caller_of
from tests.http.key_server import AUDIENCE, ISSUER, KEYS, key_set, serving, signed
from tests.http.world import Platform, apart, bearer, new_business, partner_token

BUSINESSES = "/v1/platform/businesses/"


@pytest.fixture(scope="module")
def issuer() -> Iterator[ExitStack]:
    """The issuer's key server; closed, it is down."""
    with ExitStack() as running_issuer:
        yield running_issuer


@pytest.fixture(scope="module")
def settings_of_server(issuer: ExitStack) -> dict[str, str]:
    """The issuer is trusted."""
    state = issuer.enter_context(serving())
    state.body = key_set(*KEYS)
    return {
        REQUESTS_PER_SECOND: "0",
        TRUSTED_ISSUER: ISSUER,
        TRUSTED_KEYS: state.address,
        TRUSTED_AUDIENCE: AUDIENCE,
    }


def asked(client: httpx.Client, business: str, token: str) -> tuple[int, int]:
    """What is answered to who reads a business's books and to who writes to them."""
    path = f"{BUSINESSES}{business}/customers/"
    named = {"name": "Ann", "external_id": str(uuid4())}
    read = client.get(path, headers=bearer(token))
    return read.status_code, client.post(path, headers=bearer(token), json=named).status_code


@pytest.mark.parametrize("kid", sorted(KEYS))
def test_a_token_of_the_issuer_opens_what_it_says(
    client: httpx.Client, platform: Platform, business: str, kid: str
) -> None:
    """Given a key of any kind in the set, when it signs for a partner, a business or reading, then that opens."""
    mine: dict[str, Any] = {"partner_id": str(platform.partner_id)}
    other = new_business(client, platform)
    assert asked(client, business, signed(kid, **mine, scope="openid duebook:full")) == (200, 201)
    for scope in (None, "", "duebook:read", "openid"):
        assert asked(client, business, signed(kid, **mine, scope=scope)) == (200, 403)
    bound = signed(kid, **mine, business_id=business, scope="duebook:full", aud=["another", AUDIENCE])
    assert asked(client, business, bound) == (200, 201)
    assert asked(client, other, bound) == (403, 403)
    assert client.get(BUSINESSES, headers=bearer(bound)).status_code == 403


def test_it_opens_no_other_partners_books(client: httpx.Client, platform: Platform, other_platform: Platform) -> None:
    """Given another partner's business, when the issuer names the first partner, or one that is none, then nothing."""
    theirs = new_business(client, other_platform)
    for business_id in (None, theirs):
        token = signed("ec", partner_id=str(platform.partner_id), business_id=business_id, scope="duebook:full")
        assert asked(client, theirs, token) == (404, 404)
    nobody = signed("ec", partner_id=str(uuid4()), scope="duebook:full")
    assert asked(client, theirs, nobody) == (401, 401)
    assert client.get(BUSINESSES, headers=bearer(nobody)).status_code == 401


def test_what_is_made_from_it_ends_with_it(client: httpx.Client, platform: Platform, business: str) -> None:
    """Given a token of the issuer for ten minutes, when business tokens are made with it, then they end no later, are
    good for no more, and are refused where the issuer is not trusted."""
    token = signed("ec", partner_id=str(platform.partner_id), scope="duebook:read", wire_profile="live")
    until = jwt.decode(token, options={"verify_signature": False})["exp"]
    answers = [
        client.post(f"/v1/platform/{business}/oauth2/token/", headers=bearer(token)),
        client.post(f"/v1/businesses/{business}/auth-token", headers=bearer(token), json={"session_duration": 86_400}),
    ]
    for answer in answers:
        made = answer.json()["access_token"]
        said = jwt.decode(made, options={"verify_signature": False})
        assert said["exp"] <= until
        assert answer.json()["expires_in"] == said["exp"] - said["iat"]
        assert (said["iss"], said["via"], said["scope"], said["wire_profile"]) == ("duebook", ISSUER, "read", "live")
        assert asked(client, business, made) == (200, 403)
    assert client.post("/v1/platform/oauth2/token/", headers=bearer(token)).status_code == 401


def test_what_is_written_tells_whom_the_issuer_named(client: httpx.Client, platform: Platform) -> None:
    """Given a token of the issuer for somebody, and one made with it, when they write, then the audit names him."""
    business = new_business(client, platform)
    token = signed("ec", partner_id=str(platform.partner_id), scope="duebook:full", sub="ann@login.example")
    made = client.post(f"/v1/platform/{business}/oauth2/token/", headers=bearer(token)).json()["access_token"]
    assert [asked(client, business, one) for one in (token, made)] == [(200, 201), (200, 201)]
    audit = client.get(f"/api/v1/businesses/{business}/audit", headers=bearer(made)).json()
    first, second = (one["actor"] for one in audit["records"])
    assert (first["subject"], second["subject"]) == ("ann@login.example", "ann@login.example")
    assert ("key_id" in first, "key_id" in second, second["business_id"]) == (False, False, business)


def test_where_the_issuer_is_not_trusted_nothing_of_it_opens(
    client: httpx.Client, database_url: str, platform: Platform, business: str
) -> None:
    """Given tokens of the issuer and one made with them, when they come to a process that does not trust it, then they
    are refused; our own are not."""
    token = signed("ec", partner_id=str(platform.partner_id), scope="duebook:full")
    made = client.post(f"/v1/platform/{business}/oauth2/token/", headers=bearer(token)).json()["access_token"]

    async def refused(one: str) -> str:
        async with connected(database_url, readers=1, writers=1) as database:
            try:
                await caller_of(Keyring(database), f"Bearer {one}")
            except BadToken as error:
                return error.reason
        return ""

    assert [apart(refused(one)) for one in (token, made, partner_token(client, platform))] == [
        "is not signed with one of our keys",
        "was made with one of an issuer that is not trusted",
        "",
    ]


def test_only_its_own_tokens_unchanged_and_in_their_time_open(
    client: httpx.Client, platform: Platform, business: str
) -> None:
    """Given tokens that say they are the issuer's, when issuer, audience, time, key or algorithm are not right, then
    401, whichever way."""
    mine: dict[str, Any] = {"partner_id": str(platform.partner_id), "scope": "duebook:full"}
    now = int(time.time())
    public = KEYS["ec"][1].public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    head, body, _ = signed("ec", **mine).split(".")
    ours = partner_token(client, platform)
    bad = [
        signed("ec", **mine, exp=now - 6),
        signed("ec", **mine, nbf=now + 60),
        signed("ec", **mine, iat=now + 60),
        signed("ec", **mine, exp=None),
        signed("ec", **mine, exp=1e308 * 10),
        signed("ec", **mine, exp="soon"),
        signed("ec", **mine, aud="duebook"),
        signed("ec", **mine, aud=None),
        signed("ec", **mine, iss="duebook"),
        signed("ec", **mine, iss=f"{ISSUER}/"),
        signed("ec", **mine, header={"kid": "rsa"}),
        signed("rsa", **mine, header={"kid": "ec"}),
        signed("ec", **mine, header={"kid": "another"}),
        signed("ec", **mine, header={"crit": ["exp"]}),
        signed("ec", **mine | {"partner_id": "somebody"}),
        signed("ec", **mine | {"partner_id": None}),
        signed("ec", **mine, business_id=7),
        signed("ec", **mine | {"scope": ["duebook:full"]}),
        signed("ec", **mine, wire_profile="loud"),
        f"{head}.{body}.",
        f"{_part({'alg': 'none', 'kid': 'ec'})}.{body}.",
        _hmac(body, public),
        f"{head}.{body}.{ours.rpartition('.')[2]}",
    ]
    for token in bad:
        assert asked(client, business, token) == (401, 401), token


def _part(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def _hmac(body: str, secret: bytes) -> str:
    signing = f"{_part({'alg': 'HS256', 'kid': 'ec'})}.{body}"
    algorithm = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256)
    signature = base64.urlsafe_b64encode(algorithm.sign(signing.encode(), secret)).rstrip(b"=").decode()
    return f"{signing}.{signature}"


def test_without_the_issuer_the_service_goes_on(
    client: httpx.Client, issuer: ExitStack, platform: Platform, business: str
) -> None:
    """Given an issuer that is down, when tokens come, then our own open, so do the issuer's with known keys, and with
    unknown ones they do not."""
    issuer.close()
    mine: dict[str, Any] = {"partner_id": str(platform.partner_id), "scope": "duebook:full"}
    for number in range(5):
        unknown = signed("ec", **mine, header={"kid": f"unknown {number}"})
        assert asked(client, business, unknown) == (401, 401)
        assert asked(client, business, partner_token(client, platform)) == (200, 201)
        assert asked(client, business, signed("ec", **mine, jti=str(number))) == (200, 201)
