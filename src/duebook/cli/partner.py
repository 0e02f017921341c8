"""`duebook partner`: make and list the platforms that hold keys, and give one a new key."""

import json
from collections.abc import Mapping
from datetime import UTC
from typing import Annotated, Any
from uuid import UUID

import msgspec
from cyclopts import App, Parameter

from duebook.cli.connection import USUAL, Where, on_database
from duebook.cli.output import print_json, print_table, raise_if_unprintable
from duebook.db.pool import Database
from duebook.tenancy.actors import operator
from duebook.tenancy.errors import PartnerNotFound
from duebook.tenancy.events import events_of
from duebook.tenancy.facts import PartnerId, WireProfile
from duebook.tenancy.keys import rotate_key as rotate
from duebook.tenancy.partners import create_partner, partners
from duebook.tenancy.verify import adopt

partner = App(name="partner", help="Platforms that hold API keys.")

AsJson = Annotated[bool, Parameter(name="--json", negative=(), help="Print JSON.")]


class Named(msgspec.Struct):
    """A row that an event says something of."""

    id: UUID


@partner.command
def create(
    name: str,
    /,
    *,
    wire_profile: WireProfile = WireProfile.PUBLISHED,
    as_json: AsJson = False,
    where: Where = USUAL,
) -> None:
    """Make a partner and its first API key, which is shown this once.

    Parameters
    ----------
    name
        What the partner is called.
    wire_profile
        The shape of answers: as the reference pages say, or as live clients read them.
    """
    raise_if_unprintable("a partner", name)
    made, secret = on_database(
        where,
        lambda database: create_partner(database, name, wire_profile, operator("partner create")),
        makes_books=True,
    )
    _show_key(made.id, secret, as_json)


@partner.command(name="list")
def list_partners(*, as_json: AsJson = False, where: Where = USUAL) -> None:
    """List all partners, the oldest first."""
    found = on_database(where, partners)
    if as_json:
        print_json(
            [
                {"partner_id": one.id, "name": one.name, "wire_profile": one.wire_profile, "created_at": one.created_at}
                for one in found
            ]
        )
    else:
        days = [f"{one.created_at.astimezone(UTC):%Y-%m-%d}" for one in found]
        rows = [(str(one.id), one.name, one.wire_profile, day) for one, day in zip(found, days, strict=True)]
        print_table(("partner_id", "name", "wire_profile", "created"), rows)


@partner.command
def rotate_key(
    partner_id: UUID,
    /,
    *,
    as_json: AsJson = False,
    where: Where = USUAL,
) -> None:
    """Give a partner a new API key, shown this once; its other keys and their tokens stop working.

    Parameters
    ----------
    partner_id
        The partner's id.
    """
    secret = on_database(
        where, lambda database: rotate(database, PartnerId(partner_id), operator("partner rotate-key"))
    )
    _show_key(PartnerId(partner_id), secret, as_json)


@partner.command
def events(partner_id: UUID, /, *, as_json: AsJson = False, where: Where = USUAL) -> None:
    """List what happened to a partner, its keys and its businesses: when, what, and by whom.

    Parameters
    ----------
    partner_id
        The partner's id.
    """

    async def all_events(database: Database) -> list[Any]:
        async with database.readers.connection() as connection:
            return [row async for row in events_of(connection, PartnerId(partner_id))]

    found = on_database(where, all_events)
    if not found:
        raise PartnerNotFound(partner_id)
    if as_json:
        print_json(
            [
                {
                    "event": one.sequence,
                    "recorded_at": one.recorded_at.astimezone(UTC),
                    "operation": one.operation,
                    "actor": msgspec.Raw(one.actor.encode()),
                    "what": msgspec.Raw(one.what.encode()),
                    "hash": one.hash.hex(),
                }
                for one in found
            ]
        )
    else:
        rows = [
            (
                str(one.sequence),
                f"{one.recorded_at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}",
                one.operation,
                _what(one.what),
                _who(json.loads(one.actor)),
            )
            for one in found
        ]
        print_table(("event", "recorded", "done", "to", "by"), rows, numbers=(0,))


@partner.command(name="adopt")
def adopt_rows(partner_id: UUID, /, *, as_json: AsJson = False, where: Where = USUAL) -> None:
    """Take into a partner's events how it, its keys and its businesses stand, where no event says so.

    For what another release wrote after this one's migrations; the event says who adopted it, and when.

    Parameters
    ----------
    partner_id
        The partner's id.
    """
    adopted = on_database(where, lambda database: adopt(database, PartnerId(partner_id), operator("partner adopt")))
    if as_json:
        print_json({"adopted": adopted})
    else:
        print("\n".join(f"adopted {one}" for one in adopted) or "there is nothing to adopt")


def _what(said: str) -> str:
    """The rows that an event is about; of one that was tampered with, nothing."""
    try:
        rows = msgspec.json.decode(said, type=dict[str, list[Named]])
    except msgspec.DecodeError:
        return ""
    return ", ".join(f"{kind} {row.id}" for kind, named in rows.items() for row in named)


def _who(actor: dict[str, Any]) -> str:
    match actor:
        case {"key_id": key_id}:
            return f"key {key_id}"
        case {"partner_id": _}:
            return f"a token of another issuer for {actor.get('subject', 'nobody named')}"
        case {"user": user, "host": host}:
            return f"{user}@{host}"
        case {"migration": number}:
            return f"migration {number}"
    return "command line"


def _show_key(partner_id: PartnerId, secret: str, as_json: bool) -> None:
    if as_json:
        print_json({"partner_id": partner_id, "api_key": secret})
    else:
        print_key({"partner_id": partner_id}, secret)


def print_key(of: Mapping[str, UUID], secret: str) -> None:
    """A new key with the ids that belong to it, for people; nobody sees it after that."""
    for name, identity in of.items():
        print(f"{name:<10}  {identity}")
    print(f"api_key     {secret}")
    print("Keep the key now: it is not stored, and cannot be shown again.")
