"""A request body that means something, made from the shape that a document gives: what is required, and what it is of.

Rules between fields are not in a document; that much is known here: an amount is small, a date is of one spring, what
is asked for by an id exists.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import uuid4

from duebook.http.openapi import Operation
from tests.http.surface import Surface, is_payable, snake

_WANTED: Final = (
    ("company_name",),
    ("customer_id",),
    ("vendor_id",),
    ("due_at",),
    ("unit_price", "unit_price_cents"),
    ("amount", "amount_cents", "total_amount_cents"),
    ("line_items",),
    ("invoice_id", "bill_id", "allocations"),
)
"""Fields that some rule asks for when there is something new, required or not: the first of each row that there is."""
_WANTED_OF_A_CHANGE: Final = (("company_name",), ("invoice_id", "bill_id"))

_TEXTS: Final = {
    "currency": "USD",
    "base_currency": "USD",
    "country": "GB",
    "email": "books@example.com",
    "entity_type": "ltd",
    "us_state": "CA",
    "time_zone": "UTC",
}
_NAMED: Final = {"charge": "invoice", "of": "payment", "source": "payment"}
"""What there is of things that our own API names by an id or an external id, each by its name on a surface."""

_FORMATS: Final = {"date": "2025-05-01", "date-time": "2025-05-01T00:00:00Z"}


class Plausible:
    """Bodies for the operations of one document, about what is on a surface."""

    def __init__(self, document: Mapping[str, Any], surface: Surface) -> None:
        self._shapes: Final = document["components"]["schemas"]
        self._surface: Final = surface

    def query(self, operation: Operation) -> dict[str, Any]:
        """The first value of every parameter in the query that is one of a list."""
        made = _Making(shapes=self._shapes, surface=self._surface, payable=is_payable(operation), wanted=_WANTED)
        parameters = [one for one in operation.described.get("parameters", []) if one["in"] == "query"]
        listed = {one["name"]: made.resolved(one["schema"]) for one in parameters}
        return {name: schema["enum"][0] for name, schema in listed.items() if "enum" in schema}

    def body(self, operation: Operation) -> Any:
        """A JSON body that ought to be accepted; None where there is nothing to say."""
        content = operation.described.get("requestBody", {}).get("content", {})
        if "application/json" not in content:
            return None
        return self.part(operation, content["application/json"]["schema"], "")

    def part(self, operation: Operation, schema: dict[str, Any], name: str) -> Any:
        """A value of a shape, for the field of this name somewhere in a body."""
        wanted = _WANTED_OF_A_CHANGE if operation.method in ("put", "patch") else _WANTED
        made = _Making(shapes=self._shapes, surface=self._surface, payable=is_payable(operation), wanted=wanted)
        return made.value(schema, name)


@dataclass(frozen=True, kw_only=True)
class _Making:
    """The making of one body."""

    shapes: Mapping[str, Any]
    surface: Surface
    payable: bool
    wanted: Iterable[tuple[str, ...]]

    def value(self, schema: dict[str, Any], name: str) -> Any:
        """A value of a shape, for the field of this name."""
        match self.resolved(schema):
            case {"const": value}:
                return value
            case {"enum": [value, *_]}:
                return value
            case {"type": "object", "properties": {"id": _, "external_id": _}} as shape if not shape.get("required"):
                return {"id": self.surface.id(_NAMED.get(name, name), payable=self.payable)}
            case {"type": "object"} as shape:
                return self._object(shape)
            case {"type": "array"} as shape:
                return [self.value(shape["items"], name)]
            case {"type": "integer"} | {"type": "number"}:
                return 5_000 if name == "unit_price" else 1
            case {"type": "boolean"}:
                return False
            case {"format": "uuid"}:
                return self.surface.id(snake(name).removesuffix("_id"), payable=self.payable)
            case {"format": str(kind)} if kind in _FORMATS:
                return _FORMATS[kind]
        return _TEXTS.get(name, str(uuid4()))

    def _object(self, shape: dict[str, Any]) -> dict[str, Any]:
        """What is required of an object, and what is wanted; of what has lines, no charge, as it is for none."""
        fields = shape.get("properties", {})
        wanted = {next((name for name in names if name in fields), "") for names in self.wanted}
        if "line_items" in fields:
            wanted -= {"invoice_id", "bill_id", "allocations"}
        needed = [name for name in fields if name in shape.get("required", ()) or name in wanted]
        return {name: self.value(fields[name], name) for name in needed}

    def resolved(self, schema: dict[str, Any]) -> dict[str, Any]:
        """The shape itself: of a choice, the first; of a type that has null, the other."""
        if "$ref" in schema:
            return self.resolved(self.shapes[schema["$ref"].rpartition("/")[2]])
        for choice in ("oneOf", "anyOf", "allOf"):
            if choice in schema:
                return self.resolved(schema[choice][0])
        if isinstance(schema.get("type"), list):
            return schema | {"type": next(one for one in schema["type"] if one != "null")}
        return schema
