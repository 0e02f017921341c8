"""`duebook verify`: prove the books of one business, or of all and the chains of all partners, from what is stored.

Source: docs/howto/command-line.md, "Verify"; docs/howto/prove-the-books.md.
"""

import asyncio
from collections.abc import Callable
from datetime import UTC
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID
from zoneinfo import ZoneInfoNotFoundError

import psycopg
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cyclopts import Parameter

from duebook.cli.connection import USUAL, Where, head_key_of, opened, serving_url
from duebook.cli.exits import DONE, REFUSED, UsageError
from duebook.cli.output import print_json, printable, progress
from duebook.cli.partner import AsJson
from duebook.db.pool import Database
from duebook.ledger.head_keys import NoHeadKey, public_key
from duebook.ledger.heads import BadHeads, SignedHeads, departed, of_business, proved, read_heads
from duebook.ledger.verify import verify as verify_books
from duebook.tenancy.errors import BusinessNotFound
from duebook.tenancy.events import last_of
from duebook.tenancy.facts import OPERATOR, BusinessId
from duebook.tenancy.gate import read_tx
from duebook.tenancy.verify import Finding, businesses_there, partners_named, verify_partner

Proved = dict[str, Any]
"""What was looked at, how far it goes, and what was found."""

News = Callable[[str], None]


def verify(
    *,
    business: Annotated[
        UUID | None, Parameter(help="Only this business; else all partners and all businesses, one after the other.")
    ] = None,
    heads: Annotated[Path | None, Parameter(help="Signed heads, which the chains must pass through.")] = None,
    head_key: Annotated[Path | None, Parameter(help="The public key of the heads, if it is not this server's.")] = None,
    as_json: AsJson = False,
    where: Where = USUAL,
) -> int:
    """Work out again what is stored: versions, hashes, entries, open items, partners, keys. Says what differs."""
    if head_key and not heads:
        raise UsageError("--head-key is the key of signed heads: name these with --heads")
    kept = _read(heads) if heads else None
    with serving_url(where) as url, progress("Verifying") as news:
        key = None if kept is None else _key(head_key, where)

        async def run() -> list[Proved]:
            async with opened(url) as database:
                found = await prove(database, news, business)
                if kept and key:
                    found.append(await _heads(database, kept, key, business))
                return found

        found = asyncio.run(run())
    if as_json:
        print_json(found)
    else:
        show(found)
    return REFUSED if is_wrong(found) else DONE


async def prove(database: Database, news: News, only: UUID | None = None) -> list[Proved]:
    """What is found in the chains of all partners and in the books of all businesses, or in those of one business."""
    found = [] if only else await _partners(database, news)
    return found + await _businesses(database, only, news)


def is_wrong(found: list[Proved]) -> bool:
    """Whether anything is not as it should be."""
    return any(one["findings"] for one in found)


def show(found: list[Proved]) -> None:
    """A line for everything that was looked at, and one below it for each finding."""
    for one in found:
        _show(one)


def _read(file: Path) -> SignedHeads:
    try:
        return read_heads(file.read_bytes())
    except OSError as refused:
        raise UsageError(f"{file} cannot be read: {refused.strerror}") from None
    except BadHeads as bad:
        raise UsageError(f"{file}: {bad}") from None


def _key(file: Path | None, where: Where) -> Ed25519PublicKey:
    """The public key that heads are proved with: the one in the file, or this server's own."""
    if file:
        return public_key(file)
    try:
        return head_key_of(where).public_key()
    except NoHeadKey:
        raise UsageError("--heads: this server has no key: name the public key of the heads with --head-key") from None


async def _partners(database: Database, news: News) -> list[Proved]:
    async with database.readers.connection() as connection:
        ids = await partners_named(connection)
        found = []
        for place, partner_id in enumerate(ids, 1):
            news(f"Verifying partner {place} of {len(ids)}")
            event = 0
            try:
                findings = [finding async for finding in verify_partner(connection, partner_id)]
                last = await last_of(connection, partner_id)
                event = last.sequence if last else 0
            except psycopg.DataError as unreadable:
                findings = [Finding("the events", f"cannot be read: {unreadable}")]
            found.append({"partner_id": partner_id, "event": event, "findings": findings})
        return found


async def _businesses(database: Database, only: UUID | None, news: News) -> list[Proved]:
    async with database.readers.connection() as connection:
        ids = [BusinessId(only)] if only else await businesses_there(connection)
    found = []
    for place, business_id in enumerate(ids, 1):
        news(f"Verifying business {place} of {len(ids)}")
        try:
            async with read_tx(database, OPERATOR, business_id) as tx:
                findings = [finding async for finding in verify_books(tx)]
                found.append({"business_id": business_id, "version": tx.version, "findings": findings})
        except (BusinessNotFound, ZoneInfoNotFoundError, ValueError, psycopg.DataError) as unreadable:
            if only and isinstance(unreadable, BusinessNotFound):
                raise
            findings = [Finding("the books", f"cannot be opened: {unreadable}")]
            found.append({"business_id": business_id, "version": 0, "findings": findings})
    return found


async def _heads(database: Database, kept: SignedHeads, key: Ed25519PublicKey, only: UUID | None) -> Proved:
    try:
        heads = of_business(proved(kept, key), only) if only else proved(kept, key)
    except BadHeads as bad:
        findings = [Finding("the heads", bad.rule)]
    else:
        async with database.readers.connection() as connection:
            findings = [finding async for finding in departed(connection, heads)]
    return {"heads_signed_at": kept.signed_at, "key_id": kept.key_id, "findings": findings}


def _show(one: Proved) -> None:
    match one:
        case {"partner_id": partner_id, "event": event}:
            what = f"partner {partner_id}, event {event}"
        case {"business_id": business_id, "version": version}:
            what = f"business {business_id}, version {version}"
        case _:
            what = f"heads signed at {one['heads_signed_at'].astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"
    print(f"{what}: {_verdict(one['findings'])}")
    for finding in one["findings"]:
        print(printable(f"  {finding.where} {finding.what}"))


def _verdict(found: list[Finding]) -> str:
    match len(found):
        case 0:
            return "all is as it should be"
        case 1:
            return "1 finding"
        case several:
            return f"{several} findings"
