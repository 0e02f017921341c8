"""`duebook upgrade`: an embedded database that an older PostgreSQL wrote, brought to the one of this release.

Source: docs/howto/embedded-database.md, "Upgrades".
"""

import asyncio
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from duebook.cli.connection import NoBooks, Where, folder, opened
from duebook.cli.exits import CommandRefused
from duebook.cli.output import progress
from duebook.cli.verify import Proved, is_wrong, prove, show
from duebook.db.embedded import Urls, is_unused
from duebook.db.upgrading import upgrade as bring_over


class NotProved(CommandRefused):
    """What the new server holds is as it should be."""

    def __init__(self) -> None:
        super().__init__("the books have findings, so the data folder was left as it was")


def upgrade(
    *,
    data_dir: Annotated[Path | None, Parameter(help="Folder of the embedded database.")] = None,
    programs: Annotated[Path | None, Parameter(help="Folder of the older PostgreSQL's programs.")] = None,
) -> None:
    """Upgrade an embedded database on which nothing runs, prove it, and keep the data of the older version aside."""
    where = Where(data_dir=data_dir)
    home = folder(where)
    if is_unused(home):
        raise NoBooks(where)

    with progress("Upgrading the database") as news:

        async def run(url: str) -> list[Proved]:
            async with opened(url) as database:
                return await prove(database, news)

        def proved(urls: Urls) -> None:
            found = asyncio.run(run(urls.serve))
            if is_wrong(found):
                show(found)
                raise NotProved

        done = bring_over(home, programs, proved)
    if done is None:
        print("the database is up to date")
    else:
        print(f"upgraded from PostgreSQL {done.before} to {done.after}; the old data are kept in {done.kept}")
