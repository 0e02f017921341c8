"""Read what a request says: strictly, or with the field that breaks a rule, its value and the rule.

Holds: text is never taken for a number; no value holds a NUL character, which PostgreSQL cannot keep, or half a
surrogate pair; a body that nests too deep or is not UTF-8 is refused like any other bad body.
"""

import re
from datetime import date
from typing import Any, Final, TypeVar

import msgspec
from msgspec import inspect

T = TypeVar("T")

_NUL: Final = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
_AT: Final = re.compile(r"^(?P<rule>.*?)(?: - at `(?P<path>.*)`)?$", re.DOTALL)
_MISSING: Final = re.compile(r"Object missing required field `(?P<name>.*)`")
_UNKNOWN: Final = re.compile(r"Object contains unknown field `(?P<name>.*)`")
_STEP: Final = re.compile(r"\.(?P<name>[^.\[]+)|\[(?P<index>\d+)\]|(?P<unknown>\[\.\.\.\])")
_SHOWN_CHARACTERS: Final = 100


class BadInput(Exception):
    """A part of a request breaks a rule; `field` names it, empty for the body as a whole."""

    def __init__(self, field: str, value: str, rule: str) -> None:
        self.field, self.value, self.rule = field, value, rule
        super().__init__(f"{field}: {self.said}" if field else self.said)

    @property
    def said(self) -> str:
        """The rule, and the value that breaks it."""
        return f"{self.rule} (given: {self.value})" if self.value else self.rule


def parse(kind: type[T], raw: bytes) -> T:
    """The body as `kind`. Raises BadInput."""
    try:
        raw.decode()
    except UnicodeDecodeError as error:
        raise BadInput("", "", f"the body is not UTF-8: byte {error.start} cannot be read") from None
    if _NUL.search(raw):
        raise BadInput("", "", r"the NUL character (\u0000) cannot be kept")
    try:
        return msgspec.json.decode(raw, type=kind)
    except msgspec.ValidationError as error:
        raise _bad_field(kind, str(error), raw) from None
    except msgspec.DecodeError as error:
        raise BadInput(
            "", "", "a JSON body is needed" if not raw.strip() else f"the body is not JSON: {error}"
        ) from None
    except RecursionError:
        raise BadInput("", "", "the body nests too deep") from None


def _bad_field(kind: Any, message: str, raw: bytes) -> BadInput:
    found = _AT.match(message)
    rule, path = (found["rule"], found["path"]) if found else (message, None)
    field, value = _located((path or "$").removeprefix("$"), raw)
    if missing := _MISSING.match(rule):
        name = missing["name"]
        return BadInput(f"{field}.{name}" if field else name, "", "is required")
    if unknown := _UNKNOWN.match(rule):
        name = unknown["name"]
        return BadInput(f"{field}.{name}" if field else name, "", "is not a field here")
    if rule.startswith(("Invalid enum value", "Invalid value")) and (allowed := choices(kind, path or "", raw)):
        return BadInput(field, value, f"is one of {', '.join(allowed)}")
    rule = rule.replace("`", "").replace("RFC3339 encoded date", "date, written YYYY-MM-DD")
    return BadInput(field, value, rule[0].lower() + rule[1:])


def _located(path: str, raw: bytes) -> tuple[str, str]:
    """The field's name and the value there, as JSON. A path through free keys is followed up to the first of them."""
    field = re.sub(r"^\.|\[\.\.\.\].*", "", path)
    try:
        value: Any = msgspec.json.decode(raw)
        for step in _STEP.finditer(path):
            if step["unknown"]:
                return field, ""
            value = value[int(step["index"])] if step["index"] else value[step["name"]]
        return field, shown(value)
    except (ValueError, LookupError, TypeError, RecursionError):
        return field, ""


def choices(kind: Any, path: str = "", raw: bytes = b"null") -> list[str]:
    """The values that a type allows at a path in it, where it lists them; of several shapes, those that `raw` has."""
    found, value = _members(inspect.type_info(kind)), _decoded(raw)
    for step in _STEP.finditer(path):
        found = [
            member
            for one in found
            if step["name"] is None or _may_be(one, step["name"], value)
            for inner in _inside(one, step["name"])
            for member in _members(inner)
        ]
        try:
            value = value[int(step["index"])] if step["index"] else value[step["name"]]
        except (LookupError, TypeError):
            value = None
    return list(dict.fromkeys(value for one in found for value in _listed(one)))


def _decoded(raw: bytes) -> Any:
    """The body as plain JSON; nothing if what comes after the first mistake cannot be read."""
    try:
        return msgspec.json.decode(raw)
    except (msgspec.DecodeError, RecursionError):
        return None


def _may_be(kind: inspect.Type, name: str, value: Any) -> bool:
    """Whether a value with this field can be of a shape: its tag, unless that is the field, is that of the shape."""
    match kind:
        case inspect.StructType(tag_field=str(tag_field), tag=tag) if tag_field != name and isinstance(value, dict):
            return bool(value.get(tag_field) == tag)
    return True


def _members(kind: inspect.Type) -> list[inspect.Type]:
    match kind:
        case inspect.Metadata(type=inner):
            return _members(inner)
        case inspect.UnionType(types=kinds):
            return [member for one in kinds for member in _members(one)]
    return [kind]


def _inside(kind: inspect.Type, name: str | None) -> list[inspect.Type]:
    match kind:
        case inspect.StructType(tag_field=str(tag_field), tag=tag) if tag_field == name:
            return [inspect.LiteralType((tag,))]
        case inspect.StructType(fields=fields):
            return [one.type for one in fields if one.encode_name == name]
        case inspect.ListType(item_type=item):
            return [item]
    return []


def _listed(kind: inspect.Type) -> list[str]:
    match kind:
        case inspect.EnumType(cls=enum):
            return [str(one.value) for one in enum]
        case inspect.LiteralType(values=values):
            return [str(one) for one in values]
    return []


def day(field: str, text: str | None) -> date | None:
    """A date of the form YYYY-MM-DD, if one is given. Raises BadInput."""
    if text is None:
        return None
    try:
        return msgspec.convert(text, date)
    except msgspec.ValidationError:
        raise BadInput(field, shown(text), "is a date, written YYYY-MM-DD") from None


_FREE_BYTES: Final = 10 * 1024
_FREE_DEPTH: Final = 32


def free_json(field: str, value: Any) -> Any:
    """Free JSON that is small enough to keep and to give back. Raises BadInput."""
    if _deeper_than(_FREE_DEPTH, value):
        raise BadInput(field, "", f"nests at most {_FREE_DEPTH} deep")
    if len(msgspec.json.encode(value)) > _FREE_BYTES:
        raise BadInput(field, "", f"is at most {_FREE_BYTES} bytes of JSON")
    return value


def _deeper_than(levels: int, value: Any) -> bool:
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return levels == 0 or any(_deeper_than(levels - 1, one) for one in inside)


def shown(value: Any) -> str:
    """A value as JSON, cut where it gets long."""
    text = msgspec.json.encode(value).decode()
    return text if len(text) <= _SHOWN_CHARACTERS else f"{text[:_SHOWN_CHARACTERS]}…"
