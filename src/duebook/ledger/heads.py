"""Signed heads: how far the chains had come at a moment, said with a key that the database does not hold.

Whoever owns the database can work out every hash of a chain again. What was signed before and is kept elsewhere gives
that away: the chains must still pass through exactly those heads.
Units: hashes are hexadecimal; the time of signing is in UTC.
Source: RFC 7515 (JWS), RFC 8037 (EdDSA); docs/reference/storage.md, "Signed heads".
"""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Annotated, Any, Final
from uuid import UUID

import jwt
import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from msgspec import Meta

from duebook.canonical import GENESIS
from duebook.db.pool import Connection
from duebook.db.queries import load
from duebook.ledger.head_keys import key_id
from duebook.tenancy.facts import BusinessId
from duebook.tenancy.gate import ReadTx, set_tenant
from duebook.tenancy.verify import Finding

_QUERIES: Final = load("duebook.ledger", "heads.sql")
_ALGORITHM: Final = "EdDSA"
_TYPE: Final = "duebook-heads+json"
_AT_ONCE: Final = 500


class BookHead(msgspec.Struct, frozen=True):
    """How far the books of a business had come."""

    business_id: UUID
    version: int
    hash: Annotated[str, Meta(description="Of that version, over all before it; hexadecimal")]


class PartnerHead(msgspec.Struct, frozen=True):
    """How far the chain of a partner had come."""

    partner_id: UUID
    sequence: int
    hash: str


class Heads(msgspec.Struct, frozen=True):
    """What is signed."""

    signed_at: Annotated[datetime, Meta(tz=True)]
    businesses: list[BookHead]
    partners: list[PartnerHead]


class SignedHeads(Heads, frozen=True, kw_only=True):
    """Heads to be read, which key signed them, and the same as it was signed: a compact JWS."""

    key_id: Annotated[str, Meta(description="The thumbprint (RFC 7638) of the key that signed")]
    jws: Annotated[str, Meta(description="The signature: a JWS (RFC 7515) over the heads and their time")]


class BadHeads(ValueError):
    """Heads are said in JSON, and signed as they are said; `rule` says what they are not."""

    def __init__(self, rule: str) -> None:
        self.rule = rule
        super().__init__(f"the heads {rule}")


async def signed_heads(connection: Connection, key: Ed25519PrivateKey, now: datetime) -> SignedHeads:
    """The heads of all businesses and of all partners, signed: needs nothing but a transaction, as any of our roles.

    They are of one moment if that is repeatable read; afterwards no business is set in it. `msgspec.json.encode` makes
    of them what `duebook verify --heads` reads.
    """
    return sign(await _heads(connection, now), key)


async def _heads(connection: Connection, now: datetime) -> Heads:
    businesses = [head async for head in _books(connection)]
    rows = await (await connection.execute(_QUERIES.partners)).fetchall()
    partners = [PartnerHead(row.partner_id, row.sequence, row.hash.hex()) for row in rows]
    return Heads(now.astimezone(UTC), businesses, partners)


async def signed_head(tx: ReadTx, key: Ed25519PrivateKey) -> SignedHeads:
    """The head of one business's books as this transaction sees it, signed: read and checked like those of all."""
    row: Any = await (await tx.connection.execute(_QUERIES.book, {"business_id": tx.business.id})).fetchone()
    return sign(Heads(tx.now.astimezone(UTC), [_book_head(row)], []), key)


def sign(heads: Heads, key: Ed25519PrivateKey) -> SignedHeads:
    """The heads with a signature over them."""
    public = key_id(key.public_key())
    jws = jwt.PyJWS().encode(msgspec.json.encode(heads), key, _ALGORITHM, headers={"typ": _TYPE, "kid": public})
    return SignedHeads(heads.signed_at, heads.businesses, heads.partners, key_id=public, jws=jws)


def read_heads(text: bytes) -> SignedHeads:
    """Heads from the text that they are kept as, which nothing has proved yet. Raises BadHeads."""
    try:
        heads = msgspec.json.decode(text, type=SignedHeads)
        heads.signed_at.astimezone(UTC)  # which no time at the very end of the calendar has
    except (msgspec.DecodeError, UnicodeDecodeError, OverflowError):
        raise BadHeads("cannot be read: they are the JSON that `duebook heads sign` prints") from None
    return heads


def proved(heads: SignedHeads, key: Ed25519PublicKey) -> Heads:
    """What was signed with this key. Raises BadHeads if it was not, or if the heads say anything else."""
    try:
        found = jwt.PyJWS().decode_complete(heads.jws, key, [_ALGORITHM])
        if found["header"].get("typ") != _TYPE:
            raise BadHeads("hold a signature that was made for something else")
        signed = msgspec.json.decode(found["payload"], type=Heads)
    except (jwt.PyJWTError, msgspec.DecodeError):
        raise BadHeads(f"are not signed with the key {key_id(key)}") from None
    if signed != Heads(heads.signed_at, heads.businesses, heads.partners) or heads.key_id != key_id(key):
        raise BadHeads("are not those that were signed")
    return signed


def of_business(heads: Heads, business_id: UUID) -> Heads:
    """The head of one business among these. Raises BadHeads if they have none."""
    books = [one for one in heads.businesses if one.business_id == business_id]
    if not books:
        raise BadHeads(f"say nothing of business {business_id}")
    return Heads(heads.signed_at, books, [])


async def departed(connection: Connection, heads: Heads) -> AsyncIterator[Finding]:
    """Where the chains do not pass through these heads, within a transaction of one moment."""
    for book in heads.businesses:
        await set_tenant(connection, BusinessId(book.business_id))
        values = {"business_id": book.business_id, "version": book.version}
        row: Any = await (await connection.execute(_QUERIES.book_at, values)).fetchone()
        now = row and (row.version, row.hash)
        if what := _departure("version", now, book.version, book.hash):
            yield Finding(f"business {book.business_id}", what)
    for chain in heads.partners:
        values = {"partner_id": chain.partner_id, "sequence": chain.sequence}
        row = await (await connection.execute(_QUERIES.chain_at, values)).fetchone()
        now = row and (row.sequence, row.hash)
        if what := _departure("event", now, chain.sequence, chain.hash):
            yield Finding(f"partner {chain.partner_id}", what)


async def surpassed(connection: Connection, heads: Heads) -> AsyncIterator[Finding]:
    """Where the chains go further than these heads, within a transaction of one moment."""
    there = await _heads(connection, heads.signed_at)
    versions = {one.business_id: one.version for one in heads.businesses}
    events = {one.partner_id: one.sequence for one in heads.partners}
    for book in there.businesses:
        if book.version > versions.get(book.business_id, -1):
            yield Finding(f"business {book.business_id}", f"has a version {book.version}, which was not signed")
    for chain in there.partners:
        if chain.sequence > events.get(chain.partner_id, 0):
            yield Finding(f"partner {chain.partner_id}", f"has an event {chain.sequence}, which was not signed")


def _departure(counted: str, now: tuple[int, bytes | None] | None, signed: int, hashed: str) -> str | None:
    """What is wrong with a chain that is `now` at a number, and has a hash at the one that was signed."""
    if now is None:
        return f"is gone, and its {counted} {signed} was signed"
    last, found = now
    if last < signed:
        return f"ends with {counted} {last}, and its {counted} {signed} was signed: what came after is gone"
    if (found or GENESIS).hex() != hashed:
        return f"does not have the {counted} {signed} that was signed: it was written anew"
    return None


async def _books(connection: Connection) -> AsyncIterator[BookHead]:
    rows = await (await connection.execute(_QUERIES.businesses)).fetchall()
    for first in range(0, len(rows), _AT_ONCE):
        async with connection.pipeline():
            asked = []
            for business in rows[first : first + _AT_ONCE]:
                await set_tenant(connection, BusinessId(business.id))
                asked.append(await connection.execute(_QUERIES.book, {"business_id": business.id}))
        for cursor in asked:
            for row in await cursor.fetchall():
                yield _book_head(row)
    await connection.execute("SET LOCAL duebook.business_id = ''")


def _book_head(row: Any) -> BookHead:
    return BookHead(row.business_id, row.version, row.hash.hex())
