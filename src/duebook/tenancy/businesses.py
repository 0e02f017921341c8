"""Businesses: made once per external id, listed, found. Each begins with empty books at version 0."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from duebook.db.pool import Database
from duebook.db.queries import load
from duebook.ids import new_id
from duebook.money import exponent
from duebook.tenancy.errors import BusinessConflict, BusinessNotFound
from duebook.tenancy.events import add_event
from duebook.tenancy.facts import OPERATOR, Business, BusinessId, Caller, Operator, PartnerId
from duebook.tenancy.gate import business_of, check_writes, set_tenant
from duebook.tenancy.zones import zone

_QUERIES: Final = load("duebook.tenancy")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewBusiness:
    """What a partner says of a business. `assumed` names the fields, of the profile too, that it left to a default."""

    external_id: str | None
    name: str
    base_currency: str
    time_zone: str = "UTC"
    profile: Mapping[str, Any] = field(default_factory=dict)
    assumed: frozenset[str] = frozenset()


class Created(NamedTuple):
    """A business, and whether this call made it."""

    business: Business
    created: bool


async def create_business(
    database: Database, partner_id: PartnerId, new: NewBusiness, by: Caller | Operator = OPERATOR
) -> Created:
    """Make a business, or find the one with this external id.

    Raises ReadOnly, UnknownCurrency, UnknownTimeZone, BusinessConflict if something that is said now differs, and
    psycopg.errors.ForeignKeyViolation if there is no such partner.
    """
    check_writes(by)
    exponent(new.base_currency)
    zone(new.time_zone)
    business_id = BusinessId(new_id())
    values = {
        "id": business_id,
        "partner_id": partner_id,
        "external_id": new.external_id,
        "name": new.name,
        "base_currency": new.base_currency,
        "time_zone": new.time_zone,
        "profile": json.dumps(new.profile, ensure_ascii=False),
    }
    async with database.writers.connection() as connection:
        row: Any = await (await connection.execute(_QUERIES.add_business, values)).fetchone()
        if row is not None:
            await set_tenant(connection, business_id)
            await connection.execute(_QUERIES.add_book, {"business_id": business_id})
            await add_event(connection, partner_id, by, "business made", [business_id], database.clock())
            return Created(business_of(row), created=True)
        row = await (await connection.execute(_QUERIES.business_by_external_id, values)).fetchone()
        business = business_of(row)
    _raise_if_other_content(business, new)
    return Created(business, created=False)


async def business(database: Database, partner_id: PartnerId | None, business_id: BusinessId) -> Business:
    """One business of a partner, or of any when None. Raises BusinessNotFound."""
    async with database.readers.connection() as connection:
        values = {"partner_id": partner_id, "id": business_id}
        row = await (await connection.execute(_QUERIES.business, values)).fetchone()
    if row is None:
        raise BusinessNotFound(business_id)
    return business_of(row)


async def businesses(
    database: Database, partner_id: PartnerId | None, *, limit: int, offset: int
) -> tuple[list[Business], int]:
    """One page of a partner's businesses (everybody's when None), the oldest first, and how many there are in all."""
    async with database.readers.connection() as connection:
        values = {"partner_id": partner_id, "limit": limit, "offset": offset}
        rows = await (await connection.execute(_QUERIES.businesses, values)).fetchall()
        total: Any = await (await connection.execute(_QUERIES.count_businesses, values)).fetchone()
    return [business_of(row) for row in rows], total.total


def _raise_if_other_content(there: Business, new: NewBusiness) -> None:
    known = {
        **there.profile,
        "name": there.name,
        "base_currency": there.base_currency,
        "time_zone": there.zone.key,
    }
    said = {
        "name": new.name,
        "base_currency": new.base_currency,
        "time_zone": new.time_zone,
        **dict(sorted(new.profile.items())),
    }
    for name, value in said.items():
        if name not in new.assumed and known.get(name) != value:
            raise BusinessConflict(str(new.external_id), name)
