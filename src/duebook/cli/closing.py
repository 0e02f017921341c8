"""`duebook close` and `duebook start`: how far the books are closed, and from which day on they are kept.

Source: docs/howto/close-a-month.md; docs/rule.md, T16 and T18.
"""

import asyncio
from collections.abc import Callable
from datetime import date
from typing import Annotated
from uuid import UUID

import msgspec
from cyclopts import Parameter

from duebook.cli.asking import BusinessOption
from duebook.cli.connection import USUAL, Where, opened, serving_url
from duebook.cli.exits import CommandRefused, UsageError
from duebook.cli.output import print_json
from duebook.cli.partner import AsJson
from duebook.ledger.commands import CloseBooks, StartBooks
from duebook.ledger.facts import Books, Late
from duebook.ledger.loading import known
from duebook.ledger.store import record
from duebook.tenancy.actors import operator
from duebook.tenancy.facts import BusinessId
from duebook.tenancy.gate import write_tx


class NotLaterThanClosed(CommandRefused):
    """Closing goes forward; opening the books again is said in so many words."""

    def __init__(self, through_on: date, closed_through: date) -> None:
        self.through_on, self.closed_through = through_on, closed_through
        super().__init__(
            f"the books are closed through {closed_through}, later than {through_on}: "
            f"to open them again after {through_on}, add --reopen"
        )


class NotClosedThatFar(CommandRefused):
    """Opening the books again goes back, from where they are closed."""

    def __init__(self, through_on: date | None, closed_through: date | None) -> None:
        self.through_on, self.closed_through = through_on, closed_through
        how_far = f"closed through {closed_through} only" if closed_through else "not closed"
        super().__init__(f"the books are {how_far}: there is nothing to open again")


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """The JSON body: how the books stand now. The version is null if they stood so before."""

    business_id: UUID
    version: int | None
    starts_on: date | None
    closed_through: date | None
    late: Late


def close(
    *,
    business: BusinessOption,
    through: Annotated[date | None, Parameter(help="The last day that is closed.")] = None,
    late: Annotated[
        Late | None,
        Parameter(
            help="A change that takes effect on a closed day is refused, or its difference takes effect on the first "
            "open day; else as at the last closing, refused at first."
        ),
    ] = None,
    reopen: Annotated[
        bool, Parameter(negative=(), help="Open closed days again: all, or those after --through.")
    ] = False,
    as_json: AsJson = False,
    where: Where = USUAL,
) -> None:
    """Close the books through a day, from the next write on, or open them again."""
    if through is None and not reopen:
        raise UsageError("say which day is the last that is closed, with --through")

    def command(books: Books) -> CloseBooks:
        closed_through = books.closed_through
        if reopen:
            if closed_through is None or (through is not None and through > closed_through):
                raise NotClosedThatFar(through, closed_through)
        elif through is not None and closed_through is not None and through < closed_through:
            raise NotLaterThanClosed(through, closed_through)
        return CloseBooks(through, late or books.late)

    _say(_kept(BusinessId(business), "close", command, where), as_json)


def start(
    *,
    business: BusinessOption,
    on: Annotated[date, Parameter(help="The first day of the books.")],
    as_json: AsJson = False,
    where: Where = USUAL,
) -> None:
    """Say from which day on the books are kept: opening items count from it. (`duebook serve` starts the server.)"""
    _say(_kept(BusinessId(business), "start", lambda _: StartBooks(on), where), as_json)


def _kept(
    business_id: BusinessId, name: str, command: Callable[[Books], CloseBooks | StartBooks], where: Where
) -> Outcome:
    """Record what the command makes of the books as they stand. Raises LedgerError, CommandRefused."""

    async def run(url: str) -> Outcome:
        writing = operator(name)
        async with opened(url) as database, write_tx(database, writing, business_id, f"{name}_books") as tx:
            before = (await known(tx, [])).books
            await record(tx, [command(before)])
            after = (await known(tx, [])).books
            return Outcome(
                business_id=business_id,
                version=tx.version + 1 if after != before else None,
                starts_on=after.starts_on,
                closed_through=after.closed_through,
                late=after.late,
            )

    with serving_url(where) as url:
        return asyncio.run(run(url))


def _say(outcome: Outcome, as_json: bool) -> None:
    if as_json:
        print_json(outcome)
        return
    for sentence in sentences(outcome):
        print(sentence)
    print("Nothing new." if outcome.version is None else f"Recorded as version {outcome.version}.")


def sentences(books: Outcome | Books) -> list[str]:
    """Where the books begin and how far they are closed, for people."""
    said = [f"The books start on {books.starts_on}."] if books.starts_on else []
    if books.closed_through is None:
        return [*said, "Nothing is closed."]
    becomes = "is refused" if books.late is Late.REFUSE else "counts from the first open day"
    return [*said, f"Closed through {books.closed_through}; what would change a day up to then {becomes}."]
