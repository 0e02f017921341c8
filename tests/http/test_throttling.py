"""Logins that fail too often, from addresses that a proxy of the test's own says they come from."""

import base64
from uuid import uuid4

import httpx
import jwt

from duebook.http.throttle import WITH_ADDRESS
from tests.http.world import Platform, bearer, expired, new_platform, partner_token

TOKEN = "/v1/platform/oauth2/token/"


def at(address: str, platform: Platform, key: str | None = None) -> dict[str, str]:
    """The headers of a login from an address, with the partner's key or another."""
    credentials = f"{platform.partner_id}:{key or platform.api_key}"
    basic = base64.b64encode(credentials.encode()).decode()
    return {"Authorization": f"Basic {basic}", "X-Forwarded-For": f"8.8.8.8, {address}"}


def test_an_address_is_told_to_come_again_in_the_form_of_the_dialect(
    client: httpx.Client, database_url: str, business: str
) -> None:
    """Given an address that failed as often as is borne, when it signs in anywhere, rightly or not, then 429 says when
    to come again in each dialect's form; another address signs in, and nothing echoes the key."""
    platform = new_platform(database_url)
    wrong = at("192.0.2.1", platform, "dbk_wrong-and-secret")
    failed = [client.post(TOKEN, headers=wrong).status_code for _ in range(WITH_ADDRESS.failures)]
    assert failed == [401] * WITH_ADDRESS.failures
    right = at("192.0.2.1", platform)
    form = {"client_id": str(platform.partner_id), "client_secret": platform.api_key}
    answers = [
        client.post(TOKEN, headers=right),
        client.get(f"/v1/platform/businesses/{business}/insights/ar-aging/", headers=right),
        client.get(f"/api/v1/businesses/{business}/books", headers=right),
        client.post("/oauth2/token", headers=right),
        client.post("/oauth2/token", headers={"X-Forwarded-For": "192.0.2.1"}, data=form),
        client.post(TOKEN, headers=wrong),
    ]
    for answer in answers:
        assert answer.status_code == 429, answer.text
        assert 1 <= int(answer.headers["retry-after"]) <= WITH_ADDRESS.forgets_seconds
        assert "too many logins have failed" in answer.text
        assert platform.api_key not in answer.text
        assert "secret" not in answer.text
    assert answers[0].json()["error_code"] == "too_many_requests"
    assert answers[2].json()["code"] == "too_many_failed_logins"
    assert answers[3].json()["error_enum"] == "ManualRateLimit"
    assert client.post(TOKEN, headers=at("192.0.2.2", platform)).status_code == 200


def test_strangers_do_not_lock_a_partner_out(client: httpx.Client, other_platform: Platform) -> None:
    """Given a partner's id that strangers try from many addresses until they have to wait, when the partner signs in
    with a new key where nobody has failed, or with one that signed in before from a stranger's address, it gets in."""
    told, wrong, stranger = 0, {}, ""
    for stranger in (f"198.51.100.{number}" for number in range(250)):
        wrong = at(stranger, other_platform, "dbk_x")
        assert client.post(TOKEN, headers=wrong).status_code == 401
        told = client.post(TOKEN, headers=wrong).status_code
        if told == 429:
            break
    assert told == 429
    assert client.post(TOKEN, headers=at("203.0.113.1", other_platform)).status_code == 200
    assert client.post(TOKEN, headers=at(stranger, other_platform)).status_code == 200
    assert client.post(TOKEN, headers=wrong).status_code == 429


def test_tokens_that_are_over_are_no_failed_logins(
    client: httpx.Client, database_url: str, platform: Platform, business: str
) -> None:
    """Given a client that goes on with a token that is over or never was one, when it signs in again, then it may."""
    here = {"X-Forwarded-For": "192.0.2.77"}
    old = expired(database_url, partner_token(client, platform))
    stranger = jwt.encode({"iss": "x"}, "a secret that is long enough for it", headers={"kid": str(uuid4())})
    for token in (old, stranger, "abc"):
        for _ in range(WITH_ADDRESS.failures):
            answer = client.get(f"/v1/platform/businesses/{business}/", headers=bearer(token) | here)
            assert answer.status_code == 401
    assert client.post(TOKEN, headers=at("192.0.2.77", platform)).status_code == 200
