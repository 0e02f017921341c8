"""`duebook verify`: prove the books of one business, or of all, from what is stored.

Source: docs/howto/command-line.md, "Verify".
"""

import asyncio
from typing import Annotated, Any, Final
from uuid import UUID

from cyclopts import Parameter

from duebook.cli.connection import USUAL, Where, opened, serving_url
from duebook.cli.exits import DONE, REFUSED
from duebook.cli.output import print_json, printable, progress
from duebook.cli.partner import AsJson
from duebook.db.pool import Database
from duebook.ledger.verify import verify as findings
from duebook.tenancy.businesses import businesses
from duebook.tenancy.facts import OPERATOR, BusinessId
from duebook.tenancy.gate import read_tx

_PAGE: Final = 1_000


def verify(
    *,
    business: Annotated[UUID | None, Parameter(help="Only this business; else all, one after the other.")] = None,
    as_json: AsJson = False,
    where: Where = USUAL,
) -> int:
    """Work out again what the books hold: versions, hashes, entries, open items, checkpoints. Says what differs."""
    with serving_url(where) as url, progress("Verifying") as said:

        async def run() -> list[dict[str, Any]]:
            async with opened(url) as database:
                ids = [BusinessId(business)] if business else await _all(database)
                proved = []
                for place, business_id in enumerate(ids, 1):
                    said(f"Verifying business {place} of {len(ids)}")
                    proved.append(await _proved(database, business_id))
                return proved

        proved = asyncio.run(run())
    wrong = any(one["findings"] for one in proved)
    if as_json:
        print_json(proved)
    else:
        for one in proved:
            print(f"business {one['business_id']}, version {one['version']}: {_verdict(one['findings'])}")
            for finding in one["findings"]:
                print(printable(f"  {finding['where']} {finding['what']}"))
    return REFUSED if wrong else DONE


async def _proved(database: Database, business_id: BusinessId) -> dict[str, Any]:
    async with read_tx(database, OPERATOR, business_id) as tx:
        found = [{"where": one.where, "what": one.what} async for one in findings(tx)]
        return {"business_id": business_id, "version": tx.version, "findings": found}


async def _all(database: Database) -> list[BusinessId]:
    ids: list[BusinessId] = []
    while True:
        page, total = await businesses(database, None, limit=_PAGE, offset=len(ids))
        ids += [one.id for one in page]
        if not page or len(ids) >= total:
            return ids


def _verdict(found: list[Any]) -> str:
    match len(found):
        case 0:
            return "all is as it should be"
        case 1:
            return "1 finding"
        case several:
            return f"{several} findings"
