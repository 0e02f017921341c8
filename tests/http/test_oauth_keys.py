"""The keys that tokens are signed with."""

import asyncio
from uuid import uuid4

import pytest

from duebook.db.pool import Database
from duebook.oauth.errors import BadToken
from duebook.oauth.keys import Keyring
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
