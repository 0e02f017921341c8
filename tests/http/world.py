"""A partner with businesses and books, as the tests of the server need them."""

import asyncio
import base64
import time
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any, TypeVar
from uuid import UUID, uuid4

import httpx
import jwt
import psycopg

from duebook.db.pool import connected
from duebook.ledger.commands import Command
from duebook.ledger.store import record
from duebook.ledger.verify import verify
from duebook.ledger.working import Recorded
from duebook.tenancy.facts import OPERATOR, BusinessId, PartnerId, WireProfile
from duebook.tenancy.gate import read_tx, write_tx
from duebook.tenancy.keys import rotate_key
from duebook.tenancy.partners import create_partner


@dataclass(frozen=True)
class Platform:
    """A partner and its key."""

    partner_id: UUID
    api_key: str

    @property
    def basic(self) -> httpx.BasicAuth:
        """Its own credentials, as Basic."""
        return httpx.BasicAuth(str(self.partner_id), self.api_key)

    @property
    def header(self) -> dict[str, str]:
        """The header that holds them."""
        return {"Authorization": f"Basic {base64.b64encode(f'{self.partner_id}:{self.api_key}'.encode()).decode()}"}


def bearer(token: str) -> dict[str, str]:
    """The header that holds a token."""
    return {"Authorization": f"Bearer {token}"}


def partner_token(client: httpx.Client, platform: Platform, **asked: str) -> str:
    """A partner's token, asked for with this form."""
    answer = client.post("/v1/platform/oauth2/token/", auth=platform.basic, data=asked)
    assert answer.status_code == 200, answer.text
    token: str = answer.json()["access_token"]
    return token


def business_token(client: httpx.Client, platform: Platform, business_id: str, **asked: str) -> str:
    """A token for one business, asked for with this form."""
    answer = client.post(f"/v1/platform/{business_id}/oauth2/token/", auth=platform.basic, data=asked)
    assert answer.status_code == 200, answer.text
    token: str = answer.json()["access_token"]
    return token


def new_business(client: httpx.Client, platform: Platform, **fields: Any) -> str:
    """The id of a new business."""
    asked = {
        "external_id": str(uuid4()),
        "legal_name": "Example Trading",
        "entity_type": "ltd",
        "email": "books@example.com",
        "base_currency": "USD",
    }
    answer = client.post("/v1/platform/businesses/", auth=platform.basic, json=asked | fields)
    assert answer.status_code == 201, answer.text
    business_id: str = answer.json()["id"]
    return business_id


T = TypeVar("T")


def apart(done: Coroutine[Any, Any, T]) -> T:
    """What a coroutine returns, run in a thread of its own: tests of the server are plain functions."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, done).result()


def new_platform(database_url: str, wire_profile: WireProfile = WireProfile.PUBLISHED) -> Platform:
    """A new partner with its key."""

    async def made() -> Platform:
        async with connected(database_url, readers=1, writers=1) as database:
            partner, api_key = await create_partner(database, "Example Platform", wire_profile)
            return Platform(partner.id, api_key)

    return apart(made())


def rotated(database_url: str, platform: Platform) -> Platform:
    """The same partner with a new key; the old one is revoked."""

    async def made() -> Platform:
        async with connected(database_url, readers=1, writers=1) as database:
            return replace(platform, api_key=await rotate_key(database, PartnerId(platform.partner_id)))

    return apart(made())


def signing_key(database_url: str) -> tuple[str, str]:
    """The id of the server's signing key, and the key itself as PEM."""
    with psycopg.connect(database_url) as connection:
        row = connection.execute("SELECT id, private_pem FROM signing_key").fetchone()
    assert row is not None
    return row[0], row[1]


def expired(database_url: str, token: str) -> str:
    """The same token, made so that it ended a minute ago."""
    key_id, pem = signing_key(database_url)
    claims = jwt.decode(token, options={"verify_signature": False})
    return jwt.encode(claims | {"exp": int(time.time()) - 60}, pem, "ES256", headers={"kid": key_id})


def findings(database_url: str, business_id: str) -> list[str]:
    """What is wrong with the books of a business."""

    async def found() -> list[str]:
        async with (
            connected(database_url, readers=1, writers=1) as database,
            read_tx(database, OPERATOR, BusinessId(UUID(business_id))) as tx,
        ):
            return [str(one) async for one in verify(tx)]

    return apart(found())


def write(database_url: str, business_id: str, *commands: Command) -> list[Recorded]:
    """Record commands in the books of a business, as one version."""

    async def done() -> list[Recorded]:
        async with (
            connected(database_url, readers=1, writers=1) as database,
            write_tx(database, OPERATOR, BusinessId(UUID(business_id)), "test") as tx,
        ):
            return [one for one in await record(tx, commands) if one]

    return apart(done())
