"""Tag dimensions and their values: what a business's tags are called, and which of them are archived.

A dimension is a key. Source: docs/reference/layer.md, "Tags".
"""

from collections.abc import Iterable
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.exceptions import NotFoundException
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, FromQuery, JSONBody

from duebook.http.bodies import JsonBody
from duebook.http.callers import CallerRequest, signed_in
from duebook.http.encoded import answered
from duebook.http.layer.errors import errors
from duebook.http.layer.security import BEARER
from duebook.http.layer.tags import Name, definition_id, dimension_id
from duebook.http.services import Services, TheServices
from duebook.http.stamps import in_utc
from duebook.ledger import tags
from duebook.ledger.commands import DefineTag
from duebook.ledger.facts import TagDefinition
from duebook.ledger.store import record
from duebook.tenancy.facts import BusinessId, Caller
from duebook.tenancy.gate import ReadTx, WriteTx, read_tx, write_tx

PATH = "/v1/businesses/{businessId:uuid}/tags/dimensions"
VALUES = f"{PATH}/{{dimensionId:uuid}}/values"


class NewDimension(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A key of tags, and what it is called."""

    key: Name
    display_name: Name | None = None


class NewTagValue(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A value of a dimension. `display_name` is the label unless it says otherwise."""

    label: Name
    display_name: Name | None = None
    is_archived: bool | None = None


class TagDimension(msgspec.Struct, kw_only=True):
    """A key of tags."""

    type: Literal["Tag_Dimension"] = "Tag_Dimension"
    id: UUID
    key: str
    display_name: str | None


class TagValueDefinition(msgspec.Struct, kw_only=True):
    """A value of a dimension. `archived_at` says since when it is archived."""

    type: Literal["Tag_Value_Definition"] = "Tag_Value_Definition"
    id: UUID
    dimension_id: UUID
    key: str
    value: str
    display_name: str | None
    archived_at: datetime | None


class OneDimension(msgspec.Struct):
    """One dimension."""

    data: TagDimension


class AllDimensions(msgspec.Struct):
    """All dimensions."""

    data: list[TagDimension]


class OneTagValue(msgspec.Struct):
    """One value."""

    data: TagValueDefinition


class AllTagValues(msgspec.Struct):
    """All values of a dimension."""

    data: list[TagValueDefinition]


@post(
    PATH,
    operation_id="business.tags.dimensions.post",
    tags=["Tags"],
    summary="Define a dimension, or call one that is there otherwise",
    guards=[signed_in],
    security=BEARER,
    dto=JsonBody,
    return_dto=None,
    responses={
        200: ResponseSpec(OneDimension, generate_examples=False, description="It was there"),
        201: ResponseSpec(OneDimension, generate_examples=False, description="It is made"),
    }
    | errors(404, 413),
)
async def add_dimension(
    request: CallerRequest, services: TheServices, businessId: FromPath[UUID], data: JSONBody[NewDimension]
) -> Response[bytes]:
    """Define a dimension."""
    async with _write(services, request.user, businessId) as tx:
        made, created = await _define(tx, DefineTag(data.key, None, data.display_name))
        return answered(OneDimension(_dimension(tx, made)), created=created)


@get(
    PATH,
    operation_id="business.tags.dimensions.get",
    tags=["Tags"],
    summary="List all dimensions",
    guards=[signed_in],
    security=BEARER,
    responses={200: ResponseSpec(AllDimensions, generate_examples=False, description="The dimensions by key")}
    | errors(404),
)
async def list_dimensions(request: CallerRequest, services: TheServices, businessId: FromPath[UUID]) -> Response[bytes]:
    """All dimensions."""
    async with read_tx(services.database, request.user, BusinessId(businessId)) as tx:
        return answered(AllDimensions([_dimension(tx, one) for one in await tags.keys(tx)]))


@get(
    f"{PATH}/{{dimensionId:uuid}}",
    operation_id="business.tags.dimensions.dimension.get",
    tags=["Tags"],
    summary="Find a dimension",
    guards=[signed_in],
    security=BEARER,
    responses={200: ResponseSpec(OneDimension, generate_examples=False, description="The dimension")} | errors(404),
)
async def get_dimension(
    request: CallerRequest, services: TheServices, businessId: FromPath[UUID], dimensionId: FromPath[UUID]
) -> Response[bytes]:
    """One dimension."""
    async with read_tx(services.database, request.user, BusinessId(businessId)) as tx:
        return answered(OneDimension(_dimension(tx, await _named(tx, dimensionId))))


@post(
    VALUES,
    operation_id="business.tags.dimensions.values.post",
    tags=["Tags"],
    summary="Define a value of a dimension, or change one that is there",
    guards=[signed_in],
    security=BEARER,
    dto=JsonBody,
    return_dto=None,
    responses={
        200: ResponseSpec(OneTagValue, generate_examples=False, description="It was there"),
        201: ResponseSpec(OneTagValue, generate_examples=False, description="It is made"),
    }
    | errors(404, 413),
)
async def add_tag_value(
    request: CallerRequest,
    services: TheServices,
    businessId: FromPath[UUID],
    dimensionId: FromPath[UUID],
    data: JSONBody[NewTagValue],
) -> Response[bytes]:
    """Define a value."""
    async with _write(services, request.user, businessId) as tx:
        key = (await _named(tx, dimensionId)).key
        known = (await tags.definitions(tx, [(key, data.label)])).get((key, data.label))
        name = data.display_name or (data.label if known is None or known.name is None else None)
        made, created = await _define(tx, DefineTag(key, data.label, name, data.is_archived))
        return answered(OneTagValue(_value(tx, made)), created=created)


@get(
    VALUES,
    operation_id="business.tags.dimensions.values.get",
    tags=["Tags"],
    summary="List the values of a dimension",
    guards=[signed_in],
    security=BEARER,
    responses={200: ResponseSpec(AllTagValues, generate_examples=False, description="The values by name")}
    | errors(404),
)
async def list_tag_values(
    request: CallerRequest,
    services: TheServices,
    businessId: FromPath[UUID],
    dimensionId: FromPath[UUID],
    include_archived: FromQuery[bool] = False,
) -> Response[bytes]:
    """All values of a dimension."""
    async with read_tx(services.database, request.user, BusinessId(businessId)) as tx:
        found = await tags.values_of(tx, (await _named(tx, dimensionId)).key)
        shown = [one for one in found if include_archived or one.archived_version is None]
        return answered(AllTagValues([_value(tx, one) for one in shown]))


@post(
    f"{VALUES}/{{valueId:uuid}}/archive",
    operation_id="business.tags.dimensions.values.archive.post",
    tags=["Tags"],
    summary="Archive a value",
    status_code=200,
    guards=[signed_in],
    security=BEARER,
    responses={200: ResponseSpec(OneTagValue, generate_examples=False, description="The value")} | errors(404),
)
async def archive_tag_value(
    request: CallerRequest,
    services: TheServices,
    businessId: FromPath[UUID],
    dimensionId: FromPath[UUID],
    valueId: FromPath[UUID],
) -> Response[bytes]:
    """Archive a value."""
    return await _archive(services, request.user, businessId, dimensionId, valueId, archived=True)


@post(
    f"{VALUES}/{{valueId:uuid}}/unarchive",
    operation_id="business.tags.dimensions.values.unarchive.post",
    tags=["Tags"],
    summary="Undo the archiving of a value",
    status_code=200,
    guards=[signed_in],
    security=BEARER,
    responses={200: ResponseSpec(OneTagValue, generate_examples=False, description="The value")} | errors(404),
)
async def unarchive_tag_value(
    request: CallerRequest,
    services: TheServices,
    businessId: FromPath[UUID],
    dimensionId: FromPath[UUID],
    valueId: FromPath[UUID],
) -> Response[bytes]:
    """Undo the archiving of a value."""
    return await _archive(services, request.user, businessId, dimensionId, valueId, archived=False)


async def _archive(
    services: Services, caller: Caller, business_id: UUID, dimension: UUID, value: UUID, *, archived: bool
) -> Response[bytes]:
    async with _write(services, caller, business_id) as tx:
        found = await tags.values_of(tx, (await _named(tx, dimension)).key)
        one = _one(one for one in found if definition_id(tx.business.id, one.key, str(one.value)) == value)
        made, _ = await _define(tx, DefineTag(one.key, one.value, archived=archived))
        return answered(OneTagValue(_value(tx, made)))


def _write(services: Services, caller: Caller, business_id: UUID) -> AbstractAsyncContextManager[WriteTx]:
    return write_tx(services.database, caller, BusinessId(business_id), "define tag")


async def _define(tx: WriteTx, asked: DefineTag) -> tuple[TagDefinition, bool]:
    """What is then said of the tag, and whether nothing was before."""
    named = (asked.key, asked.value)
    created = named not in await tags.definitions(tx, [named])
    await record(tx, [], [asked])
    return (await tags.definitions(tx, [named]))[named], created


async def _named(tx: ReadTx | WriteTx, dimension: UUID) -> TagDefinition:
    """The dimension with this id. Raises NotFoundException."""
    return _one(one for one in await tags.keys(tx) if dimension_id(tx.business.id, one.key) == dimension)


def _one(found: Iterable[TagDefinition]) -> TagDefinition:
    """The one there is. Raises NotFoundException."""
    for one in found:
        return one
    raise NotFoundException


def _dimension(tx: ReadTx | WriteTx, one: TagDefinition) -> TagDimension:
    return TagDimension(id=dimension_id(tx.business.id, one.key), key=one.key, display_name=one.name)


def _value(tx: ReadTx | WriteTx, one: TagDefinition) -> TagValueDefinition:
    value = str(one.value)
    return TagValueDefinition(
        id=definition_id(tx.business.id, one.key, value),
        dimension_id=dimension_id(tx.business.id, one.key),
        key=one.key,
        value=value,
        display_name=one.name,
        archived_at=None if one.archived_at is None else in_utc(one.archived_at),
    )
