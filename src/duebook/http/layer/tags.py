"""Tags: a key and a value that a client puts on its objects.

Holds: the same key and value of the same business have the same ids, today and after a restart; what is shown with the
tags of a party or a document is what they are defined as, now.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID, uuid5

import msgspec
from msgspec import Meta

from duebook.http.stamps import in_utc
from duebook.ledger.facts import Tag
from duebook.tenancy.facts import BusinessId

Name = Annotated[str, Meta(min_length=1, max_length=255)]


class NewTag(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A tag to put on an object."""

    key: Name
    value: Name
    dimension_display_name: Name | None = None
    value_display_name: Name | None = None


class ApiTag(msgspec.Struct, kw_only=True):
    """A tag on an object."""

    id: UUID
    key: str
    dimension_display_name: str | None
    value: str
    value_display_name: str | None
    dimension_id: UUID
    definition_id: UUID
    archived_at: datetime | None = None


def tags_of(given: Iterable[NewTag] | None) -> tuple[Tag, ...]:
    """The tags as the ledger keeps them: a key and a value once, as they are named last."""
    tags = (Tag(tag.key, tag.value, tag.dimension_display_name, tag.value_display_name) for tag in given or ())
    return tuple({(tag.key, tag.value): tag for tag in tags}.values())


def api_tags(business_id: BusinessId, tags: Iterable[Tag]) -> list[ApiTag]:
    """The tags as this dialect shows them."""
    return [
        ApiTag(
            id=_id(business_id, "tag", tag.key, tag.value),
            key=tag.key,
            dimension_display_name=tag.key_name,
            value=tag.value,
            value_display_name=tag.value_name,
            dimension_id=dimension_id(business_id, tag.key),
            definition_id=definition_id(business_id, tag.key, tag.value),
            archived_at=None if tag.archived_at is None else in_utc(tag.archived_at),
        )
        for tag in tags
    ]


def kept_tags(business_id: BusinessId, kept: Iterable[Mapping[str, Any]]) -> list[ApiTag]:
    """Tags of a line or of an allocation, which are kept as they were given."""
    return api_tags(business_id, tags_of(msgspec.convert(one, NewTag) for one in kept))


def dimension_id(business_id: BusinessId, key: str) -> UUID:
    """The id of a key."""
    return _id(business_id, "dimension", key)


def definition_id(business_id: BusinessId, key: str, value: str) -> UUID:
    """The id of a value of a key."""
    return _id(business_id, "definition", key, value)


def _id(business_id: BusinessId, *names: str) -> UUID:
    return uuid5(business_id, "\0".join(names))
