"""Whoever changes what is stored is found: by `verify` alone or, who writes a whole chain anew, by signed heads.

Outside of what is proved: answers kept for idempotency keys, when a key was last used, the keys that tokens are signed
with, which checkpoints there are and when they are due, and the form of a version's hash where two forms give the same.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from psycopg.rows import dict_row

from duebook.canonical import GENESIS
from duebook.db.embedded import Urls
from duebook.db.pool import Database, connected
from duebook.ledger.heads import Heads, signed_heads
from duebook.tenancy.businesses import NewBusiness, create_business
from duebook.tenancy.events import event_hash
from duebook.tenancy.facts import Business, PartnerId, Scope, WireProfile
from duebook.tenancy.keys import create_key, revoke_key, rotate_key
from duebook.tenancy.partners import create_partner
from tests.postgres.tampering import found_by_heads, found_in_books, found_of_partners, meddling
from tests.postgres.test_ledger_chain import TABLES, recomputed
from tests.postgres.worlds import Books, invoice, payment

KEY: Final = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
NOON: Final = datetime(2025, 1, 31, 12, tzinfo=UTC)


@dataclass(frozen=True)
class World:
    """A partner with keys of each kind, the books of its business, another partner, and the heads signed of it all."""

    business: Business
    stranger: PartnerId
    heads: Heads

    @property
    def ids(self) -> dict[str, Any]:
        """What statements and findings call by a name."""
        return {"partner": self.business.partner_id, "stranger": self.stranger, "business": self.business.id}


async def new_world(database: Database) -> World:
    """Books of three versions, and a partner of six events, of which the last revokes the key `lost`."""
    partner, _ = await create_partner(database, "Example Platform", WireProfile.PUBLISHED)
    new = NewBusiness(external_id="b-1", name="Example", base_currency="USD", profile={"phone": "1"})
    business = (await create_business(database, partner.id, new)).business
    await rotate_key(database, partner.id)
    await create_key(database, partner.id, name="reports", scope=Scope.READ, expires_at=NOON)
    ended, _ = await create_key(database, partner.id, name="lost")
    await revoke_key(database, ended.id)
    books = Books(database, business.id)
    await books.write(invoice("A-1", 100, "2025-01-10"))
    await books.write(payment("P-1", 60, "2025-01-20", paid={"A-1": 40}))
    await books.write(invoice("A-2", 70, "2025-01-11", party="Bo"))
    stranger, _ = await create_partner(database, "Stranger", WireProfile.LIVE)
    async with database.readers.connection() as connection:
        return World(business, stranger.id, await signed_heads(connection, KEY, NOON))


@pytest.fixture(scope="module")
async def kept(database_url: str) -> World:
    """What every change is undone in."""
    async with connected(database_url, readers=1, writers=1) as database:
        return await new_world(database)


async def test_nothing_is_found_where_nothing_was_changed(database_urls: Urls, kept: World) -> None:
    """Given a partner with keys and books, when all is verified, then nothing is found."""
    async with meddling(database_urls) as connection:
        assert await found_in_books(connection, database_urls, kept.business) == []
        assert await found_of_partners(connection, database_urls) == []
        assert await found_by_heads(connection, database_urls, kept.heads) == []


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        (
            "INSERT INTO partner_key (id, partner_id, secret_hash) VALUES (gen_random_uuid(), %(partner)s, 'x')",
            "stands there, and no event tells of it",
        ),
        (
            "UPDATE partner_key SET revoked_at = NULL WHERE name = 'lost' AND {ours}",
            "has another revoked_at than event 6",
        ),
        (
            "UPDATE partner_key SET scope = 'full', expires_at = NULL WHERE name = 'reports' AND {ours}",
            "has another expires_at and scope than event 4 says",
        ),
        (
            "UPDATE partner_key SET secret_hash = 'x' WHERE name = 'rotated' AND {ours}",
            "has another secret than event 3",
        ),
        (
            "UPDATE partner_key SET partner_id = %(stranger)s WHERE name = 'lost' AND {ours}",
            "belongs to partner {stranger} now, and event 6 is of {partner}",
        ),
        ("DELETE FROM partner_key WHERE name = 'lost' AND {ours}", "is gone, and event 6 tells of it"),
        (
            "UPDATE business SET partner_id = %(stranger)s WHERE {ours}",
            "business {business}: belongs to partner {stranger} now, and event 2 is of {partner}",
        ),
        (
            "UPDATE business SET partner_id = %(stranger)s WHERE {ours}",
            "business {business}: stands there, and no event tells of it",
        ),
        (
            "UPDATE business SET profile = '[]' WHERE {ours}",
            "business {business}: has another profile than event",
        ),
        ("DELETE FROM business WHERE {ours}", "business {business}: is gone, and event 2 tells of it"),
        (
            "UPDATE partner SET name = 'Other' WHERE id = %(partner)s",
            "partner {partner}: has another name than event 1",
        ),
        (
            "INSERT INTO partner (id, name, wire_profile) VALUES (gen_random_uuid(), 'Eve', 'live')",
            "stands there, and no event tells of it",
        ),
        ("DELETE FROM partner WHERE id = %(partner)s", "partner {partner}: is gone, and event 1 tells of it"),
        (
            "UPDATE partner_event SET what = '[]' WHERE sequence = 2 AND {ours}",
            "event 2: does not have the hash",
        ),
        (
            "UPDATE partner_event SET what = '[]' WHERE sequence = 2 AND {ours}",
            "event 2: says nothing that can be",
        ),
        ("UPDATE partner_event SET actor = '[]' WHERE sequence = 2 AND {ours}", "event 2: does not have the hash"),
        ("DELETE FROM partner_event WHERE sequence = 2 AND {ours}", "event 3: follows event 1: there is a gap"),
        (
            "UPDATE partner_event SET recorded_at = '2000-01-01Z' WHERE sequence = 2 AND {ours}",
            "event 2: was recorded before the event it follows",
        ),
    ],
)
async def test_a_change_behind_a_partners_back_is_found(
    database_urls: Urls, kept: World, statement: str, found: str
) -> None:
    """Given a partner, when a row of it, its keys or its businesses is changed with plain SQL, then that is found."""
    async with meddling(database_urls) as connection:
        await connection.execute(statement.format(ours="partner_id = %(partner)s"), kept.ids)
        assert found.format(**kept.ids) in "\n".join(await found_of_partners(connection, database_urls))


# Who works all hashes out again, or puts an older state back, leaves nothing for `verify` to see.


@pytest.fixture
def owner(database_urls: Urls) -> Iterator[psycopg.Connection[dict[str, Any]]]:
    """Somebody who may do everything, for good."""
    with psycopg.connect(database_urls.superuser, row_factory=dict_row, autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        yield connection


async def found(database_urls: Urls, world: World) -> list[str]:
    """What heads say, where `verify` says nothing."""
    async with meddling(database_urls) as connection:
        assert await found_in_books(connection, database_urls, world.business) == []
        assert await found_of_partners(connection, database_urls) == []
        return await found_by_heads(connection, database_urls, world.heads)


async def test_books_that_were_written_anew_are_found_by_heads_alone(
    database: Database, database_urls: Urls, owner: psycopg.Connection[dict[str, Any]]
) -> None:
    """Given signed heads, when a name is changed and all hashes are worked out again, then only heads find it."""
    world = await new_world(database)
    business_id = world.business.id
    owner.execute("UPDATE party_fact SET name = 'Eve' WHERE business_id = %s AND name = 'Ann'", [business_id])
    for version, hashed in recomputed(owner, business_id):
        values = [hashed, business_id, version]
        owner.execute("UPDATE ledger_version SET hash = %s WHERE business_id = %s AND version = %s", values)
        owner.execute("UPDATE book SET hash = %s WHERE business_id = %s AND version = %s", values)
    assert await found(database_urls, world) == [
        f"business {business_id}: does not have the version 3 that was signed: it was written anew"
    ]


async def test_books_whose_end_was_cut_off_are_found_by_heads_alone(
    database: Database, database_urls: Urls, owner: psycopg.Connection[dict[str, Any]]
) -> None:
    """Given signed heads, when the books are as they were a version earlier, then only heads find it."""
    world = await new_world(database)
    of_the_last = [world.business.id, 3]
    owner.execute(
        "DELETE FROM open_item USING document WHERE document.id = document_id"
        " AND document.business_id = %s AND document.version = %s",
        of_the_last,
    )
    for table in (*TABLES, "ledger_version"):
        owner.execute(f"DELETE FROM {table} WHERE business_id = %s AND version = %s", of_the_last)
    owner.execute(
        "UPDATE book SET version = last.version, hash = last.hash, recorded_at = last.recorded_at"
        " FROM ledger_version AS last WHERE last.business_id = book.business_id AND last.version = 2"
        " AND book.business_id = %s AND book.version = %s",
        of_the_last,
    )
    assert await found(database_urls, world) == [
        f"business {world.business.id}: ends with version 2, and its version 3 was signed: what came after is gone"
    ]


async def test_a_revocation_that_never_was_is_found_by_heads_alone(
    database: Database, database_urls: Urls, owner: psycopg.Connection[dict[str, Any]]
) -> None:
    """Given signed heads, when a key's revocation is taken out of the chain as well, then only heads find it."""
    world = await new_world(database)
    partner_id = world.business.partner_id
    owner.execute("UPDATE partner_key SET revoked_at = NULL WHERE name = 'lost' AND partner_id = %s", [partner_id])
    owner.execute("DELETE FROM partner_event WHERE sequence = 6 AND partner_id = %s", [partner_id])
    assert await found(database_urls, world) == [
        f"partner {partner_id}: ends with event 5, and its event 6 was signed: what came after is gone"
    ]


async def test_a_partners_chain_that_was_written_anew_is_found_by_heads_alone(
    database: Database, database_urls: Urls, owner: psycopg.Connection[dict[str, Any]]
) -> None:
    """Given signed heads, when a partner is renamed and its chain worked out again, then only heads find it."""
    world = await new_world(database)
    partner_id, hashed = world.business.partner_id, GENESIS
    owner.execute("UPDATE partner SET name = 'Other' WHERE id = %s", [partner_id])
    chain = owner.execute(
        "SELECT *, actor::text AS actor_text FROM partner_event WHERE partner_id = %s ORDER BY sequence", [partner_id]
    ).fetchall()
    for row in chain:
        what = json.dumps(row["what"]).replace("Example Platform", "Other")
        time = row["recorded_at"].astimezone(UTC)
        hashed = event_hash(hashed, row["sequence"], time, row["operation"], row["actor_text"], what)
        owner.execute(
            "UPDATE partner_event SET what = %s, hash = %s WHERE partner_id = %s AND sequence = %s",
            [what, hashed, partner_id, row["sequence"]],
        )
    assert await found(database_urls, world) == [
        f"partner {partner_id}: does not have the event 6 that was signed: it was written anew"
    ]


async def test_a_business_that_is_gone_is_found_by_heads(database_urls: Urls, kept: World) -> None:
    """Given signed heads, when a business and its books are taken away, then heads say so."""
    async with meddling(database_urls) as connection:
        for table in (*TABLES, "open_item", "ledger_version", "book"):
            await connection.execute(f"DELETE FROM {table} WHERE business_id = %s", [kept.business.id])
        await connection.execute("DELETE FROM business WHERE id = %s", [kept.business.id])
        assert await found_by_heads(connection, database_urls, kept.heads) == [
            f"business {kept.business.id}: is gone, and its version 3 was signed"
        ]
