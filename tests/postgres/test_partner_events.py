"""What happens to a partner, its keys and its businesses is chained by hash, one event a change."""

import asyncio
import hashlib
import json
from datetime import UTC
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg.rows import namedtuple_row

from duebook.db.embedded import Urls
from duebook.db.pool import Database, connected
from duebook.tenancy.businesses import NewBusiness, create_business
from duebook.tenancy.facts import Caller, KeyId, PartnerId, Scope, WireProfile
from duebook.tenancy.keys import caller_of_secret, rotate_key
from duebook.tenancy.partners import create_partner


def events(urls: Urls, partner_id: UUID) -> list[Any]:
    """The chain of a partner, proved by a second reading of its written form."""
    with psycopg.connect(urls.serve, row_factory=namedtuple_row) as connection:
        rows: list[Any] = connection.execute(
            "SELECT sequence, recorded_at, operation, actor::text, what::text, hash FROM partner_event"
            " WHERE partner_id = %s ORDER BY sequence",
            [partner_id],
        ).fetchall()
    hashed = bytes(32)
    for place, row in enumerate(rows, 1):
        assert row.sequence == place
        time = row.recorded_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f+00:00")
        digest = hashlib.sha256(row.what.encode()).hexdigest()
        hashed = hashlib.sha256(hashed + f"{place}|{time}|{row.operation}|{row.actor}|{digest}\n".encode()).digest()
        assert row.hash == hashed
    return rows


async def test_each_change_is_an_event_that_says_how_its_rows_stand(database: Database, database_urls: Urls) -> None:
    """Given a partner whose key makes a business and is rotated, when its chain is read, then it tells of each."""
    partner, secret = await create_partner(database, "Größer", WireProfile.LIVE)
    caller = await caller_of_secret(database, partner.id, secret)
    assert caller
    new = NewBusiness(external_id="b-1", name="Books", base_currency="USD", profile={"phone": "123"})
    business = (await create_business(database, partner.id, new, caller)).business
    assert not (await create_business(database, partner.id, new, caller)).created
    await rotate_key(database, partner.id)
    made, opened, rotated = events(database_urls, partner.id)
    assert [one.operation for one in (made, opened, rotated)] == ["partner made", "business made", "keys rotated"]
    stated = json.loads(made.what)
    assert [one["name"] for one in stated["partner"]] == ["Größer"]
    assert [one["id"] for one in stated["key"]] == [str(caller.key_id)]
    assert json.loads(opened.actor)["key_id"] == str(caller.key_id)
    [told] = json.loads(opened.what)["business"]
    assert (told["id"], told["external_id"], told["name"]) == (str(business.id), "b-1", "Books")
    keys = json.loads(rotated.what)["key"]
    assert [one["revoked_at"] is None for one in keys] == [False, True]
    everything = "".join(one.what for one in (made, opened, rotated))
    assert secret not in everything
    assert hashlib.sha256(secret.encode()).hexdigest() not in everything
    assert "123" not in everything


async def test_businesses_made_at_once_stand_in_one_chain(database_url: str, database_urls: Urls) -> None:
    """Given sixteen businesses of two partners made at once, some of them twice, when the chains are read, then each
    has one event."""
    async with connected(database_url, readers=2, writers=12) as database:
        partners = [(await create_partner(database, name, WireProfile.PUBLISHED))[0] for name in ("One", "Two")]
        asked = [
            create_business(
                database,
                partner.id,
                NewBusiness(external_id=f"b-{number % 8}", name="Books", base_currency="USD"),
                Caller(PartnerId(partner.id), KeyId(UUID(int=number)), None, WireProfile.PUBLISHED, Scope.FULL),
            )
            for number in range(12)
            for partner in partners
        ]
        made = [one for one in await asyncio.gather(*asked) if one.created]
    assert len(made) == 16
    for partner in partners:
        told = [json.loads(one.what)["business"] for one in events(database_urls, partner.id)[1:]]
        assert sorted(one["external_id"] for [one] in told) == [f"b-{number}" for number in range(8)]


@pytest.mark.parametrize("statement", ["UPDATE partner_event SET sequence = 1", "DELETE FROM partner_event"])
def test_the_serving_role_cannot_change_an_event(database_url: str, statement: str) -> None:
    """Given the serving role, when it changes or removes an event, then it may not."""
    with psycopg.connect(database_url) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(statement)
