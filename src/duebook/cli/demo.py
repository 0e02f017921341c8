"""`duebook demo`: a server with a made-up business in it, and what to ask of it."""

import asyncio
import shlex
import sys
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from cyclopts.validators import Number
from rich.console import Console
from rich.progress import Progress

from duebook.aging.report import AgingQuery, AgingReport, Credits
from duebook.aging.report import aging as report_of
from duebook.cli.connection import opened, supervised_url
from duebook.cli.report import Format, of_books, print_report
from duebook.cli.serving import HERE, Listen, begin, run_server
from duebook.db.embedded import default_data_dir
from duebook.demo.books import BUSINESS, set_up
from duebook.demo.curl import lines
from duebook.demo.episodes import IN_INSTALMENTS
from duebook.demo.kept import Kept
from duebook.demo.people import party_named
from duebook.http.settings import Settings
from duebook.ledger.facts import Side
from duebook.tenancy.facts import OPERATOR, BusinessId
from duebook.tenancy.gate import read_tx
from duebook.watch.logs import LogFormat


def demo(
    *,
    port: Annotated[int, Parameter(help="Port to listen on.", validator=Number(gte=1, lte=65535))] = HERE.port,
    data_dir: Annotated[Path | None, Parameter(help="Folder of its embedded database.")] = None,
) -> None:
    """Run a server on this machine with a demonstration business in it, until Ctrl-C. A second start keeps the data."""
    listen = Listen(port=port)
    home = data_dir or default_data_dir("demo")
    log_format = begin(listen, Settings(log_format=LogFormat.TEXT)).log_format
    with supervised_url(home) as url:
        kept, receivables = asyncio.run(_set_up(url, home))
        run_server(url, listen, 1, log_format, lambda: _show(listen, home, kept, receivables), home)


async def _set_up(url: str, home: Path) -> tuple[Kept, AgingReport]:
    """The demonstration, and what its customers owe today."""
    errors = Console(stderr=True)
    async with opened(url) as database:
        with Progress(console=errors, transient=True, disable=not errors.is_terminal) as bar:
            task = bar.add_task("Opening the books", total=None)
            made = partial(bar.update, task, description="Making up two years of dealings")
            kept = await set_up(
                database, home, datetime.now(UTC).date(), lambda done, of: made(completed=done, total=of)
            )
        async with read_tx(database, OPERATOR, BusinessId(kept.business_id)) as tx:
            return kept, await report_of(tx, AgingQuery(side=Side.RECEIVABLE, credits=Credits.COLUMN))


def _show(listen: Listen, home: Path, kept: Kept, receivables: AgingReport) -> None:
    print_report(of_books(receivables), Format.TABLE)
    print()
    print(f"{BUSINESS}, a demonstration, on {listen.url}")
    print(f"partner_id   {kept.partner_id}")
    print(f"api_key      {kept.api_key}")
    print(f"business_id  {kept.business_id}")
    print()
    print("To ask it something, paste these into a shell, one after the other:")
    for line in lines(listen.url, kept, receivables.rows[0].party_id, receivables.known_at):
        print(f"# {line.asks_for}")
        print(line.command)
    print()
    print("Or look closer from another terminal:")
    for command in _commands(home, kept, receivables.known_at):
        print(command)
    print()
    print(f"The same to read: {listen.url}/openapi")
    print("Ctrl-C stops it.")


def _commands(home: Path, kept: Kept, version: int) -> list[str]:
    """Command lines that look at what went another way than planned."""
    called = sys.argv[0] if Path(sys.argv[0]).name == "duebook" else "duebook"
    books = f"--business {kept.business_id} --data-dir {shlex.quote(str(home))}"
    party = party_named(IN_INSTALMENTS).external_id
    return [
        f"{called} {command} {books}"
        for command in (
            f"explain receivable --party {party}",
            f"changes receivable --since {version - 1}",
            "aging payable --basis document",
            "versions",
            "verify",
        )
    ]
