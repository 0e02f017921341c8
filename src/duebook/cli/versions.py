"""`duebook versions`: every write to the books of a business.

Source: docs/howto/command-line.md, "Versions".
"""

from collections.abc import Mapping
from datetime import UTC
from typing import Any, Final

from duebook.cli.asking import BusinessOption
from duebook.cli.connection import USUAL, Where, on_database
from duebook.cli.output import print_json, print_table
from duebook.cli.partner import AsJson
from duebook.db.pool import Database
from duebook.ledger import history
from duebook.ledger.history import Version
from duebook.tenancy.facts import OPERATOR, BusinessId
from duebook.tenancy.gate import read_tx

_PAGE: Final = 1_000


def versions(*, business: BusinessOption, as_json: AsJson = False, where: Where = USUAL) -> None:
    """List the versions of the books: when each was recorded, what was done, and by whom."""

    async def all_of_them(database: Database) -> list[Version]:
        found: list[Version] = []
        async with read_tx(database, OPERATOR, BusinessId(business)) as tx:
            while page := await history.versions(tx, found[-1].version if found else 0, _PAGE):
                found += page
        return found

    found = [one._replace(recorded_at=one.recorded_at.astimezone(UTC)) for one in on_database(where, all_of_them)]
    if as_json:
        print_json([one._asdict() for one in found])
    else:
        # With all its places, so that --known-at takes what is printed here.
        rows = [
            (str(one.version), f"{one.recorded_at:%Y-%m-%dT%H:%M:%S.%fZ}", one.operation, _who(one)) for one in found
        ]
        print_table(("version", "recorded", "done", "by"), rows, numbers=(0,))


def _who(version: Version) -> str:
    actor: Mapping[str, Any] = version.actor
    return f"key {actor['key_id']}" if "key_id" in actor else "command line"
