"""Exit codes and messages for what can go wrong anywhere."""

import asyncio
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path

import psycopg
import pytest
from psycopg_pool import PoolTimeout

from duebook.aging.errors import NoRateInForce, NotClosed, UnknownVersion
from duebook.cli import main
from duebook.cli.exits import UsageError, exit_of
from duebook.ledger.errors import SumTooLarge
from duebook.tenancy.errors import Busy
from tests.cli.conftest import WORLDS, Run

COMMAND = [sys.executable, "-c", "import sys; from duebook.cli import main; sys.exit(main())"]


@pytest.mark.parametrize(
    ("raised", "code", "message"),
    [
        (UsageError("give one"), 2, "give one"),
        (SumTooLarge(), 1, "the sum of these amounts does not fit 64 bits of minor units"),
        (UnknownVersion(4, 3), 1, "version 4 is not between 0 and 3"),
        (NotClosed(date(2025, 3, 31), None), 1, "the books are not closed through 2025-03-31: nothing is closed"),
        (NoRateInForce(["EUR"], date(2025, 3, 31)), 1, "no rate is in force on 2025-03-31 for EUR"),
        (Busy(), 1, "too much is being asked of these books; try again in a second"),
        (PoolTimeout("no"), 1, "the database does not answer: no connection could be had in time"),
        (psycopg.OperationalError("server\n  gone"), 1, "the database does not answer: server gone"),
        (
            psycopg.errors.UndefinedColumn("x"),
            1,
            "the database is not at the schema of this release: run `duebook migrate` as its owner",
        ),
        (OSError(28, "No space left on device"), 1, "the machine does not do it: No space left on device"),
        (PermissionError(13, "Permission denied", "a/b"), 1, "the machine does not do it: Permission denied: 'a/b'"),
        (KeyboardInterrupt(), 130, ""),
        (BrokenPipeError(), 141, ""),
        (SystemExit(143), 143, ""),
    ],
)
def test_what_is_expected_has_an_exit_code_and_one_line(raised: BaseException, code: int, message: str) -> None:
    """Given something that can happen, when a command raises it, then it ends with this code and this line."""
    assert exit_of(raised) == (code, message)


def test_what_nobody_expected_is_not_hushed() -> None:
    """Given a mistake of ours, when a command raises it, then no exit is made up for it."""
    assert exit_of(ZeroDivisionError()) is None


def test_help_and_version_are_no_errors(run: Run) -> None:
    """Given a question about the program, when asked, then it answers on standard output and ends with 0."""
    for line in ("--help", "import --help", "partner", "--version", ""):
        ended = run(line)
        assert (ended.code, ended.err) == (0, "")
        assert ended.out


def test_a_reader_that_goes_away_is_no_error(tmp_path: Path) -> None:
    """Given a reader that takes one line of a long report, when it closes the pipe, then nothing is complained of."""
    file = tmp_path / "file.csv"
    rows = (f"{number},Customer {number},2025-01-01,10.00" for number in range(5000))
    file.write_text("\n".join(["number,customer,date,amount", *rows]), encoding="utf-8")
    command = [*COMMAND, "aging", "receivable", "--file", str(file), "--format", "csv"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline().startswith("party_id,")
        process.stdout.close()
        assert (process.stderr.read(), process.wait()) == ("", 141)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_command_that_is_stopped_says_so_by_its_code(
    number: int, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Given a command at work, when it is told to end, then it unwinds without a trace and ends with the usual code."""
    unwound = []

    def read(*_: object, **__: object) -> Callable[[], None]:
        try:
            signal.raise_signal(number)
        finally:
            unwound.append(True)
        raise AssertionError

    monkeypatch.setattr("duebook.cli.aging.read", read)
    assert main(["aging", "receivable", "--file", str(WORLDS / "invoices.csv")]) == code
    assert (unwound, capsys.readouterr().err) == ([True], "")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_command_is_stopped_amid_a_calculation(
    number: int, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Given a command that calculates without a pause, when it is told to end, then it goes no further."""

    async def calculate() -> None:
        signal.raise_signal(number)
        raise AssertionError

    monkeypatch.setattr("duebook.cli.aging.read", lambda *_, **__: asyncio.run(calculate()))
    assert main(["aging", "receivable", "--file", str(WORLDS / "invoices.csv")]) == code
    assert capsys.readouterr().err == ""
