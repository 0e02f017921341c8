"""Keys of partners: several at a time, with an end, for reading alone, and revoked in all processes at once."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import jwt
import psycopg
import pytest

from duebook.db.embedded import Urls
from duebook.db.pool import connected
from duebook.http.server import APP
from duebook.oauth.keys import REFRESH_SECONDS
from duebook.oauth.rotation import rotate
from duebook.tenancy.facts import KeyId, PartnerId, Scope
from duebook.tenancy.keys import Key, create_key, keys, revoke_key
from tests.conftest import served
from tests.http.world import (
    Platform,
    apart,
    bearer,
    business_token,
    new_business,
    new_platform,
    partner_token,
    signing_key,
)

BUSINESSES = "/v1/platform/businesses/"


@pytest.fixture(scope="module")
def other_server(database_url: str, settings_of_server: dict[str, str]) -> Iterator[httpx.Client]:
    """A client of another process that serves the same books."""
    with (
        served(database_url, settings_of_server, APP) as (address, _),
        httpx.Client(base_url=address, timeout=30) as client,
    ):
        yield client


def another_key(database_url: str, platform: Platform, **said: Any) -> tuple[Key, Platform]:
    """One more key of a partner, and the partner with it."""

    async def made() -> tuple[Key, str]:
        async with connected(database_url, readers=1, writers=1) as database:
            return await create_key(database, PartnerId(platform.partner_id), name="another", **said)

    key, secret = apart(made())
    return key, Platform(platform.partner_id, secret)


def revoke(database_url: str, key: Key) -> None:
    """Revoke a key, as the command line does."""

    async def done() -> None:
        async with connected(database_url, readers=1, writers=1) as database:
            await revoke_key(database, KeyId(UUID(str(key.id))))

    apart(done())


def listed(database_url: str, platform: Platform) -> list[Key]:
    """The keys of a partner."""

    async def found() -> list[Key]:
        async with connected(database_url, readers=1, writers=1) as database:
            return await keys(database, PartnerId(platform.partner_id))

    return apart(found())


def doors(business: str) -> list[tuple[str, str, Any]]:
    """What is asked with credentials: of books and beside them, to read and to write."""
    return [
        ("GET", f"{BUSINESSES}{business}/insights/ar-aging/", None),
        ("GET", f"{BUSINESSES}{business}/", None),
        ("GET", BUSINESSES, None),
        ("GET", f"/api/v1/businesses/{business}/books", None),
        ("POST", f"{BUSINESSES}{business}/customers/", {"name": "Ann", "external_id": str(uuid4())}),
        ("POST", f"/v1/platform/{business}/oauth2/token/", None),
    ]


def opened(client: httpx.Client, business: str, headers: Any) -> set[int]:
    """What these credentials are answered at every door."""
    return {client.request(*door[:2], headers=headers, json=door[2]).status_code for door in doors(business)}


def test_a_revoked_key_opens_nothing_in_any_process(
    client: httpx.Client, other_server: httpx.Client, database_url: str
) -> None:
    """Given two keys of a partner and their tokens, known to two processes, when one key is revoked, then it and its
    tokens open nothing from then on, in neither process, and the other key opens what it did."""
    first = new_platform(database_url)
    business = new_business(client, first)
    key, second = another_key(database_url, first)
    tokens = [partner_token(each, second) for each in (client, other_server)]
    headers = [second.header, *map(bearer, tokens)]
    for each in (client, other_server):
        for one in (*headers, first.header):
            assert opened(each, business, one) <= {200, 201}
    revoke(database_url, key)
    for each in (client, other_server):
        assert [opened(each, business, one) for one in headers] == [{401}] * 3
        assert each.post("/v1/platform/oauth2/token/", headers=second.header).status_code == 401
        assert each.get("/whoami", headers=headers[1]).status_code == 401
        assert opened(each, business, first.header) <= {200, 201}


def test_a_key_that_ends_takes_its_tokens_along(
    client: httpx.Client, other_server: httpx.Client, database_url: str, database_urls: Urls
) -> None:
    """Given a key that ends in a quarter of an hour, when tokens are made with it, then they end no later; once it has
    ended, neither opens anything in any process."""
    platform = new_platform(database_url)
    business = new_business(client, platform)
    key, short = another_key(database_url, platform, expires_at=datetime.now(UTC) + timedelta(minutes=15))
    answer = client.post("/v1/platform/oauth2/token/", headers=short.header).json()
    said = jwt.decode(answer["access_token"], options={"verify_signature": False})
    assert key.expires_at is not None
    assert said["exp"] == int(key.expires_at.timestamp())
    assert answer["expires_in"] == said["exp"] - said["iat"]
    assert business_token_seconds(client, short, business) <= 900
    every = [
        (each, headers) for each in (client, other_server) for headers in (short.header, bearer(answer["access_token"]))
    ]
    assert all(opened(each, business, headers) <= {200, 201} for each, headers in every)
    with psycopg.connect(database_urls.owner) as connection:
        connection.execute("UPDATE partner_key SET expires_at = now() WHERE id = %s", [key.id])
    assert [opened(each, business, headers) for each, headers in every] == [{401}] * 4
    assert all(opened(each, business, platform.header) <= {200, 201} for each in (client, other_server))


def business_token_seconds(client: httpx.Client, platform: Platform, business: str) -> int:
    """How long a business token lasts that is asked for in Layer's dialect for a day."""
    token = client.post("/oauth2/token", headers=platform.header).json()["access_token"]
    asked = {"session_duration": 86_400}
    answer = client.post(f"/v1/businesses/{business}/auth-token", headers=bearer(token), json=asked)
    seconds: int = answer.json()["expires_in"]
    return seconds


def test_a_key_that_only_reads_makes_tokens_that_only_read(client: httpx.Client, database_url: str) -> None:
    """Given a key that only reads, when it and all tokens that can be made with it write, then 403 in each dialect."""
    platform = new_platform(database_url)
    business = new_business(client, platform)
    _, reader = another_key(database_url, platform, scope=Scope.READ)
    token = partner_token(client, reader, scope="duebook:full write")
    for headers in (reader.header, bearer(token), bearer(business_token(client, reader, business))):
        assert client.get(f"{BUSINESSES}{business}/insights/ar-aging/", headers=headers).status_code == 200
        answers = [
            client.post(f"{BUSINESSES}{business}/customers/", headers=headers, json={"name": "Ann"}),
            client.post(f"/v1/businesses/{business}/customers", headers=headers, json=CUSTOMER),
            client.post(f"/api/v1/businesses/{business}/commands", headers=headers, json=COMMANDS),
        ]
        layer = 401 if headers == reader.header else 403  # that dialect takes tokens alone
        assert [answer.status_code for answer in answers] == [403, layer, 403]
        assert "only reads" in answers[0].text
    assert client.post(BUSINESSES, headers=reader.header, json={}).status_code in (400, 403)
    assert client.get(f"{BUSINESSES}{business}/customers/", headers=platform.header).json()["count"] == 0


CUSTOMER = {"external_id": "ann", "individual_name": "Ann"}
COMMANDS = {"commands": [{"command": "put_party", "side": "receivable", "external_id": "ann", "name": "Ann"}]}


def test_the_word_in_the_scope_of_a_request_makes_a_token_that_reads(
    client: httpx.Client, platform: Platform, business: str
) -> None:
    """Given a full key, when tokens are asked for with the word among others, then they read, and so do the tokens made
    with them; the answers have the published shape, and without the word the tokens are full."""

    def scope(token: str) -> str:
        said: str = jwt.decode(token, options={"verify_signature": False}).get("scope", "full")
        return said

    words = "https://api.layerfi.com/production duebook:read"
    answer = client.post("/oauth2/token", auth=platform.basic, data={"scope": words})
    assert set(answer.json()) == {"access_token", "token_type", "expires_in"}
    reading = answer.json()["access_token"]
    business_answer = client.post(f"/v1/platform/{business}/oauth2/token/", headers=bearer(reading))
    assert business_answer.json()["scope"] == "business_access"
    tokens = [
        reading,
        partner_token(client, platform, scope="duebook:read"),
        business_token(client, platform, business, scope=words),
        business_answer.json()["access_token"],
        client.post(
            f"/v1/businesses/{business}/auth-token",
            headers=bearer(partner_token(client, platform)),
            json={"scope": "duebook:read"},
        ).json()["access_token"],
        client.get(f"/v1/businesses/{business}/auth-token", headers=bearer(reading)).json()["access_token"],
    ]
    assert [scope(token) for token in tokens] == ["read"] * 6
    full = [partner_token(client, platform, scope=text) for text in ("", "duebook:reader", "DUEBOOK:READ", "read")]
    assert [scope(token) for token in full] == ["full"] * 4


def test_a_token_that_says_more_than_its_key_is_held_to_the_key(client: httpx.Client, database_url: str) -> None:
    """Given a token without a scope, as an earlier release makes it with any key, when the key only reads, then the
    token does too."""
    platform = new_platform(database_url)
    business = new_business(client, platform)
    _, reader = another_key(database_url, platform, scope=Scope.READ)
    key_id, pem = signing_key(database_url)
    claims = jwt.decode(partner_token(client, reader), options={"verify_signature": False})
    claims.pop("scope")
    headers = bearer(jwt.encode(claims, pem, "ES256", headers={"kid": key_id}))
    assert client.get(f"{BUSINESSES}{business}/", headers=headers).status_code == 200
    assert client.post(f"{BUSINESSES}{business}/customers/", headers=headers, json={"name": "A"}).status_code == 403
    named = {"external_id": "x", "legal_name": "X", "entity_type": "ltd", "email": "x@example.com"}
    assert client.post(BUSINESSES, headers=headers, json=named).status_code == 403
    made = client.post(f"/v1/platform/{business}/oauth2/token/", headers=headers).json()["access_token"]
    assert jwt.decode(made, options={"verify_signature": False})["scope"] == "read"


def test_the_last_use_of_a_key_is_written_down_once_an_hour(
    client: httpx.Client, other_server: httpx.Client, database_url: str
) -> None:
    """Given a key, when it and its tokens are used in two processes, then its last use is written once."""
    platform = new_platform(database_url)
    assert [key.last_used_at for key in listed(database_url, platform)] == [None]
    token = partner_token(client, platform)
    until = time.monotonic() + 10
    while not (first := listed(database_url, platform)[0].last_used_at) and time.monotonic() < until:
        time.sleep(0.05)
    assert first is not None
    for each in (client, other_server):
        for headers in (platform.header, bearer(token)):
            assert each.get(BUSINESSES, headers=headers).status_code == 200
    with psycopg.connect(database_url) as connection:
        later = connection.execute("SELECT count(*) FROM partner_key WHERE last_used_at > %s", [first]).fetchone()
    assert later == (0,)


def test_after_a_leak_all_tokens_end_in_all_processes(
    client: httpx.Client, other_server: httpx.Client, database_url: str
) -> None:
    """Given tokens that two processes know, when the signing key is changed at once, then both refuse them within the
    stated time, publish the new key alone, and take each other's new tokens."""
    platform = new_platform(database_url)
    both = (client, other_server)
    tokens = [partner_token(each, platform) for each in both]
    for each in both:
        assert [each.get("/whoami", headers=bearer(token)).status_code for token in tokens] == [200, 200]

    async def changed() -> str:
        async with connected(database_url, readers=1, writers=1) as database:
            return (await rotate(database, at_once=True)).id

    kid = apart(changed())
    time.sleep(REFRESH_SECONDS)
    for each in both:
        answers = [each.get("/whoami", headers=bearer(token)) for token in tokens]
        assert [answer.status_code for answer in answers] == [401, 401]
        assert [key["kid"] for key in each.get("/.well-known/jwks.json").json()["keys"]] == [kid]
    for each in both:
        fresh = partner_token(each, platform)
        assert [other.get("/whoami", headers=bearer(fresh)).status_code for other in both] == [200, 200]


def test_the_key_set_is_enough_to_check_a_token(client: httpx.Client, platform: Platform) -> None:
    """Given a token, when another service checks it with what is published, then it can, and nothing private is there;
    the answer may be kept for a time that is short beside the day for which a key is known before it signs."""
    token = partner_token(client, platform)
    answer = client.get("/.well-known/jwks.json")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/jwk-set+json")
    assert answer.headers["cache-control"] == "public, max-age=300"
    for key in answer.json()["keys"]:
        assert set(key) == {"kty", "crv", "x", "y", "kid", "use", "alg"}
        assert (key["kty"], key["crv"], key["use"], key["alg"]) == ("EC", "P-256", "sig", "ES256")
    published = jwt.PyJWKSet.from_dict(answer.json())[jwt.get_unverified_header(token)["kid"]]
    said = jwt.decode(token, published, issuer="duebook", audience="duebook")
    assert said["partner_id"] == str(platform.partner_id)
    assert said["iat"] == said["nbf"]
