"""Nothing secret is in a log, an error, an address or a list of processes."""

import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any
from uuid import uuid4

import httpx
import pytest

from duebook.http.server import APP
from tests.conftest import served
from tests.http.world import Platform, bearer, business_token, new_business, new_platform, partner_token, signing_key

TOKEN = "/v1/platform/oauth2/token/"


@pytest.fixture(scope="module")
def log() -> Iterator[IO[bytes]]:
    """What the server says."""
    with tempfile.TemporaryFile() as file:
        yield file


@pytest.fixture(scope="module")
def process(
    database_url: str, settings_of_server: dict[str, str], log: IO[bytes]
) -> Iterator[tuple[str, "subprocess.Popen[bytes]"]]:
    """A server whose log is kept: its address and its process."""
    with served(database_url, settings_of_server, APP, log) as running:
        yield running


@pytest.fixture(scope="module")
def server(process: tuple[str, "subprocess.Popen[bytes]"]) -> str:
    """The address of that server."""
    return process[0]


@pytest.mark.parametrize("name", ["access_token", "token", "client_secret", "api_key", "authorization"])
def test_credentials_in_an_address_open_nothing(
    client: httpx.Client, platform: Platform, business: str, name: str
) -> None:
    """Given a good key or token, when it stands in the query of a request without the header, then 401."""
    for secret in (platform.api_key, partner_token(client, platform)):
        query = {"client_id": str(platform.partner_id), name: secret}
        answers = [
            client.get(f"/v1/platform/businesses/{business}/", params=query),
            client.get(f"/v1/businesses/{business}/customers", params=query),
            client.get(f"/api/v1/businesses/{business}/books", params=query),
            client.post("/oauth2/token", params=query),
            client.post(TOKEN, params=query),
        ]
        assert [answer.status_code for answer in answers] == [401] * 5


def test_secrets_are_neither_logged_nor_repeated(
    client: httpx.Client, database_url: str, log: IO[bytes], process: tuple[str, "subprocess.Popen[bytes]"]
) -> None:
    """Given keys and tokens, good and bad, in every place that a client may put them, when requests fail and succeed,
    then no answer but that with a new token has one in it, and neither has the log nor the list of processes."""
    platform = new_platform(database_url)
    business = new_business(client, platform)
    token, narrow = partner_token(client, platform), business_token(client, platform, business)
    _, private = signing_key(database_url)
    secrets = [platform.api_key, "dbk_a-wrong-one", token, narrow, narrow[:-4]]
    answers = [answer for secret in secrets for answer in misplaced(client, platform, business, secret)]
    listed = Path(f"/proc/{process[1].pid}/cmdline").read_bytes()
    log.seek(0)
    said = log.read()
    assert {answer.status_code for answer in answers} == {400, 401, 405}
    assert len(said.splitlines()) >= len(answers)
    for secret in (*secrets, private.splitlines()[1]):
        told = {answer.url.path for answer in answers if secret in answer.text or secret in str(answer.headers)}
        assert told == set()
        assert secret.encode() not in said
        assert secret.encode() not in listed


def misplaced(client: httpx.Client, platform: Platform, business: str, secret: str) -> list[httpx.Response]:
    """The answers to requests with a secret in all kinds of places, none of which gets a new token."""
    partner = str(platform.partner_id)
    books = f"/api/v1/businesses/{business}"
    basic = platform.header
    json: list[tuple[str, str, Any]] = [
        (TOKEN, "POST", {"client_secret": [secret]}),
        (TOKEN, "POST", {"client_id": secret}),
        ("/oauth2/token", "POST", {"client_id": secret, "client_secret": secret}),
        ("/oauth2/token", "POST", {"client_id": partner, "client_secret": {"a": secret}}),
        ("/v1/platform/businesses/", "DELETE", {"client_secret": secret}),
    ]
    return [
        client.get(f"{books}/books?access_token={secret}"),
        client.get(f"{books}/books", params={"key": secret, "api_key": secret}),
        client.post(TOKEN, params={"client_id": partner, "client_secret": secret}),
        client.post("/oauth2/token", params={"client_id": partner, "client_secret": secret}),
        client.get(f"/v1/platform/businesses/{business}/", params={"token": secret}),
        client.get(f"{books}/books", auth=httpx.BasicAuth(str(uuid4()), secret)),
        client.get(f"{books}/books", auth=httpx.BasicAuth(secret, partner)),
        client.get(f"{books}/books", headers={"Authorization": secret}),
        client.get(f"{books}/books", headers={"Authorization": f"Token {secret}"}),
        client.get(f"{books}/books", headers=bearer(f"{secret}x")),
        client.post("/v1/platform/businesses/", headers=bearer(f"{secret}.{secret}.{secret}"), json={}),
        client.post(f"/v1/platform/{business}/oauth2/token/", headers=bearer(f"a.{secret}.b")),
        client.post(TOKEN, headers=basic, content=f"client_secret={secret}&client_secret={secret}"),
        client.post(TOKEN, headers=basic, content=f'{{"client_secret": "{secret}"'),
        *(client.request(method, path, headers=basic, json=body) for path, method, body in json),
    ]
