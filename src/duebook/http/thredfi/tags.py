"""Tags: a key and a value that a client puts on its objects.

Source: docs/reference/thredfi.md, "Tags".
"""

from collections.abc import Iterable
from typing import Annotated

import msgspec
from msgspec import Meta

from duebook.ledger.facts import Tag

Name = Annotated[str, Meta(min_length=1, max_length=255)]


class NewTag(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A tag to put on an object."""

    key: Name
    value: Name


class ApiTag(msgspec.Struct, kw_only=True):
    """A tag on an object."""

    key: str
    value: str


def tags_of(given: Iterable[NewTag] | None) -> tuple[Tag, ...]:
    """The tags as the ledger keeps them: a key and a value once."""
    return tuple({(tag.key, tag.value): Tag(tag.key, tag.value) for tag in given or ()}.values())


def api_tags(tags: Iterable[Tag]) -> list[ApiTag]:
    """The tags as this dialect shows them."""
    return [ApiTag(key=tag.key, value=tag.value) for tag in tags]
