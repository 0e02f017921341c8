"""A page to read the OpenAPI documents: one self-contained HTML text, made when it is first asked for."""

import re
from base64 import b64encode
from collections.abc import Iterable, Mapping
from hashlib import sha256
from html import escape
from importlib.resources import files
from typing import Any, Final

from duebook.http.openapi import Operation, operations

_STYLE: Final = files("duebook.http.native").joinpath("reference.css").read_text(encoding="utf-8")
STYLE_SOURCE: Final = f"'sha256-{b64encode(sha256(_STYLE.encode()).digest()).decode()}'"
"""The page's one style as a policy names it, so that a browser takes no other."""

_UNTAGGED: Final = "More"


def page(documents: Mapping[str, dict[str, Any]]) -> str:
    """All documents on one page, each with its operations, grouped by tag, and the shapes that they name."""
    sections = "".join(_section(name, document) for name, document in documents.items())
    contents = "".join(_contents(name, document) for name, document in documents.items())
    links = ", ".join(f'<a href="/openapi/{name}.json">{name}.json</a>' for name in documents)
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Duebook: what can be asked</title><style>{_STYLE}</style>"
        f"<header><h1>Duebook: what can be asked</h1><p>The same as OpenAPI documents: {links}.</p></header>"
        f'<nav aria-label="Contents">{contents}</nav><main>{sections}</main></html>'
    )


def _grouped(document: dict[str, Any]) -> dict[str, list[Operation]]:
    """The operations by their first tag, in the order of the document; those without one are the last."""
    groups: dict[str, list[Operation]] = {}
    for one in operations(document):
        groups.setdefault(next(iter(one.described.get("tags", ())), _UNTAGGED), []).append(one)
    untagged = groups.pop(_UNTAGGED, None)
    return groups | ({_UNTAGGED: untagged} if untagged else {})


def _contents(name: str, document: dict[str, Any]) -> str:
    groups = _grouped(document)
    links = "".join(
        f'<li><a href="#{_anchor(name, tag)}">{escape(tag)}</a> <span class="soft">{len(found)}</span></li>'
        for tag, found in groups.items()
    )
    title = escape(document["info"]["title"])
    return f'<a href="#{name}">{title}</a><ul>{links}<li><a href="#{name}-shapes">Shapes</a></li></ul>'


def _anchor(name: str, tag: str) -> str:
    return f"{name}-tag-{re.sub(r'[^a-z0-9]+', '-', tag.lower())}"


def _section(name: str, document: dict[str, Any]) -> str:
    groups = "".join(
        f'<h3 id="{_anchor(name, tag)}">{escape(tag)}</h3>{"".join(_operation(name, one) for one in found)}'
        for tag, found in _grouped(document).items()
    )
    shapes = [_shape(name, title, shape) for title, shape in document["components"].get("schemas", {}).items()]
    title = escape(document["info"]["title"])
    return f'<h2 id="{name}">{title}</h2>{groups}<h3 id="{name}-shapes">Shapes</h3>{"".join(shapes)}'


def _operation(dialect: str, one: Operation) -> str:
    operation = one.described
    anchor = f"{dialect}-{operation['operationId']}"
    head = f'<span class="method">{one.method.upper()}</span> <code>{escape(one.path)}</code>'
    said = f"<p>{escape(operation['description'])}</p>" if operation.get("description") else ""
    security = " or ".join(sorted(name for one in operation.get("security", []) for name in one))
    return (
        f'<details id="{anchor}"><summary>{head}<span>{escape(operation.get("summary", ""))}</span></summary>{said}'
        + (f'<p class="soft">Credentials: {escape(security)}</p>' if security else "")
        + _parameters(dialect, operation.get("parameters", []))
        + _body(dialect, operation.get("requestBody"))
        + _responses(dialect, operation["responses"])
        + _led_to(dialect, operation["responses"])
        + "</details>"
    )


def _led_to(dialect: str, responses: Mapping[str, dict[str, Any]]) -> str:
    """What the id that is answered can be used for."""
    names = dict.fromkeys(link["operationId"] for one in responses.values() for link in one.get("links", {}).values())
    links = ", ".join(f'<a href="#{dialect}-{name}"><code>{escape(name)}</code></a>' for name in names)
    return f"<h4>Its id is for</h4><p>{links}</p>" if links else ""


def _parameters(dialect: str, parameters: Iterable[dict[str, Any]]) -> str:
    rows = [
        (
            f"<code>{escape(one['name'])}</code> <span class=soft>{one['in']}</span>",
            _type(dialect, one.get("schema", {})),
            _notes(one.get("schema", {}) | one, required=one.get("required", False)),
        )
        for one in parameters
    ]
    return f"<h4>Parameters</h4>{_table(('Name', 'Type', 'Notes'), rows)}" if rows else ""


def _body(dialect: str, body: dict[str, Any] | None) -> str:
    if body is None:
        return ""
    schema = next(iter(body["content"].values()))["schema"]
    kinds = " or ".join(escape(kind) for kind in body["content"])
    whether = "" if body.get("required") else ", may be left out"
    inside = _fields(dialect, schema) if "properties" in schema else f"<p>{_type(dialect, schema)}</p>"
    return f"<h4>Body</h4><p class=soft>{kinds}{whether}</p>{inside}"


def _responses(dialect: str, responses: Mapping[str, dict[str, Any]]) -> str:
    rows = []
    for status, response in sorted(responses.items()):
        schemas = [media["schema"] for media in response.get("content", {}).values() if "schema" in media]
        types = _type(dialect, schemas[0]) if schemas else ""
        rows.append((status, types, escape(response.get("description", ""))))
    return f"<h4>Answers</h4>{_table(('Status', 'Body', 'When'), rows)}"


def _shape(dialect: str, title: str, shape: dict[str, Any]) -> str:
    said = f"<p>{escape(shape['description'])}</p>" if shape.get("description") else ""
    inside = _fields(dialect, shape) if "properties" in shape else f"<p>{_type(dialect, shape)}</p>"
    return f'<section id="{dialect}-shape-{title}"><h4><code>{escape(title)}</code></h4>{said}{inside}</section>'


def _fields(dialect: str, shape: dict[str, Any]) -> str:
    required = shape.get("required", [])
    rows = [
        (f"<code>{escape(name)}</code>", _type(dialect, field), _notes(field, required=name in required))
        for name, field in shape["properties"].items()
    ]
    return _table(("Field", "Type", "Notes"), rows)


def _type(dialect: str, schema: dict[str, Any]) -> str:
    match schema:
        case {"$ref": ref}:
            name = escape(ref.rpartition("/")[2])
            return f'<a href="#{dialect}-shape-{name}"><code>{name}</code></a>'
        case {"enum": values}:
            return ", ".join(f"<code>{escape(str(one))}</code>" for one in values)
        case {"const": value}:
            return f"<code>{escape(str(value))}</code>"
        case {"anyOf": several} | {"oneOf": several} | {"allOf": several}:
            return " or ".join(_type(dialect, one) for one in several)
        case {"type": "array"}:
            return f"list of {_type(dialect, schema.get('items', {}))}"
        case {"type": [*several]}:
            return " or ".join(_type(dialect, schema | {"type": one}) for one in several)
        case {"type": kind}:
            return escape(f"{kind} ({schema['format']})" if "format" in schema and kind != "null" else kind)
    return "anything"


def _notes(field: dict[str, Any], *, required: bool) -> str:
    limits = {"minimum": "at least", "maximum": "at most", "minLength": "shortest", "maxLength": "longest"}
    notes = ["required"] if required else []
    notes += [f"{words} {int(field[name])}" for name, words in limits.items() if name in field]
    match field.get("default"):
        case None:
            pass
        case bool(default):
            notes.append(f"default {str(default).lower()}")
        case default:
            notes.append(f"default {default}")
    if field.get("description"):
        notes.append(field["description"])
    return escape("; ".join(notes))


def _table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    head = "".join(f"<th>{one}</th>" for one in heads)
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    return f"<table><tr>{head}</tr>{body}</table>"
