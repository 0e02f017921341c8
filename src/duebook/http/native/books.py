"""The books themselves: where they begin, how far they are closed, their rates, and every write that made them.

Source: docs/reference/api.md, "Books, rates and versions".
"""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any, Final, Literal
from uuid import UUID

import msgspec
from litestar import Response, get
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, FromQuery, QueryParameter
from msgspec import Meta

from duebook.aging.question import moment_of
from duebook.http.callers import CallerRequest, signed_in
from duebook.http.native.answers import answered_at
from duebook.http.native.errors import errors
from duebook.http.native.known import KnownAtText, known_at_of
from duebook.http.native.paging import Cursor, Limit, bad_cursor, cut, number
from duebook.http.native.paths import PATH
from duebook.http.native.refusals import known_parameters
from duebook.http.native.security import ANYONE
from duebook.http.services import TheServices
from duebook.ledger import history
from duebook.ledger.facts import Late
from duebook.tenancy.facts import BusinessId
from duebook.tenancy.gate import read_tx

_NO_RATE: Final = ("", date.min)
_END: Final = 2**63 - 1


class BooksAnswer(msgspec.Struct, kw_only=True):
    """The books of a business as known at a version."""

    business_id: UUID
    name: str
    base_currency: str
    time_zone: str
    known_at: int
    recorded_at: Annotated[datetime | None, Meta(description="When that version was; null before the first")]
    starts_on: Annotated[date | None, Meta(description="The day from which opening items count")]
    closed_through: date | None
    late: Annotated[Late, Meta(description="What becomes of a change that takes effect in a closed period")]


class RateData(msgspec.Struct, kw_only=True):
    """What one unit of a currency is worth in base currency, from a day until the next quote."""

    currency: str
    quoted_on: date
    rate: Annotated[Decimal, Meta(extra_json_schema={"extra": {"type": "string"}})]


class RatePage(msgspec.Struct, kw_only=True):
    """One page of rates, by currency and day."""

    base_currency: str
    known_at: int
    rates: list[RateData]
    next_cursor: str | None


class VersionData(msgspec.Struct, kw_only=True):
    """One write: when it was recorded, the commands it was made of, and whose key or command line made it."""

    version: int
    recorded_at: datetime
    operation: str
    actor: dict[str, Any]


class VersionPage(msgspec.Struct, kw_only=True):
    """One page of versions."""

    known_at: int
    versions: list[VersionData]
    next_cursor: str | None


@get(
    f"{PATH}/books",
    operation_id="get_books",
    tags=["Books"],
    summary="Where the books begin, and how far they are closed",
    guards=[signed_in, known_parameters],
    security=ANYONE,
    responses={200: ResponseSpec(BooksAnswer, generate_examples=False, description="The books")} | errors(),
)
async def get_books(
    request: CallerRequest, services: TheServices, business_id: FromPath[UUID], known_at: KnownAtText = None
) -> Response[bytes]:
    """The books as known at a version."""
    known = known_at_of(known_at)
    async with read_tx(services.database, request.user, BusinessId(business_id)) as tx:
        moment = await moment_of(tx, None, known)

        async def body() -> BooksAnswer:
            found = await history.books(tx, moment.known_at)
            write = await history.version(tx, moment.known_at)
            return BooksAnswer(
                business_id=tx.business.id,
                name=tx.business.name,
                base_currency=tx.business.base_currency,
                time_zone=tx.business.zone.key,
                known_at=moment.known_at,
                recorded_at=write.recorded_at.astimezone(UTC) if write else None,
                starts_on=found.starts_on,
                closed_through=found.closed_through,
                late=found.late,
            )

        return await answered_at(request, services, tx, moment, {}, body)


@get(
    f"{PATH}/rates",
    operation_id="list_rates",
    tags=["Books"],
    summary="List the rates that were quoted",
    guards=[signed_in, known_parameters],
    security=ANYONE,
    responses={200: ResponseSpec(RatePage, generate_examples=False, description="One page")} | errors(),
)
async def list_rates(
    request: CallerRequest,
    services: TheServices,
    business_id: FromPath[UUID],
    currency: Annotated[
        str | None, QueryParameter(description="Of this one only", schema_extra={"type": "string", "one_of": None})
    ] = None,
    known_at: KnownAtText = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Response[bytes]:
    """A page of rates."""
    known, after = known_at_of(known_at), _rate_place(cursor)
    async with read_tx(services.database, request.user, BusinessId(business_id)) as tx:
        moment = await moment_of(tx, None, known)

        async def body() -> RatePage:
            page, last = cut(await history.rates(tx, moment.known_at, currency, after, limit + 1), limit)
            return RatePage(
                base_currency=tx.business.base_currency,
                known_at=moment.known_at,
                rates=[RateData(currency=one.currency, quoted_on=one.quoted_on, rate=one.rate) for one in page],
                next_cursor=f"{last.currency}.{last.quoted_on}" if last else None,
            )

        asked = {"currency": currency, "after": after, "limit": limit}
        return await answered_at(request, services, tx, moment, asked, body)


@get(
    f"{PATH}/versions",
    operation_id="list_versions",
    tags=["Books"],
    summary="List every write",
    guards=[signed_in, known_parameters],
    security=ANYONE,
    responses={200: ResponseSpec(VersionPage, generate_examples=False, description="One page")} | errors(),
)
async def list_versions(
    request: CallerRequest,
    services: TheServices,
    business_id: FromPath[UUID],
    order: FromQuery[Literal["asc", "desc"]] = "asc",
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Response[bytes]:
    """A page of versions, the first or the latest first."""
    back = order == "desc"
    after = _version_place(cursor) if cursor is not None else _END if back else 0
    async with read_tx(services.database, request.user, BusinessId(business_id)) as tx:
        moment = await moment_of(tx, None, None)

        async def body() -> VersionPage:
            page, last = cut(await history.versions(tx, after, limit + 1, back=back), limit)
            return VersionPage(
                known_at=moment.known_at,
                versions=[
                    VersionData(
                        version=one.version,
                        recorded_at=one.recorded_at.astimezone(UTC),
                        operation=one.operation,
                        actor=dict(one.actor),
                    )
                    for one in page
                ],
                next_cursor=str(last.version) if last else None,
            )

        asked = {"order": order, "after": after, "limit": limit}
        return await answered_at(request, services, tx, moment, asked, body)


def _rate_place(cursor: str | None) -> tuple[str, date]:
    if cursor is None:
        return _NO_RATE
    currency, _, quoted_on = cursor.partition(".")
    try:
        return currency, msgspec.convert(quoted_on, date)
    except msgspec.ValidationError:
        raise bad_cursor(cursor) from None


def _version_place(cursor: str) -> int:
    try:
        return number(cursor)
    except ValueError:
        raise bad_cursor(cursor) from None
