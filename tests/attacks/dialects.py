"""Every operation of all three dialects, from the documents that the server serves."""

from typing import Any, Final

from duebook.http import layer, native, thredfi
from duebook.http.openapi import Operation, document, operations

DOCUMENTS: Final[dict[str, dict[str, Any]]] = {
    "layer": document(layer.build(), trailing_slash=False),
    "thredfi": document(thredfi.build(), trailing_slash=True),
    "native": native.description(native.build_api()),
}
OPERATIONS: Final[dict[str, list[Operation]]] = {name: operations(made) for name, made in DOCUMENTS.items()}


def named(operation: Operation) -> str:
    """An operation, as a test says it."""
    return f"{operation.method.upper()} {operation.path}"
