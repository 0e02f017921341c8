"""What our own API refuses beyond bad input, and where in a list of commands a refused one stands.

BadInput
`-- UnknownParameter
RefusedCommand: the ledger refused what a command asked for
"""

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any, Final

import msgspec
from litestar.connection import ASGIConnection
from litestar.handlers.base import BaseRouteHandler
from litestar.params import QueryParameter

from duebook.http.inputs import BadInput, shown
from duebook.http.native.command_base import Asked
from duebook.ledger.errors import LedgerError

_FIELDS: Final = {
    "amount": ("amount_minor",),
    "document": ("document", "of", "charge", "write_off", "source", "id"),
    "charge": ("charge", "document", "of"),
    "allocation": ("id",),
    "party": ("party", "id"),
    "rate": ("rates",),
    "currency": ("currency", "rates"),
    "issued_on": ("issued_on", "settled_on", "written_off_on", "recovered_on", "refunded_on"),
    "effective_on": (
        *("effective_on", "on", "from_on", "returned_on", "settled_on", "issued_on"),
        *("written_off_on", "recovered_on", "refunded_on"),
    ),
    "due_on": ("due_on", "terms"),
}
"""What our shapes may call a part of a write for which the ledger has its own word; the first that is there."""


_SEVERAL: Final = "tag"
"""The one parameter that may be given several times; of any other all but one would be ignored."""


class UnknownParameter(BadInput):
    """A query parameter that is not known is refused: a filter that is ignored would give a wrong answer."""

    def __init__(self, name: str, value: str, known: Iterable[str]) -> None:
        super().__init__(name, shown(value), f"is not a parameter here; known are {', '.join(sorted(known)) or 'none'}")


class RefusedCommand(Exception):
    """The ledger refused one of the commands; `field` is its place in the body."""

    def __init__(self, error: LedgerError, given: Sequence[Asked]) -> None:
        self.error = error
        self.field, self.value = _located(error, given)
        super().__init__(f"{self.field}: {error}")


def _located(error: LedgerError, given: Sequence[Asked]) -> tuple[str, str]:
    at, place = f"commands[{error.at}]", given[error.at]
    for name, index in (("settlements", error.settlement), ("allocations", error.allocation)):
        if index is not None and hasattr(place, name):
            at, place = f"{at}.{name}[{index}]", getattr(place, name)[index]
    for inside, prefix in ((place, ""), (getattr(place, "to", None), "to.")):
        for name in _FIELDS.get(error.field, (error.field,)):
            if inside is not None and name in inside.__struct_fields__:
                return f"{at}.{prefix}{name}", _said(getattr(inside, name))
    return at, ""


def _said(value: Any) -> str:
    return "" if value is None or value is msgspec.UNSET else shown(value)


async def known_parameters(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    """A guard: the query holds nothing that its handler does not read. Raises UnknownParameter, BadInput."""
    # What a guard is given is a copy, another one for each request.
    known = _parameters(connection.route_handler)
    for name, values in connection.query_params.dict().items():
        if name not in known:
            raise UnknownParameter(name, values[-1], known)
        if len(values) > 1 and name != _SEVERAL:
            raise BadInput(name, shown(values[-1]), "is given once")


@cache
def _parameters(handler: BaseRouteHandler) -> frozenset[str]:
    signatures = [
        handler.parsed_fn_signature,
        *(one.parsed_fn_signature for one in handler.resolve_dependencies().values()),
    ]
    return frozenset(
        name
        for one in signatures
        for name, field in one.parameters.items()
        if isinstance(field.kwarg_definition, QueryParameter)
    )
