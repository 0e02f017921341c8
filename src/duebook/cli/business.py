"""`duebook business`: make and list sets of books."""

import asyncio
from typing import Annotated, Final
from uuid import UUID

import psycopg
from cyclopts import App, Parameter

from duebook.cli.connection import USUAL, Where, opened, serving_url
from duebook.cli.output import print_json, print_table, raise_if_unprintable
from duebook.cli.partner import AsJson
from duebook.tenancy.businesses import NewBusiness, businesses, create_business
from duebook.tenancy.facts import Business, PartnerId
from duebook.tenancy.partners import PartnerNotFound

_PAGE: Final = 1_000

business = App(name="business", help="Businesses: one set of books each.")


@business.command
def create(
    name: str,
    /,
    *,
    partner: Annotated[UUID, Parameter(help="The id of the partner that it belongs to.")],
    currency: Annotated[str, Parameter(help="Its base currency, such as USD.")],
    time_zone: Annotated[str, Parameter(help="Where its day begins, such as Europe/Berlin.")] = "UTC",
    as_json: AsJson = False,
    where: Where = USUAL,
) -> None:
    """Make a business with empty books.

    Parameters
    ----------
    name
        What the business is called.
    """
    raise_if_unprintable("a business", name)
    new = NewBusiness(external_id=None, name=name, base_currency=currency.upper(), time_zone=time_zone)

    async def run(url: str) -> Business:
        async with opened(url) as database:
            return (await create_business(database, PartnerId(partner), new)).business

    with serving_url(where) as url:
        try:
            made = asyncio.run(run(url))
        except psycopg.errors.ForeignKeyViolation:
            raise PartnerNotFound(partner) from None
    if as_json:
        print_json({"business_id": made.id})
    else:
        print(f"business_id  {made.id}")


@business.command(name="list")
def list_businesses(
    *,
    partner: Annotated[UUID | None, Parameter(help="Only those of this partner.")] = None,
    as_json: AsJson = False,
    where: Where = USUAL,
) -> None:
    """List businesses, the oldest first."""

    async def run(url: str) -> list[Business]:
        found: list[Business] = []
        async with opened(url) as database:
            while True:
                page, total = await businesses(
                    database, PartnerId(partner) if partner else None, limit=_PAGE, offset=len(found)
                )
                found += page
                if not page or len(found) >= total:
                    return found

    with serving_url(where) as url:
        found = asyncio.run(run(url))
    if as_json:
        print_json(
            [
                {
                    "business_id": one.id,
                    "partner_id": one.partner_id,
                    "external_id": one.external_id,
                    "name": one.name,
                    "base_currency": one.base_currency,
                    "time_zone": one.zone.key,
                    "created_at": one.created_at,
                }
                for one in found
            ]
        )
    else:
        rows = [(str(one.id), one.name, one.base_currency, one.zone.key, str(one.partner_id)) for one in found]
        print_table(("business_id", "name", "currency", "time_zone", "partner_id"), rows)
