"""Keep the open sums at the ends of some days, so that a report of any past day starts near one.

Holds: every checkpoint of a business is of the same version after a refresh, and equals the sum of the entries that
took effect by its day and were recorded by that version. The end of a month has one, and so has a day by which many
more entries have taken effect; where nothing happened, the one before serves. A write refreshes them itself, once
enough entries have gathered, while it holds the head of the books.
Source: docs/reference/storage.md, "Checkpoints".
"""

from typing import Any, Final

from duebook.db.queries import load
from duebook.ledger.facts import Side
from duebook.tenancy.gate import WriteTx

_QUERIES: Final = load("duebook.ledger", "checkpoints.sql")

DUE_AFTER_ENTRIES: Final = 4_000
"""How many entries may gather beside the checkpoints: reading past them costs less than a millisecond."""

APART_ENTRIES: Final = 10_000
"""How many entries take effect between two checkpoints of one month, give or take a day's."""


async def refresh(tx: WriteTx, version: int) -> None:
    """Bring all checkpoints to a version that is already written, and add those that are due."""
    near = {"today": tx.business.today(tx.now), "apart": APART_ENTRIES}
    for side in Side:
        values = {"business_id": tx.business.id, "side": side, "version": version}
        missing: Any = await (await tx.connection.execute(_QUERIES.missing, values | near)).fetchall()
        async with tx.connection.pipeline():
            for statement in (_QUERIES.fold_late_entries, _QUERIES.drop_zeros, _QUERIES.move):
                await tx.connection.execute(statement, values)
            for row in missing:
                ends = values | {"through_on": row.through_on}
                await tx.connection.execute(_QUERIES.add, ends)
                await tx.connection.execute(_QUERIES.add_sums, ends)
    await tx.connection.execute(_QUERIES.nothing_gathered, {"business_id": tx.business.id})
