"""Write what a body asks for as one version, and say in the body's own words what the ledger refuses."""

from collections.abc import Callable, Sequence

from duebook.http.layer.refusals import RefusedWrite
from duebook.http.services import Services
from duebook.ledger.commands import Command
from duebook.ledger.errors import LedgerError
from duebook.ledger.facts import Side
from duebook.ledger.store import record
from duebook.ledger.working import Recorded
from duebook.tenancy.facts import Business, BusinessId, Caller
from duebook.tenancy.gate import write_tx

Asked = Callable[[Business], Command]
"""What a checked body asks of the books, once it is known whose they are: their currency and their time zone."""


async def write(
    services: Services,
    caller: Caller,
    business_id: BusinessId,
    operation: str,
    asked: Sequence[Asked],
    *,
    side: Side,
    fields: dict[str, str],
    batch: bool = False,
) -> list[Recorded]:
    """Record all or nothing. Raises TenancyError, RefusedWrite with this dialect's `fields`."""
    async with write_tx(services.database, caller, business_id, operation) as tx:
        commands = [one(tx.business) for one in asked]
        try:
            return [done for done in await record(tx, commands) if done]
        except LedgerError as error:
            at = f"[{error.at}]." if batch else ""
            raise RefusedWrite(error, side, fields, at) from error
