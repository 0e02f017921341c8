"""How often a partner may ask in this dialect, and what the answers say of it.

Holds: what is counted is a request with good credentials, and its answer says how the partner stands, errors too.
Source: docs/reference/layer.md, "Rate limits".
"""

from typing import Any, Final

from litestar.types import Message, Scope

from duebook.http.limits import Limits, Rate, Standing, TooManyRequests
from duebook.http.shell import AnyRequest
from duebook.tenancy.facts import Caller

_RATE: Final = "rate"
_STANDING: Final = "rate_standing"

BULK_INVOICES: Final[dict[str, Any]] = {_RATE: Rate(per_second=20, holds=40, starts_with=40)}
WRITE_OFFS: Final[dict[str, Any]] = {_RATE: Rate(per_second=25, holds=25, starts_with=25)}
"""What a route with a rate of its own has as its `opt`: its requests count there and nowhere else."""


def general(per_second: int) -> Rate:
    """The rate of all other routes: of the published 500 a second, 100 are there at the start."""
    return Rate(per_second, holds=per_second, starts_with=-(-per_second // 5))


class RateLimit:
    """The hooks of an application whose partners may each ask so often."""

    def __init__(self, per_second: int) -> None:
        self._limits: Final = Limits()
        self._general: Final = general(per_second)

    async def count(self, request: AnyRequest) -> None:
        """Count a request that is about to be answered. Raises TooManyRequests."""
        caller = request.scope.get("user")
        if not isinstance(caller, Caller):
            return
        rate = request.route_handler.opt.get(_RATE, self._general)
        try:
            request.scope["state"][_STANDING] = self._limits.take((caller.partner_id, rate), rate)
        except TooManyRequests as error:
            request.scope["state"][_STANDING] = error.standing
            raise


async def tell(message: Message, scope: Scope) -> None:
    """Have the answer to a request that was counted say how the partner stands."""
    standing: Standing | None = scope["state"].get(_STANDING)
    if message["type"] == "http.response.start" and standing is not None:
        said = {"limit": standing.limit, "remaining": standing.remaining, "reset": standing.reset}
        headers = [(f"x-ratelimit-{name}".encode(), str(value).encode()) for name, value in said.items()]
        message["headers"] = [*message["headers"], *headers]
