"""How often a partner may ask in Layer's dialect: a server that allows one request a second."""

import time
from typing import Final
from uuid import UUID

import httpx
import pytest

from duebook.http.settings import REQUESTS_PER_SECOND
from tests.http.layer_world import Layer, invoice, layer_token
from tests.http.world import Platform, bearer, new_business, new_platform

MANY: Final = 12
LIMITS: Final = ("x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset")


@pytest.fixture(scope="module")
def settings_of_server() -> dict[str, str]:
    """A server that allows little."""
    return {REQUESTS_PER_SECOND: "1"}


def asked(client: httpx.Client, headers: dict[str, str], path: str = "/whoami") -> list[httpx.Response]:
    """The answers to a few requests, one right after the other."""
    return [client.get(path, headers=headers) for _ in range(MANY)]


def test_beyond_the_limit_a_partner_is_told_to_come_again(client: httpx.Client, platform: Platform) -> None:
    """Given one request a second, when many are sent, then those beyond are refused as published."""
    answers = asked(client, bearer(layer_token(client, platform)))
    refused = [one for one in answers if one.status_code == 429]
    assert {one.status_code for one in answers} == {200, 429}
    assert refused[0].json() == {
        "type": "BadRequest",
        "description": "more than 1 requests a second: come again in a second",
        "error_enum": "ManualRateLimit",
    }
    assert {one.headers["retry-after"] for one in refused} == {"1"}
    for one in answers:
        limit, remaining, reset = (int(one.headers[name]) for name in LIMITS)
        assert (limit, remaining) == (1, 0)
        assert abs(reset - time.time()) < 60


def test_nothing_is_written_beyond_the_limit(client: httpx.Client, database_url: str) -> None:
    """Given a limit that is reached, when invoices are sent on and on, then those refused are not recorded."""
    platform = new_platform(database_url)
    layer = Layer(client, bearer(layer_token(client, platform)), new_business(client, platform))
    numbers = [str(number) for number in range(MANY)]
    done = {number: layer.ask("POST", "invoices", json=invoice(number)).status_code for number in numbers}
    assert set(done.values()) == {201, 429}
    while (found := layer.ask("GET", "invoices")).status_code == 429:
        time.sleep(int(found.headers["retry-after"]))
    assert [one["external_id"] for one in found.json()["data"]] == [number for number in numbers if done[number] == 201]


def test_each_partner_has_its_own_requests(client: httpx.Client, platform: Platform, database_url: str) -> None:
    """Given a partner that is over its limit, when another asks, then it is answered."""
    other = bearer(layer_token(client, new_platform(database_url)))
    assert asked(client, bearer(layer_token(client, platform)))[-1].status_code == 429
    assert client.get("/whoami", headers=other).status_code == 200


@pytest.mark.parametrize(
    ("path", "limit", "at_once"), [("invoices/bulk", 20, 40), (f"invoices/{UUID(int=7)}/write-off", 25, 25)]
)
def test_some_requests_have_a_limit_of_their_own(
    client: httpx.Client, database_url: str, path: str, limit: int, at_once: int
) -> None:
    """Given batches of invoices, or write-offs, when sent on and on, then as many pass at once as published, which is
    far over the general limit, and not all; they count for nothing else."""
    platform = new_platform(database_url)
    layer = Layer(client, bearer(layer_token(client, platform)), new_business(client, platform))
    answers = [layer.ask("POST", path, json=[]) for _ in range(300)]
    assert {one.headers["x-ratelimit-limit"] for one in answers} == {str(limit)}
    assert {one.status_code for one in answers[:at_once]} == {400}
    assert 429 in {one.status_code for one in answers}
    assert layer.ask("GET", "invoices").status_code == 200


def test_requests_without_good_credentials_are_not_counted(client: httpx.Client, platform: Platform) -> None:
    """Given no token, a bad one, or a request for one, when sent on and on, then none of the answers is a 429."""
    for headers in ({}, bearer("nonsense")):
        answers = asked(client, headers)
        assert {one.status_code for one in answers} == {401}
        assert not any(name in one.headers for one in answers for name in LIMITS)
    for _ in range(MANY):
        layer_token(client, platform)
