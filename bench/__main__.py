"""Print every ratio that is promised, with what it may be: `make bench`, or `python -m bench --settled 100000`."""

import argparse
import asyncio
import tempfile
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench import reports, requests
from duebook.db.embedded import Urls, owned
from duebook.db.migrate import migrate
from duebook.db.pool import connected
from duebook.tenancy.facts import WireProfile
from duebook.tenancy.partners import create_partner


def main() -> None:
    """Measure on a server of our own in a temporary folder, and print one table."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--settled", type=int, default=1_000_000, help="invoices that are paid (default 1,000,000)")
    parser.add_argument("--unpaid", type=int, default=5_500, help="invoices that are open (default 5,500)")
    sizes = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="duebook-bench-") as folder:
        Path(folder).chmod(0o755)
        with owned(Path(folder, "server"), fsync=False) as urls:
            migrate(urls.owner)
            asyncio.run(_measure(urls, sizes.settled, sizes.unpaid))


async def _measure(urls: Urls, settled: int, unpaid: int) -> None:
    table = Table("what", "ms", "against ms", "ratio")
    async with connected(urls.serve) as database:
        partner, _ = await create_partner(database, "Bench", WireProfile.PUBLISHED)
        async for what, taken, against in reports.ratios(database, urls.superuser, partner, settled, unpaid):
            table.add_row(what, f"{taken:.2f}", f"{against:.2f}", f"{taken / against:.2f}")
        async for what, taken, against in requests.ratios(database, urls.serve, urls.superuser):
            table.add_row(what, f"{taken:.2f}", f"{against:.2f}", f"{taken / against:.2f}")
    Console().print(table)


if __name__ == "__main__":
    main()
