"""Have Litestar read JSON bodies our way."""

from typing import Any, ClassVar, TypeVar

from litestar.dto import AbstractDTO
from litestar.typing import FieldDefinition

from duebook.http.inputs import parse

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
