"""The kinds of value that the bodies of both dialects hold, and what is kept of them.

Units: cents are minor units of the business's currency; 64 bits hold every amount.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from duebook.http.inputs import free_json
from duebook.money import MAX_MINOR, MIN_MINOR

_INT64: Final = {"format": "int64", "maximum": None}
"""In place of a maximum, which would be written as a float, and so as one more than the largest that fits."""

Cents = Annotated[
    int,
    Meta(
        ge=MIN_MINOR,
        le=MAX_MINOR,
        description="Whole cents",
        extra_json_schema={"extra": _INT64 | {"minimum": None}},
    ),
]
PositiveCents = Annotated[
    int,
    Meta(
        ge=0,
        le=MAX_MINOR,
        description="Whole cents, zero or more",
        extra_json_schema={"extra": _INT64 | {"minimum": 0}},
    ),
]
ExternalId = Annotated[
    str, Meta(min_length=1, max_length=255, description="The object's id in the client's own system; idempotency key")
]
Text = Annotated[str, Meta(max_length=1000)]
LongText = Annotated[str, Meta(max_length=10_000)]
Free = dict[str, Any]
"""Free JSON, given back as it was given."""

_NONE: Final[frozenset[str]] = frozenset()


def kept(given: msgspec.Struct, *, without: frozenset[str] = _NONE) -> dict[str, Any]:
    """What was given as plain JSON values, less what has a place of its own in the ledger.

    A zero, an empty list or an empty object where nothing need be given says no more than nothing does.
    """
    optional = _optional(type(given))
    found = {name: getattr(given, name) for name in given.__struct_fields__ if name not in without}
    return {name: _plain(value) for name, value in found.items() if name not in optional or not _says_nothing(value)}


@cache
def _optional(kind: type[msgspec.Struct]) -> frozenset[str]:
    return frozenset(one.name for one in msgspec.structs.fields(kind) if not one.required)


def _says_nothing(value: Any) -> bool:
    return value is None or value in ([], {}) or (type(value) is int and value == 0)


def _plain(value: Any) -> Any:
    match value:
        case msgspec.Struct():
            return kept(value)
        case list():
            return [_plain(one) for one in value]
    return msgspec.to_builtins(value)


def check_free(at: str, given: msgspec.Struct) -> None:
    """Every piece of free JSON in it is small enough to keep. Raises BadInput; `at` is where `given` stands."""
    for field, value in _free(at, given):
        free_json(field, value)


def _free(at: str, value: Any) -> Iterator[tuple[str, Any]]:
    match value:
        case msgspec.Struct():
            for name in value.__struct_fields__:
                yield from _free(f"{at}.{name}" if at else name, getattr(value, name))
        case list():
            for place, one in enumerate(value):
                yield from _free(f"{at}[{place}]", one)
        case dict():
            yield at, value


def told(kind: type[msgspec.Struct], body: Mapping[str, Any]) -> dict[str, Any]:
    """What kept JSON says of these fields, less what is not of their types: our own API keeps any JSON."""
    found = {}
    for one in msgspec.structs.fields(kind):
        try:
            found[one.name] = msgspec.convert(body[one.name], one.type)
        except (LookupError, msgspec.ValidationError):
            continue
    return found


def told_objects(name: str, body: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The objects in a list that kept JSON has under a name; none if there is no such list."""
    found = body.get(name)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
