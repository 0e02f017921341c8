"""Reports against each other: with and without history, past dates against today."""

import time
from collections.abc import AsyncIterator
from datetime import date, timedelta
from statistics import median

from bench.books import filled
from duebook.aging.report import AgingQuery, aging
from duebook.db.pool import Database
from duebook.ledger.facts import Side
from duebook.tenancy.facts import OPERATOR, BusinessId, Partner
from duebook.tenancy.gate import read_tx

RUNS = 25
YEARS_BACK = (timedelta(days=30), timedelta(days=182), timedelta(days=365), timedelta(days=730), timedelta(days=1400))


async def ratios(
    database: Database, superuser_url: str, partner: Partner, settled: int, unpaid: int
) -> AsyncIterator[tuple[str, float, float]]:
    """What was measured, its milliseconds, and those of what it is compared with."""
    today = date.today()  # noqa: DTZ011 - any day does: the books are made around it
    bare = await filled(database, superuser_url, partner, settled=0, unpaid=unpaid, parties=50, today=today)
    old = await filled(database, superuser_url, partner, settled=settled, unpaid=unpaid, parties=50, today=today)
    without_history = await _milliseconds(database, bare, today)
    now = await _milliseconds(database, old, today)
    yield f"today's report, {settled:,} settled invoices against none", now, without_history
    for back in YEARS_BACK:
        yield (
            f"the report {back.days:,} days ago against today's",
            await _milliseconds(database, old, today - back),
            now,
        )


async def _milliseconds(database: Database, business_id: BusinessId, as_of: date) -> float:
    taken = []
    for _ in range(RUNS):
        start = time.perf_counter()
        async with read_tx(database, OPERATOR, business_id) as tx:
            await aging(tx, AgingQuery(side=Side.RECEIVABLE, as_of=as_of))
        taken.append(time.perf_counter() - start)
    return 1000 * median(taken)
