"""Read the bodies of this dialect: JSON, or a form whose fields hold texts and JSON, with files that are not kept.

Source: docs/reference/thredfi.md, "Bodies".
"""

from collections.abc import Iterable
from io import BytesIO
from typing import Any, Final, TypeVar
from urllib.parse import parse_qsl

import msgspec
from msgspec import inspect
from multipart import MultipartParser, parse_options_header

from duebook.http.bodies import JsonBody
from duebook.http.inputs import BadInput, shown
from duebook.http.intake import BODY_BYTES

T = TypeVar("T")

_FORM: Final = "application/x-www-form-urlencoded"
_MULTIPART: Final = "multipart/form-data"
_MOST_FIELDS: Final = 1000


class Body(JsonBody[T]):
    """Has Litestar read a handler's `data` from JSON or from a form, by the content type."""

    def decode_bytes(self, value: bytes) -> Any:
        """The body as the type that the handler asks for."""
        kind = self._kinds[self.asgi_connection.route_handler.handler_id]
        content_type, options = parse_options_header(self.asgi_connection.headers.get("content-type", ""))
        match content_type:
            case "" | "application/json":
                return super().decode_bytes(value)
            case "application/x-www-form-urlencoded":
                fields = _urlencoded(value)
            case "multipart/form-data":
                fields = _multipart(value, options.get("boundary", ""))
            case other:
                raise BadInput("Content-Type", shown(other), f"is application/json, {_FORM} or {_MULTIPART}")
        return super().decode_bytes(msgspec.json.encode(_as_json(kind, fields)))


def _urlencoded(raw: bytes) -> list[tuple[str, str]]:
    try:
        return parse_qsl(raw.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=_MOST_FIELDS)
    except ValueError:
        raise BadInput("", "", f"the form is not URL-encoded UTF-8 of at most {_MOST_FIELDS} fields") from None


def _multipart(raw: bytes, boundary: str) -> list[tuple[str, str]]:
    if not boundary:
        raise BadInput("Content-Type", "", "names the boundary of the form")
    try:
        parser = MultipartParser(
            BytesIO(raw), boundary, len(raw), part_limit=_MOST_FIELDS, spool_limit=BODY_BYTES, memory_limit=BODY_BYTES
        )
        return [(part.name, part.value) for part in parser if not part.filename]
    except (ValueError, LookupError) as error:  # of the parser, of a text that is not UTF-8, or an unknown charset
        raise BadInput("", "", f"the form cannot be read: {error}") from None


def _as_json(kind: Any, fields: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """The fields of a form as those of a JSON object: a field that holds no text is written as JSON in it."""
    shape = inspect.type_info(kind)
    known = shape.fields if isinstance(shape, inspect.StructType) else ()
    texts = {one.encode_name for one in known if _holds_text(one.type)}
    found: dict[str, Any] = {}
    for name, value in fields:
        if name in found:
            raise BadInput(name, "", "is given more than once")
        found[name] = value if name in texts else _read(value)
    return found


def _holds_text(kind: inspect.Type) -> bool:
    match kind:
        case inspect.Metadata(type=inner):
            return _holds_text(inner)
        case inspect.UnionType(types=kinds):
            return any(map(_holds_text, kinds))
    return isinstance(kind, inspect.StrType | inspect.UUIDType | inspect.DateType | inspect.DateTimeType)


def _read(value: str) -> Any:
    if not value:
        return None
    try:
        return msgspec.json.decode(value.encode())
    except (msgspec.DecodeError, RecursionError):
        return value
