"""`duebook audit`: who changed what, when, and from where.

Units: minor units, in fields that end in `_minor`; times are in UTC.
Source: docs/howto/audit.md; docs/howto/command-line.md, "Audit".
"""

import asyncio
import sys
from collections.abc import AsyncIterator, Iterator
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

import msgspec
from cyclopts import Parameter

from duebook.aging.question import moment_before, moment_of
from duebook.cli.asking import BusinessOption, version_or_instant
from duebook.cli.connection import USUAL, Where, head_key_of, opened, serving_url
from duebook.cli.exits import CommandRefused
from duebook.cli.output import print_json, printable
from duebook.cli.words import KINDS, PARTY
from duebook.exports import audit as files
from duebook.ledger.audit import Audited, audited, documents_called, pages, parties_called
from duebook.ledger.audit_records import (
    AllocationChange,
    BooksChange,
    Change,
    DocumentChange,
    PartyChange,
    RateChange,
    Record,
    TagChange,
)
from duebook.ledger.head_keys import NoHeadKey
from duebook.ledger.heads import SignedHeads, signed_head
from duebook.tenancy.facts import OPERATOR, BusinessId
from duebook.tenancy.gate import ReadTx, read_tx


class Format(StrEnum):
    """How the audit is printed."""

    TEXT = "text"
    JSON = "json"
    NDJSON = "ndjson"
    CSV = "csv"


class NothingCalled(CommandRefused):
    """What is asked about is in the books."""

    def __init__(self, what: str, given: str) -> None:
        self.what, self.given = what, given
        super().__init__(f"no {what} {printable(given)} is in the books")


class Whole(msgspec.Struct, frozen=True, kw_only=True):
    """The JSON body."""

    business_id: UUID
    since: int
    known_at: int
    records: list[Record]


def audit(
    *,
    business: BusinessOption,
    since: Annotated[str | None, Parameter(help="Later than a version, or an instant.")] = None,
    known_at: Annotated[
        str | None,
        Parameter(help="Up to a version, or an instant such as 2026-01-31T18:00:00Z."),
    ] = None,
    party: Annotated[
        str | None, Parameter(help="Only of this customer or vendor and its documents: an id or external id.")
    ] = None,
    document: Annotated[
        str | None, Parameter(help="Only of this document and what touches it: an id, external id or number.")
    ] = None,
    format: Annotated[Format, Parameter(help="Text to read, JSON, JSON lines, or CSV.")] = Format.TEXT,
    where: Where = USUAL,
) -> None:
    """Say who changed what, when, and from where: each write, with every field before and after it."""
    begin = 0 if since is None else version_or_instant(since)
    end = None if known_at is None else version_or_instant(known_at)

    async def asked(tx: ReadTx) -> Audited:
        later = await moment_of(tx, None, end)
        earlier = await moment_before(tx, later, begin)
        parties = None if party is None else await parties_called(tx, party)
        documents = None if document is None else await documents_called(tx, document)
        for what, given, found in (("party", party, parties), ("document", document, documents)):
            if given is not None and not found:
                raise NothingCalled(what, given)
        return await audited(tx, earlier.known_at, later.known_at, parties, documents)

    async def run(url: str) -> None:
        async with opened(url) as database:
            async with read_tx(database, OPERATOR, BusinessId(business)) as tx:
                which, head = await asked(tx), await _head(tx, where)
            parts = pages(database, OPERATOR, BusinessId(business), which)
            match format:
                case Format.TEXT:
                    await _print(parts)
                case Format.JSON:
                    found = [record async for records in parts for record in records]
                    print_json(Whole(business_id=business, since=which.since, known_at=which.known_at, records=found))
                case Format.NDJSON | Format.CSV:
                    async for chunk in files.chunks(parts, files.Format(format), head):
                        sys.stdout.write(chunk.decode())

    with serving_url(where) as url:
        asyncio.run(run(url))


async def _head(tx: ReadTx, where: Where) -> SignedHeads | None:
    try:
        return await signed_head(tx, head_key_of(where))
    except NoHeadKey:
        return None


async def _print(parts: AsyncIterator[list[Record]]) -> None:
    first = True
    async for records in parts:
        for record in records:
            if not record.continued:
                print("" if first else "\n", end="")
                print(f"Version {record.version}, {record.recorded_at:%Y-%m-%dT%H:%M:%S.%fZ}: {record.operation}")
                print(printable(f"By {_who(record.actor)}"))
            for change in record.changes:
                for line in _lines(change):
                    print(printable(line))
            first = False


def _who(actor: dict[str, Any]) -> str:
    if "operator" in actor:
        command = f", with duebook {actor['command']}" if "command" in actor else ""
        return f"{actor.get('user', 'somebody')} on {actor.get('host', 'the server')}{command}"
    issued = f"a token of another issuer for {actor.get('subject', 'nobody named')}"
    key = f"key {actor['key_id']}" if "key_id" in actor else issued
    bound = "" if "business_id" not in actor else ", with a token for this business"
    source = f", from {actor['address']}" if "address" in actor else ""
    request = f", in request {actor['request_id']}" if "request_id" in actor else ""
    return f"{key} of partner {actor['partner_id']}{bound}{source}{request}"


def _lines(change: Change) -> Iterator[str]:
    yield f"  {_called(change)}{', new' if change.created else ''}"
    for field in change.fields:
        if change.created and not field.after and isinstance(field.after, (tuple, list, dict)):
            continue
        before = "" if change.created else f"{_said(field.before)} → "
        yield f"    {field.field}: {before}{_said(field.after)}"


def _called(change: Change) -> str:
    match change:
        case PartyChange():
            return f"{PARTY[change.side]} {change.name} ({change.id})"
        case DocumentChange():
            name = change.number or change.external_id
            return f"{KINDS[change.side, change.kind]} {f'{name} ({change.id})' if name else change.id}"
        case AllocationChange():
            return f"allocation {change.id}, of {change.source_id} to {change.charge_id}"
        case RateChange():
            return f"rate of {change.currency} from {change.quoted_on}"
        case BooksChange():
            return "the books"
        case TagChange():
            return f"tag {change.key}" if change.value is None else f"tag {change.key}={change.value}"


def _said(value: Any) -> str:
    plain = msgspec.to_builtins(value)
    match plain:
        case None:
            return "nothing"
        case str():
            return plain
    return msgspec.json.encode(plain).decode()
