"""`duebook business`: make and list sets of books."""

from dataclasses import asdict
from typing import Annotated, Any, Final
from uuid import UUID

import psycopg
from cyclopts import App, Parameter

from duebook.cli.closing import sentences
from duebook.cli.connection import USUAL, Where, on_database
from duebook.cli.output import print_json, print_table, printable, raise_if_unprintable
from duebook.cli.partner import AsJson
from duebook.db.pool import Database
from duebook.ledger import history
from duebook.ledger.facts import Books
from duebook.tenancy.actors import operator
from duebook.tenancy.businesses import NewBusiness, businesses, create_business
from duebook.tenancy.errors import PartnerNotFound
from duebook.tenancy.facts import OPERATOR, Business, BusinessId, PartnerId
from duebook.tenancy.gate import read_tx

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

    try:
        made, _ = on_database(
            where, lambda database: create_business(database, PartnerId(partner), new, operator("business create"))
        )
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

    async def all_of_them(database: Database) -> list[Business]:
        found: list[Business] = []
        while True:
            page, total = await businesses(
                database, PartnerId(partner) if partner else None, limit=_PAGE, offset=len(found)
            )
            found += page
            if not page or len(found) >= total:
                return found

    found = on_database(where, all_of_them)
    if as_json:
        print_json([_body(one) for one in found])
    else:
        rows = [(str(one.id), one.name, one.base_currency, one.zone.key, str(one.partner_id)) for one in found]
        print_table(("business_id", "name", "currency", "time_zone", "partner_id"), rows)


@business.command
def show(business_id: UUID, /, *, as_json: AsJson = False, where: Where = USUAL) -> None:
    """Show a business: its latest version, where its books begin, and how far they are closed.

    Parameters
    ----------
    business_id
        The business's id.
    """

    async def as_known(database: Database) -> tuple[Business, int, Books]:
        async with read_tx(database, OPERATOR, BusinessId(business_id)) as tx:
            return tx.business, tx.version, await history.books(tx, tx.version)

    found, version, books = on_database(where, as_known)
    if as_json:
        print_json(_body(found) | {"version": version} | asdict(books))
    else:
        print(printable(f"{found.name}: base currency {found.base_currency}, time zone {found.zone.key}"))
        print(f"Version {version}.")
        print("\n".join(sentences(books)))


def _body(business: Business) -> dict[str, Any]:
    return {
        "business_id": business.id,
        "partner_id": business.partner_id,
        "external_id": business.external_id,
        "name": business.name,
        "base_currency": business.base_currency,
        "time_zone": business.zone.key,
        "created_at": business.created_at,
    }
