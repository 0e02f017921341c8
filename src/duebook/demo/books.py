"""Set the demonstration up in a database: a partner, its business, and the history in books.

Holds: a set-up that was interrupted is finished by the next; one that is complete is left alone.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

from duebook.db.pool import Database
from duebook.demo.history import CURRENCY, history
from duebook.demo.kept import Kept, keep, load
from duebook.ledger.store import record
from duebook.tenancy.actors import operator
from duebook.tenancy.businesses import NewBusiness, create_business
from duebook.tenancy.facts import BusinessId, WireProfile
from duebook.tenancy.gate import write_tx
from duebook.tenancy.partners import create_partner, partners

PARTNER = "Demonstration platform"
BUSINESS = "Harbor & Lane Trading"


class NotADemonstration(Exception):
    """A demonstration is made in books of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        super().__init__(f"{folder} holds books that are not a demonstration: choose another --data-dir")


async def set_up(database: Database, folder: Path, today: date, news: Callable[[int, int], None]) -> Kept:
    """The demonstration of this folder, made now unless it is there; `news` hears how many parts of all are done.

    Raises NotADemonstration.
    """
    kept = load(folder)
    if kept is None:
        if await partners(database):
            raise NotADemonstration(folder)
        kept = await _begin(database, today)
        keep(folder, kept)
    if kept.complete:
        return kept
    chapters = history(kept.made_for)
    for place, commands in enumerate(chapters):
        news(place, len(chapters))
        async with write_tx(database, operator("demo"), BusinessId(kept.business_id), "demo") as tx:
            await record(tx, commands)
    kept = replace(kept, complete=True)
    keep(folder, kept)
    return kept


async def _begin(database: Database, today: date) -> Kept:
    partner, api_key = await create_partner(database, PARTNER, WireProfile.PUBLISHED)
    new = NewBusiness(external_id="demo", name=BUSINESS, base_currency=CURRENCY)
    business = (await create_business(database, partner.id, new)).business
    return Kept(partner.id, api_key, business.id, made_for=today, complete=False)
