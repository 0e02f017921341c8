"""The kinds of value that the bodies of this dialect hold, and what is kept of them.

Units: cents are minor units of the business's currency; 64 bits hold every amount.
"""

from collections.abc import Iterator
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from duebook.http.inputs import free_json
from duebook.money import MAX_MINOR, MIN_MINOR

Cents = Annotated[int, Meta(ge=MIN_MINOR, le=MAX_MINOR, description="Whole cents")]
PositiveCents = Annotated[int, Meta(ge=0, le=MAX_MINOR, description="Whole cents, zero or more")]
ExternalId = Annotated[
    str, Meta(min_length=1, max_length=255, description="The object's id in the client's own system; idempotency key")
]
Text = Annotated[str, Meta(max_length=1000)]
LongText = Annotated[str, Meta(max_length=10_000)]
Free = dict[str, Any]
"""Free JSON, given back as it was given."""

_NONE: Final[frozenset[str]] = frozenset()


def kept(given: msgspec.Struct, *, without: frozenset[str] = _NONE) -> dict[str, Any]:
    """What was given as plain JSON values, less what has a place of its own in the ledger."""
    values: dict[str, Any] = msgspec.to_builtins(given)
    return {name: value for name, value in values.items() if name not in without}


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
