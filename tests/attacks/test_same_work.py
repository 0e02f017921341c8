"""How long an answer takes tells nothing of what there is: the same is asked of the database, whoever is named."""

from collections.abc import Callable, Iterator
from itertools import count
from uuid import uuid4

import httpx
import pytest

from duebook.db.embedded import Urls
from tests.attacks.tally import Attack
from tests.http.world import Platform, bearer, new_business, new_platform, partner_token, rotated
from tests.wire import Wire, wire

_WARM = 8
"""Statements are prepared when they were asked five times; after that they are asked the same way."""
_TIMES = 5
_ADDRESSES = count(1)


@pytest.fixture(scope="module")
def listened(database_urls: Urls) -> Iterator[Wire]:
    """The way from the server to its database."""
    with wire(database_urls.serve) as found:
        yield found


@pytest.fixture(scope="module")
def database_url(database_urls: Urls, listened: Wire) -> str:
    """The module's database by that way."""
    return listened.url(database_urls.serve)


def _elsewhere() -> dict[str, str]:
    """Each attempt has an address of its own, so that none has to wait for the failures of others."""
    number = next(_ADDRESSES)
    return {"X-Forwarded-For": f"10.0.{number // 256}.{number % 256}"}


def _asked(listened: Wire, ask: Callable[[], httpx.Response]) -> tuple[tuple[int, str], list[tuple[str, object]]]:
    """What was answered, and what was said to the database meanwhile."""
    before = len(listened.said)
    answer = ask()
    return (answer.status_code, str(answer.json().get("error_code"))), listened.said[before:]


def _see_that_all_work_alike(listened: Wire, attack: Attack, asks: dict[str, Callable[[], httpx.Response]]) -> None:
    for _ in range(_WARM):
        for ask in asks.values():
            ask()
    expected = None
    for _ in range(_TIMES):
        for name, ask in asks.items():
            found = _asked(listened, ask)
            expected = expected or found
            attack.tried(name, *([] if found == expected else [f"{found} is not {expected}"]))
    assert expected is not None
    assert expected[1], "nothing was asked of the database: nothing is compared"
    attack.failed(at_least=len(asks) * _TIMES)


def test_a_partner_that_is_not_there_is_as_much_work_as_one_that_is(
    client: httpx.Client, listened: Wire, database_url: str, attack: Attack
) -> None:
    """Given a wrong key, when it is for a partner with a key, with a revoked one, or for none, then all is the same."""
    there, revoked = new_platform(database_url), new_platform(database_url)
    rotated(database_url, revoked)

    def login(partner_id: object, key: str) -> Callable[[], httpx.Response]:
        def ask() -> httpx.Response:
            basic = httpx.BasicAuth(str(partner_id), key)
            return client.post("/v1/platform/oauth2/token/", auth=basic, headers=_elsewhere())

        return ask

    wrong = "dbk_" + "A" * 43
    asks = {
        "there": login(there.partner_id, wrong),
        "revoked key": login(revoked.partner_id, revoked.api_key),
        "another's key": login(there.partner_id, revoked.api_key),
        "not there": login(uuid4(), wrong),
    }
    _see_that_all_work_alike(listened, attack, asks)


@pytest.mark.parametrize("path", ["/v1/platform/businesses/{}/", "/v1/businesses/{}/invoices"])
def test_anothers_business_is_as_much_work_as_none(
    client: httpx.Client, listened: Wire, platform: Platform, other_platform: Platform, attack: Attack, path: str
) -> None:
    """Given a partner's token, when it asks about another's business, or about none, then all is the same."""
    theirs = new_business(client, other_platform)
    headers = bearer(partner_token(client, platform))

    def about(business_id: object) -> Callable[[], httpx.Response]:
        return lambda: client.get(path.format(business_id), headers=headers)

    _see_that_all_work_alike(listened, attack, {"another's": about(theirs), "nobody's": about(uuid4())})
