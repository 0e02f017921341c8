"""Everything that can be done to a ledger, in one place: a list of commands, recorded as one version or not at all.

Holds: a command that repeats an external id with the same content changes nothing and answers with what is there.
Source: docs/reference/api.md, "Commands".
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

import msgspec
from litestar import Response, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from duebook.http.bodies import JsonBody
from duebook.http.callers import CallerRequest, signed_in
from duebook.http.native.answers import answered
from duebook.http.native.book_commands import CloseBooks, PutRates, StartBooks
from duebook.http.native.command_base import Asked, tag_of
from duebook.http.native.correction_commands import (
    Allocate,
    ChangeDueDate,
    EditDocument,
    MoveAllocation,
    SetStatus,
    TakeBack,
    UndoDocument,
)
from duebook.http.native.document_commands import AddCharge, AddRecovery, AddRefund, AddSettlement, AddWriteOff
from duebook.http.native.errors import errors
from duebook.http.native.party_commands import ArchiveParty, MergeParties, PutParty, UnarchiveParty
from duebook.http.native.paths import PATH
from duebook.http.native.refusals import RefusedCommand, known_parameters
from duebook.http.native.security import ANYONE
from duebook.http.native.shapes import Given
from duebook.http.services import TheServices
from duebook.ledger.errors import LedgerError
from duebook.ledger.history import head
from duebook.ledger.store import record
from duebook.tenancy.facts import BusinessId
from duebook.tenancy.gate import write_tx

MOST_AT_ONCE: Final = 1_000

Command = (
    PutParty
    | ArchiveParty
    | UnarchiveParty
    | MergeParties
    | AddCharge
    | AddSettlement
    | AddWriteOff
    | AddRecovery
    | AddRefund
    | Allocate
    | TakeBack
    | MoveAllocation
    | EditDocument
    | ChangeDueDate
    | UndoDocument
    | SetStatus
    | PutRates
    | StartBooks
    | CloseBooks
)


class Commands(Given, kw_only=True, frozen=True):
    """What is to be recorded, in this order: all of it, as one version, or nothing."""

    commands: Annotated[list[Command], Meta(min_length=1, max_length=MOST_AT_ONCE)]


class Done(msgspec.Struct):
    """What became of one command."""

    id: Annotated[
        UUID | None, Meta(description="The party, document or allocation that it is about; null for the books")
    ]
    created: Annotated[bool, Meta(description="Whether it made that, rather than found it")]


class Version(msgspec.Struct, kw_only=True):
    """The version at which the commands are in the books, and what became of each, in their order."""

    version: int
    recorded_at: datetime
    results: list[Done]


@post(
    f"{PATH}/commands",
    operation_id="record_commands",
    tags=["Commands"],
    summary="Record commands, all of them or none",
    description=(
        "The commands are worked out in their order; each sees what those before it did. A refused one is named by "
        "its place, with the rule and the figures, and nothing is written. A command that repeats an external id "
        "with the same content changes nothing, so that the whole list can be sent again."
    ),
    guards=[signed_in, known_parameters],
    security=ANYONE,
    dto=JsonBody,
    return_dto=None,
    responses={
        200: ResponseSpec(Version, generate_examples=False, description="All of it was in the books already"),
        201: ResponseSpec(Version, generate_examples=False, description="All of it is recorded, as one version"),
    }
    | errors(409, 413),
)
async def record_commands(
    request: CallerRequest, services: TheServices, business_id: FromPath[UUID], data: JSONBody[Commands]
) -> Response[bytes]:
    """Record a list of commands as one version."""
    asked = [one.asked(f"commands[{place}]") for place, one in enumerate(data.commands)]
    async with write_tx(services.database, request.user, BusinessId(business_id), _operation(data.commands)) as tx:
        try:
            done = await record(tx, asked)
        except LedgerError as error:
            raise RefusedCommand(error, data.commands) from error
        version, recorded_at = await head(tx)
    results = [Done(one.id, one.created) if one else Done(None, created=False) for one in done]
    return answered(Version(version=version, recorded_at=recorded_at, results=results), created=version > tx.version)


def _operation(given: Sequence[Asked]) -> str:
    """What was done, for the record: the names of the commands, each once."""
    return ", ".join(dict.fromkeys(tag_of(type(one).__name__) for one in given))
