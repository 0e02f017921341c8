"""The keys that tokens are signed with."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest
from psycopg import AsyncConnection

from duebook.db.embedded import Urls
from duebook.db.pool import Database
from duebook.oauth.errors import BadToken
from duebook.oauth.keys import REFRESH_SECONDS, UNKNOWN_SECONDS, Keyring
from duebook.oauth.rotation import rotate
from duebook.oauth.tokens import caller_of, issue
from duebook.tenancy.facts import Caller, KeyId, PartnerId, Scope, WireProfile

CALLER = Caller(PartnerId(uuid4()), KeyId(uuid4()), None, WireProfile.LIVE, Scope.FULL)


async def test_one_key_is_made_however_many_need_it(database: Database) -> None:
    """Given no key, when twenty processes sign at once, then one key is made, and each reads the others' tokens."""
    keyrings = [Keyring(database) for _ in range(20)]
    tokens = [one.access_token for one in await asyncio.gather(*(issue(keyring, CALLER) for keyring in keyrings))]
    assert len({(await keyring.to_sign()).id for keyring in keyrings}) == 1
    for keyring, token in zip(keyrings, reversed(tokens), strict=True):
        assert await caller_of(keyring, f"Bearer {token}") == CALLER


async def test_a_key_made_by_another_process_is_found(database: Database) -> None:
    """Given a process that has read the keys, when another makes a new one, then tokens of both are read."""
    early, late = Keyring(database), Keyring(database)
    old = (await issue(early, CALLER)).access_token
    async with database.writers.connection() as connection:
        await connection.execute("UPDATE signing_key SET retired_at = now()")
    new = (await issue(late, CALLER)).access_token
    assert await caller_of(early, f"Bearer {new}") == CALLER
    with pytest.raises(BadToken, match="is not signed with one of our keys"):
        await caller_of(late, f"Bearer {old}")


async def test_the_scheme_is_read_in_any_case(database: Database) -> None:
    """Given a good token, when the scheme is spelled in capitals or followed by blanks, then it is read."""
    keyring = Keyring(database)
    token = (await issue(keyring, CALLER, seconds=60)).access_token
    for header in (f"bearer {token}", f"BEARER {token}", f" Bearer   {token} "):
        assert await caller_of(keyring, header) == CALLER


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        """The time that it shows."""
        return self.now


async def shifted(url: str, days: float) -> None:
    """Let so many days pass for the keys that there are."""
    async with await AsyncConnection.connect(url) as connection:
        passed = timedelta(days=days)
        await connection.execute("UPDATE signing_key SET signs_from = signs_from - %(passed)s", {"passed": passed})


async def test_a_key_is_followed_by_another_without_a_gap(database: Database, database_urls: Urls) -> None:
    """Given two processes that share keys, when weeks pass, then the next key is published before it signs, tokens of
    the old one hold as long as any may, and then they do not, even where they are known; its private half is gone."""
    await rotate(database, at_once=True)
    clock = Clock()
    first, second = (Keyring(database, clock=clock) for _ in range(2))
    old = (await issue(first, CALLER)).access_token

    async def published() -> list[list[str]]:
        clock.now += REFRESH_SECONDS
        return [[key["kid"] for key in await each.published()] for each in (first, second)]

    async def opens(token: str) -> list[Caller]:
        return [await caller_of(each, f"Bearer {token}") for each in (first, second)]

    [kid], _ = await published()
    await shifted(database_urls.owner, 29.01)
    both = await published()
    assert both[0] == both[1]
    assert both[0][0] == kid
    assert len(both[0]) == 2
    assert {(await each.to_sign()).id for each in (first, second)} == {kid}
    await shifted(database_urls.owner, 1)
    assert await published() == both
    assert {(await each.to_sign()).id for each in (first, second)} == {both[0][1]}
    new = (await issue(second, CALLER)).access_token
    assert await opens(old) == await opens(new) == [CALLER, CALLER]
    await shifted(database_urls.owner, 0.98)
    assert await opens(old) == [CALLER, CALLER]
    await shifted(database_urls.owner, 0.1)
    assert await published() == [both[0][1:]] * 2
    for each in (first, second):
        with pytest.raises(BadToken, match="is not signed with one of our keys"):
            await caller_of(each, f"Bearer {old}")
    assert await opens(new) == [CALLER, CALLER]
    async with database.readers.connection() as connection:
        rows = await (await connection.execute("SELECT private_pem FROM signing_key WHERE id = %s", [kid])).fetchall()
    assert [row.private_pem for row in rows] == [None]


async def test_twenty_processes_make_one_next_key(database: Database, database_urls: Urls) -> None:
    """Given a key whose time is nearly over, when twenty processes notice at once, then one key is made."""
    await rotate(database, at_once=True)
    await shifted(database_urls.owner, 29.9)
    keyrings = [Keyring(database) for _ in range(20)]
    sets = await asyncio.gather(*(keyring.published() for keyring in keyrings))
    assert {len(keys) for keys in sets} == {2}
    assert len({keys[1]["kid"] for keys in sets}) == 1


async def test_unknown_keys_are_looked_for_once_a_second(database: Database) -> None:
    """Given tokens with keys that nobody has, when a hundred come in a second, then the database is asked once."""
    clock = Clock()
    keyring = Keyring(database, clock=clock)
    await keyring.to_sign()
    reads = 0
    read = keyring._read

    async def counted() -> None:
        nonlocal reads
        reads += 1
        await read()

    keyring._read = counted  # type: ignore[method-assign]
    for number in range(100):
        assert await keyring.named(f"unknown {number}") is None
    assert reads == 1
    clock.now += UNKNOWN_SECONDS
    assert await keyring.named("unknown") is None
    assert reads == 2
