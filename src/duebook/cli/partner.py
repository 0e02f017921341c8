"""`duebook partner`: make and list the platforms that hold keys, and give one a new key."""

import asyncio
from datetime import UTC
from typing import Annotated
from uuid import UUID

from cyclopts import App, Parameter

from duebook.cli.connection import USUAL, Where, opened, serving_url
from duebook.cli.output import print_json, print_table, raise_if_unprintable
from duebook.tenancy.actors import operator
from duebook.tenancy.facts import Partner, PartnerId, WireProfile
from duebook.tenancy.keys import rotate_key as rotate
from duebook.tenancy.partners import create_partner, partners

partner = App(name="partner", help="Platforms that hold API keys.")

AsJson = Annotated[bool, Parameter(name="--json", negative=(), help="Print JSON.")]


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

    async def run(url: str) -> tuple[Partner, str]:
        async with opened(url) as database:
            return await create_partner(database, name, wire_profile, operator("partner create"))

    with serving_url(where, makes_books=True) as url:
        made, secret = asyncio.run(run(url))
    _show_key(made.id, secret, as_json)


@partner.command(name="list")
def list_partners(*, as_json: AsJson = False, where: Where = USUAL) -> None:
    """List all partners, the oldest first."""

    async def run(url: str) -> list[Partner]:
        async with opened(url) as database:
            return await partners(database)

    with serving_url(where) as url:
        found = asyncio.run(run(url))
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

    async def run(url: str) -> str:
        async with opened(url) as database:
            return await rotate(database, PartnerId(partner_id), operator("partner rotate-key"))

    with serving_url(where) as url:
        secret = asyncio.run(run(url))
    _show_key(PartnerId(partner_id), secret, as_json)


def _show_key(partner_id: PartnerId, secret: str, as_json: bool) -> None:
    if as_json:
        print_json({"partner_id": partner_id, "api_key": secret})
        return
    print(f"partner_id  {partner_id}")
    print(f"api_key     {secret}")
    print("Keep the key now: it is not stored, and cannot be shown again.")
