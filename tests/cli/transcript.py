"""Play a transcript: its commands are run, and what they print now is written down the same way.

In a transcript `!` is standard error, `?` an exit code other than 0, and names stand for what is another at each run.
"""

import re
from datetime import UTC, datetime
from pathlib import Path

from tests.cli.conftest import Run

_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def recorded(name: str) -> str:
    """The transcript of that name."""
    return Path(__file__).with_name("transcripts").joinpath(f"{name}.txt").read_text(encoding="utf-8")


def played(transcript: str, run: Run, ids: dict[str, str]) -> str:
    """The transcript as it comes out now; in its commands, names stand for the ids."""
    return "\n".join(_played(line, run, ids) for line in re.findall(r"^\$ .*$", transcript, re.MULTILINE))


def _played(line: str, run: Run, ids: dict[str, str]) -> str:
    command = line.removeprefix("$ duebook ")
    for name, value in ids.items():
        command = command.replace(name, value)
    ended = run(command)
    said = [*ended.out.splitlines(), *(f"! {each}" for each in ended.err.splitlines())]
    said = [_masked(each, ids).rstrip() for each in said]
    return "\n".join([line, *said, *([f"? {ended.code}"] if ended.code else []), ""])


def _masked(line: str, ids: dict[str, str]) -> str:
    """The line with names for ids, secrets and today; in a table, a name is as wide as what it stands for."""
    names = {value: name for name, value in ids.items()} | {f"{datetime.now(UTC):%Y-%m-%d}": "TODAY"}
    for value in [*_UUID.findall(line), *names]:
        name = names.get(value, "ANOTHER-ID")
        line = line.replace(f"{value}  ", f"{name.ljust(len(value))}  ").replace(value, name)
    return re.sub(r"dbk_\S+", "SECRET", line)
