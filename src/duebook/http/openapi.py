"""The OpenAPI document of an application, made from its routes and shapes, for readers and for generators of clients.

Holds: what may be null says so in its type; what makes an object links to everything that its id then opens.
Source: OpenAPI 3.1, sections 4.8.20 (links) and 4.8.24 (schemas).
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from litestar import Litestar
from litestar.openapi import OpenAPIConfig
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import Components
from litestar.routes import HTTPRoute

from duebook import __version__

METHODS: Final = ("get", "post", "put", "patch", "delete")
_IN_PATH: Final = re.compile(r"{(\w+)}")
_HUMP: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")


def described(title: str, components: Components) -> OpenAPIConfig:
    """How an application describes itself: its version is that of the package."""
    return OpenAPIConfig(title=title, version=__version__, components=components)


def document(app: Litestar, *, trailing_slash: bool) -> dict[str, Any]:
    """The document as JSON data, its paths with or without a slash at the end, as the dialect publishes them."""
    made: dict[str, Any] = _plain(app.openapi_schema.to_schema())
    paths = sorted(made["paths"].items())  # the order of a handler's several paths is another in each process
    made["paths"] = {f"{path.rstrip('/')}/" if trailing_slash else path: item for path, item in paths}
    tags = _tags(app)
    for one in operations(made):
        if one.described.get("tags"):
            one.described["tags"] = tags[one.described["operationId"]]
    _link(made)
    return made


def of_either_profile(published: Any, live: Any, description: str) -> ResponseSpec:
    """The good answer of a route which depends on the token's wire profile."""
    return ResponseSpec(published | live, generate_examples=False, description=description)


class Operation(NamedTuple):
    """One operation of a document."""

    path: str
    method: str
    described: dict[str, Any]

    @property
    def names_in_path(self) -> list[str]:
        """The names of the ids in its path, the outermost first."""
        return _IN_PATH.findall(self.path)


def operations(made: Mapping[str, Any]) -> list[Operation]:
    """Every operation of a document."""
    return [
        Operation(path, method, item[method])
        for path, item in made["paths"].items()
        for method in METHODS
        if method in item
    ]


def _tags(app: Litestar) -> dict[str, list[str]]:
    """The tags of each operation as its route gives them, the first of which generators call a client's module by."""
    return {
        named(handler, method, route.path_components) if callable(named) else str(named): list(handler.tags or ())
        for route in app.routes
        if isinstance(route, HTTPRoute)
        for handler in route.route_handlers
        for named in [handler.operation_id]
        for method in handler.http_methods
    }


def _plain(value: Any) -> Any:
    """The same, with one way to say each thing: clients that are made of it have a type for each shape, and no more.

    A choice of one shape is that shape. A shape or null is a type that has null, so that what is said beside it, such
    as a format, is said of the shape itself; but a list of values or null is a choice, as null is none of the values.
    """
    match value:
        case list():
            return [_plain(one) for one in value]
        case {"oneOf": [only]}:
            return _plain(only | _beside(value))
        case {"oneOf": [{"type": str(kind)} as shape, {"type": "null"}]} if (
            "const" not in shape and "enum" not in shape
        ):
            return _plain(shape | _beside(value) | {"type": [kind, "null"]})
        case {"type": [str(kind), "null"] | ["null", str(kind)], "enum": [*values]}:
            named = {"type": kind, "enum": [one for one in values if one is not None]}
            rest = {name: one for name, one in value.items() if name not in named}
            return rest | {"oneOf": [named, {"type": "null"}]}
        case dict():
            return {name: _plain(one) for name, one in value.items()}
    return value


def _beside(value: dict[str, Any]) -> dict[str, Any]:
    return {name: one for name, one in value.items() if name != "oneOf"}


def _link(made: dict[str, Any]) -> None:
    """Say of each answer that has a new object's id what can be asked with it."""
    found = operations(made)
    makers = [(one, name) for one in found if (name := _made_by(one, found))]
    claims: defaultdict[str, int] = defaultdict(int)
    for _, name in makers:
        claims[name] += 1
    for maker, name in makers:
        for status in {"200", "201"} & maker.described["responses"].keys():
            answer = maker.described["responses"][status]
            at = _id_in(made, answer)
            if at is not None:
                answer["links"] = dict(_links(maker, name, at, found, alone=claims[name] == 1))


def _made_by(maker: Operation, found: list[Operation]) -> str | None:
    """The name that paths give to the id of what an operation adds to its collection, if that is what it does."""
    if maker.method != "post":
        return None
    member = re.compile(re.escape(maker.path.rstrip("/")) + r"/{(\w+)}")
    return next((named[1] for one in found if (named := member.match(one.path))), None)


def _id_in(made: dict[str, Any], answer: dict[str, Any]) -> str | None:
    """Where in an answer the id of its object is, as a JSON pointer."""
    shape = _resolved(made, next(iter(answer["content"].values()))["schema"])
    if "id" in shape.get("properties", {}):
        return "/id"
    inner = [name for name, one in shape.get("properties", {}).items() if "id" in _fields(made, one)]
    return f"/{inner[0]}/id" if len(inner) == 1 else None


def _fields(made: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    fields: dict[str, Any] = _resolved(made, schema).get("properties", {})
    return fields


def _resolved(made: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = (
        made["components"]["schemas"][schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
    )
    return found


def _links(
    maker: Operation, name: str, at: str, found: list[Operation], *, alone: bool
) -> Iterator[tuple[str, dict[str, Any]]]:
    """The links of a new object by operation id. `alone`: nothing else is made whose id has this name in paths."""
    member, filter_name = f"{maker.path.rstrip('/')}/{{{name}}}", _HUMP.sub("_", name).lower()
    known = {one: f"$request.path.{one}" for one in maker.names_in_path}
    for one in found:
        queried = [each["name"] for each in one.described.get("parameters", []) if each["in"] == "query"]
        if name in one.names_in_path and (alone or one.path.startswith(member)):
            given = {name: f"$response.body#{at}"}
        elif filter_name in queried:
            given = {filter_name: f"$response.body#{at}"}
        else:
            continue
        needed = set(one.names_in_path) - given.keys()
        if needed <= known.keys():
            parameters = {each: known[each] for each in sorted(needed)} | given
            yield one.described["operationId"], {"operationId": one.described["operationId"], "parameters": parameters}
