"""Have Litestar read JSON bodies our way, and read what it finds wrong with a request by itself."""

import re
from typing import Any, ClassVar, Final, TypeVar

from litestar import Request
from litestar.dto import AbstractDTO
from litestar.exceptions import ClientException, ValidationException
from litestar.typing import FieldDefinition

from duebook.http.inputs import BadInput, choices, parse, shown

T = TypeVar("T")


class JsonBody(AbstractDTO[T]):
    """Has Litestar read a handler's `data` with `parse`, and describe it by its own type."""

    _kinds: ClassVar[dict[str, Any]] = {}

    def decode_bytes(self, value: bytes) -> Any:
        """The body as the type that the handler asks for."""
        return parse(self._kinds[self.asgi_connection.route_handler.handler_id], value)

    @classmethod
    def create_for_field_definition(
        cls,
        field_definition: FieldDefinition,
        handler_id: str,
        backend_cls: Any = None,  # noqa: ARG003 - Litestar's name
    ) -> None:
        """Remember the type of a handler's `data`."""
        cls._kinds[handler_id] = field_definition.annotation

    @classmethod
    def create_openapi_schema(
        cls,
        field_definition: FieldDefinition,
        handler_id: str,  # noqa: ARG003 - Litestar's name
        schema_creator: Any,
    ) -> Any:
        """The schema of the type itself."""
        return schema_creator.for_field_definition(field_definition)

    @classmethod
    def generate_field_definitions(cls, model_type: type[Any]) -> Any:  # noqa: ARG003 - Litestar's name
        """Nothing: no second shape is made of the type."""
        return iter(())

    @classmethod
    def detect_nested_field(cls, field_definition: FieldDefinition) -> bool:  # noqa: ARG003 - Litestar's name
        """No field is treated apart."""
        return False


_MISSING: Final = re.compile(r"Missing required \w+ parameter '(?P<name>.*?)'")


def bad_inputs(request: Request[Any, Any, Any], error: Exception) -> list[BadInput]:
    """What is wrong with a request, field by field, whether we found it or Litestar did; else nothing."""
    match error:
        case BadInput():
            return [error]
        case ValidationException(extra=list(found)) if found:
            return [_bad_input(request, one["message"], one.get("key", "data")) for one in found]
        case ValidationException(detail=said) if missing := _MISSING.match(said):
            return [BadInput(missing["name"], "", "is required")]
        case ClientException(status_code=400, detail=said):
            return [BadInput("", "", said)]
    return []


def _bad_input(request: Request[Any, Any, Any], message: str, name: str) -> BadInput:
    if name == "data":
        return BadInput("", "", "a JSON body is needed")
    given = request.query_params.getall(name, [])
    value = shown(given[-1]) if given else ""
    if message.startswith("Invalid enum value"):
        return BadInput(name, value, f"is one of {', '.join(_choices(request, name))}")
    rule = message.replace("`", "").partition(", got")[0]
    return BadInput(name, value, rule[0].lower() + rule[1:])


def _choices(request: Request[Any, Any, Any], name: str) -> list[str]:
    handler = request.route_handler
    signatures = [
        handler.parsed_fn_signature,
        *(one.parsed_fn_signature for one in handler.resolve_dependencies().values()),
    ]
    kinds = (one.parameters.get(name) for one in signatures)
    return next((choices(kind.annotation) for kind in kinds if kind), [])
