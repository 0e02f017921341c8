"""Every place in a body that takes an id or a client's own id, and bodies with another value in one such place."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from duebook.http.openapi import Operation
from tests.http.plausible import Plausible
from tests.http.surface import snake

_AN_ID: Final = re.compile(r"(.*_)?(external_)?ids?")


@dataclass(frozen=True)
class Choice:
    """One of several shapes that a value may have."""

    of: int


Step = str | int | Choice
Steps = tuple[Step, ...]
Part = Callable[[dict[str, Any], str], Any]


class Positions:
    """The bodies of one document's operations."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._shapes: Final = document["components"]["schemas"]

    def of_ids(self, operation: Operation) -> list[Steps]:
        """Where an operation's body takes an id."""
        schema = _schema(operation)
        return [] if schema is None else list(self._ids(schema, (), frozenset()))

    def body(self, plausible: Plausible, operation: Operation, steps: Steps, value: str) -> Any:
        """A body that ought to be accepted but for this value at this place."""
        schema = _schema(operation)
        assert schema is not None
        part = partial(plausible.part, operation)
        return self._placed(part, schema, steps, plausible.body(operation), value)

    def _ids(self, schema: dict[str, Any], steps: Steps, seen: frozenset[str]) -> Iterator[Steps]:
        name = schema.get("$ref", "")
        if name in seen:
            return
        shape = self._resolved(schema)
        several = _choices(shape)
        if several:
            for place, one in enumerate(several):
                yield from self._ids(one, (*steps, Choice(place)), seen | {name} - {""})
            return
        for field, inner in shape.get("properties", {}).items():
            yield from self._ids(inner, (*steps, field), seen | {name} - {""})
        if "items" in shape:
            yield from self._ids(shape["items"], (*steps, 0), seen | {name} - {""})
        if _is_text(shape) and (shape.get("format") == "uuid" or _AN_ID.fullmatch(named(steps))):
            yield steps

    def _placed(self, part: Part, schema: dict[str, Any], steps: Steps, body: Any, value: str) -> Any:
        """The same with a value at a place; what else takes an id in its stead there is left out."""
        if not steps:
            return value
        shape, rest = self._resolved(schema), steps[1:]
        match steps[0]:
            case Choice(of=place):
                inner = _choices(shape)[place]
                return self._placed(part, inner, rest, part(inner, "") if place or body is None else body, value)
            case int():
                first = body[0] if body else part(shape["items"], "")
                return [self._placed(part, shape["items"], rest, first, value)]
            case str(field):
                inner = shape["properties"][field]
                other = re.sub(r"(external_)?id$", lambda found: "id" if found[1] else "external_id", field)
                kept = {name: one for name, one in (body or {}).items() if name != other or rest}
                there = part(inner, field) if rest and kept.get(field) is None else kept.get(field)
                return kept | {field: self._placed(part, inner, rest, there, value)}

    def _resolved(self, schema: dict[str, Any]) -> dict[str, Any]:
        while "$ref" in schema or "allOf" in schema or len(_choices(schema)) == 1:
            if "$ref" in schema:
                schema = self._shapes[schema["$ref"].rpartition("/")[2]]
            else:
                schema = schema["allOf"][0] if "allOf" in schema else _choices(schema)[0]
        return schema


def named(steps: Steps) -> str:
    """The name of the field at a place."""
    return snake(next((step for step in reversed(steps) if isinstance(step, str)), ""))


def about(steps: Steps) -> str:
    """What the id at a place is one of: by its own name, else by that of what it is in."""
    names = [snake(step) for step in steps if isinstance(step, str)]
    own = re.sub(r"_?(external_)?ids?$", "", names[-1])
    return own or (names[-2] if len(names) > 1 else "")


def _schema(operation: Operation) -> dict[str, Any] | None:
    content = operation.described.get("requestBody", {}).get("content", {})
    found: dict[str, Any] | None = content.get("application/json", {}).get("schema")
    return found


def _choices(schema: Mapping[str, Any]) -> list[dict[str, Any]]:
    several = schema.get("oneOf") or schema.get("anyOf") or []
    return [one for one in several if one.get("type") != "null"]


def _is_text(shape: Mapping[str, Any]) -> bool:
    return "string" in (shape.get("type"), *(shape["type"] if isinstance(shape.get("type"), list) else ()))
