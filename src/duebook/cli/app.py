"""The command `duebook`: its commands, each loaded when it is asked for, and how it ends.

Source: docs/howto/command-line.md.
"""

import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import Final, NoReturn

from cyclopts import App

import duebook
from duebook.cli.exits import DONE, exit_of, say

_HELP: Final = "What customers owe a business and what it owes its vendors, aged as of any date."
_COMMANDS: Final = (
    ("serve", "duebook.cli.serve:serve", "Run the server."),
    ("migrate", "duebook.cli.migrate:migrate", "Bring a database to the schema of this release."),
    ("partner", "duebook.cli.partner:partner", "Platforms that hold API keys."),
    ("key", "duebook.cli.key:key", "API keys of partners."),
    ("signing-keys", "duebook.cli.signing_keys:signing_keys", "The keys that tokens are signed with."),
    ("business", "duebook.cli.business:business", "Businesses: one set of books each."),
    ("import", "duebook.cli.importing:import_file", "Record files of invoices, bills and payments."),
    ("aging", "duebook.cli.aging:aging", "Print what is open on a day, in bands of days late."),
    ("explain", "duebook.cli.explain:explain", "List the open items behind a cell of the aging report."),
    ("changes", "duebook.cli.changes:changes", "Say what changed in the aging report between two versions."),
    ("tie-out", "duebook.cli.tie_out:tie_out", "Compare a control account with aging plus unapplied money."),
    ("close", "duebook.cli.closing:close", "Close the books through a day, or open them again."),
    ("start", "duebook.cli.closing:start", "Say from which day on the books are kept."),
    ("rates", "duebook.cli.rates:rates", "What foreign currencies are worth, day by day."),
    ("versions", "duebook.cli.versions:versions", "List every write to the books."),
    ("audit", "duebook.cli.audit:audit", "Say who changed what, when, and from where."),
    ("verify", "duebook.cli.verify:verify", "Prove the books from what is stored."),
    ("heads", "duebook.cli.heads:heads", "Sign how far the books have come, and the keys for it."),
    ("backup", "duebook.cli.backup:backup", "Write everything to one file."),
    ("restore", "duebook.cli.restore:restore", "Bring a backup back, and prove it."),
    ("upgrade", "duebook.cli.upgrade:upgrade", "Bring the embedded database to this release's PostgreSQL."),
    ("demo", "duebook.cli.demo:demo", "Run a server with a demonstration business in it."),
)
"""Each command's name, where it is, and what it does."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command, of this process unless `arguments` are given; returns the exit code."""
    with _stopped_like_any_command():
        try:
            code = _app()(
                arguments, exit_on_error=False, print_error=False, help_on_error=False, result_action="return_value"
            )
            sys.stdout.flush()
        except BaseException as raised:
            found = exit_of(raised)
            if found is None:
                raise
            say(found)
            return found.code
    return code if isinstance(code, int) else DONE


def _app() -> App:
    app = App(name="duebook", version=duebook.__version__, help=_HELP, sort_key=None)
    for order, (name, path, what) in enumerate(_COMMANDS):
        app.command(path, name=name, help=what, sort_key=order)
    return app


@contextmanager
def _stopped_like_any_command() -> Iterator[None]:
    """Let Ctrl-C, `kill` and a closed terminal unwind the command at once, so that a database it runs is shut down.

    Left to asyncio, Ctrl-C would wait for the next pause in a long calculation.
    """
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    for number, handler in before.items():
        if handler is not signal.SIG_IGN:
            signal.signal(number, _stop)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _stop(number: int, _: FrameType | None) -> NoReturn:
    if number == signal.SIGINT:
        raise KeyboardInterrupt
    raise SystemExit(128 + number)
