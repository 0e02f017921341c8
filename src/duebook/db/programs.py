"""The programs of PostgreSQL that are at hand on this machine, in whichever versions.

Holds: no password is ever among a program's arguments.
Source: docs/howto/backup-and-restore.md, "Which programs".
"""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

from psycopg.pq import Conninfo

from duebook.db.embedded_host import wheel

_VERSION: Final = re.compile(r"\(PostgreSQL\) (\d+)(?:\.(\d+))?")
_SYSTEM: Final = (("/usr/lib/postgresql", "*/bin"), ("/usr", "pgsql-*/bin"))
"""Where Debian's and PostgreSQL's own packages put them, each major version apart."""


class Programs(NamedTuple):
    """A folder with programs of one version."""

    major: int
    minor: int
    folder: Path


@cache
def programs_with(program: str) -> tuple[Programs, ...]:
    """All folders that hold this program, the oldest version first; of one version, that on the PATH before others."""
    found: dict[int, Programs] = {}
    for folder in _folders(program):
        if (programs := programs_in(folder, program)) is not None:
            found.setdefault(programs.major, programs)
    return tuple(sorted(found.values()))


def programs_in(folder: Path, program: str) -> Programs | None:
    """The programs of a folder, by the version that this one says it is of; None if it is not there."""
    try:
        answer = subprocess.run(
            [folder / program, "--version"], capture_output=True, text=True, errors="replace", check=False
        )
    except OSError:
        return None
    version = _VERSION.search(answer.stdout)
    return Programs(int(version[1]), int(version[2] or 0), folder) if version else None


def _folders(program: str) -> Iterator[Path]:
    on_path = shutil.which(program)
    if on_path:
        yield Path(on_path).resolve().parent  # what Debian has there chooses a version by itself: not by this name
    for root, pattern in _SYSTEM:
        yield from sorted(Path(root).glob(pattern))
    if (package := wheel()) is not None:
        yield from sorted(package.glob("pginstall*/bin"))


def environment(url: str) -> dict[str, str]:
    """What a program's environment says so that it connects as this URL, which may hold a password, would."""
    options = Conninfo.parse(url.encode())
    ours = {one.envvar.decode(): one.val.decode() for one in options if one.envvar and one.val}
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("DUEBOOK_")}
    return inherited | {"LC_ALL": "C"} | ours
