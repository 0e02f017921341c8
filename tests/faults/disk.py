"""Small disks for a database, which can be filled up: file systems in memory that only its processes see.

Units: MiB where a name says so.
Holds: an ordinary user makes them in a user namespace of its own; they are gone with the last process that sees them.
Where nobody may make any, as in some containers, the files of the log of writes cannot grow instead.
"""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from tests.faults.postgres import Cluster, Postgres
from tests.ports import free_port

DATA_MIB: Final = 384
LOG_MIB: Final = 64
_IS_ROOT: Final = os.geteuid() == 0
_OURS: Final = () if _IS_ROOT else ("--user", "--map-current-user", "--keep-caps")
_THEIRS: Final = () if _IS_ROOT else ("--user", "--preserve-credentials")
_MOUNT: Final = f"""
mount -t tmpfs -o size={DATA_MIB}m,mode=1777 tmpfs "$0" && mkdir "$0/log" &&
mount -t tmpfs -o size={LOG_MIB}m,mode=1777 tmpfs "$0/log" && echo mounted && exec sleep infinity
"""
_LAY_OUT: Final = """
cp -a "$1" "$0/data" && mkdir -p "$0/log" && "$2/pg_resetwal" --wal-segsize=1 -D "$0/data" &&
mv "$0/data/pg_wal" "$0/log" && ln -s "$0/log/pg_wal" "$0/data/pg_wal"
"""
_SETTINGS: Final = {"restart_after_crash": "off", "max_wal_size": "16MB", "min_wal_size": "2MB"}
_CHUNK: Final = bytes(2**20)


class Room(Protocol):
    """Where something is written, until there is no room."""

    def fill(self) -> None:
        """Leave none."""

    def free(self) -> None:
        """Give it back."""


@dataclass(frozen=True)
class Disk:
    """A small disk, by a path that is good from outside."""

    at: Path

    def fill(self) -> None:
        """Put a file there that takes all that is left."""
        with (self.at / "ballast").open("wb", buffering=0) as ballast, suppress(OSError):
            while ballast.write(_CHUNK):
                pass

    def free(self) -> None:
        """Take the file away."""
        (self.at / "ballast").unlink()


@dataclass(frozen=True)
class Limit:
    """The size that files of a running server may have: half of one of its log's."""

    postgres: Postgres

    def fill(self) -> None:
        """Set it, for all processes of the server."""
        for process in self.postgres.processes():
            self.postgres.made_of.account.run("prlimit", "--pid", str(process), f"--fsize={2**19}:")

    def free(self) -> None:
        """Nothing: the server has stopped, and the next one is free of it."""


@contextmanager
def small_disks(cluster: Cluster, folder: Path) -> Iterator[tuple[Postgres, Room | None, Room]]:
    """A running database, the disk of its data if there can be one, and that of its log, written in short pieces; it
    stays down once it had to stop."""
    folder.mkdir()
    folder.chmod(0o777)
    command = ["unshare", *_OURS, "--mount", "--propagation", "private", "sh", "-c", _MOUNT, str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as keeper:
        try:
            assert keeper.stdout is not None
            if keeper.stdout.readline() == "mounted\n":
                inside = ["nsenter", "--target", str(keeper.pid), *_THEIRS, "--mount"]
                if cluster.account.switch:
                    ids = f"--reuid={cluster.account.uid}", f"--regid={cluster.account.gid}"
                    inside += ["setpriv", *ids, "--clear-groups"]
                outside = Path(f"/proc/{keeper.pid}/root{folder}")
                with _running(cluster, folder, inside) as postgres:
                    yield postgres, Disk(outside), Disk(outside / "log")
            else:
                with _running(cluster, folder, []) as postgres:
                    yield postgres, None, Limit(postgres)
        finally:
            keeper.kill()


@contextmanager
def _running(cluster: Cluster, folder: Path, inside: list[str]) -> Iterator[Postgres]:
    postgres = Postgres(cluster, folder / "data", free_port(), tuple(inside), _SETTINGS)
    laid_out = postgres.launched(["sh", "-c", _LAY_OUT, str(folder), str(cluster.data), str(cluster.programs)])
    assert laid_out.wait() == 0, postgres.log.read_text()
    try:
        postgres.start()
        yield postgres
    finally:
        postgres.stop()
