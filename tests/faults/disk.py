"""Small disks for a database, which can be filled up: file systems in memory that only its processes see.

Units: MiB where a name says so.
Holds: an ordinary user makes them in a user namespace of its own; they are gone with the last process that sees them.
"""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.cli.conftest import free_port
from tests.faults.postgres import Cluster, Postgres

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
cp -a "$1" "$0/data" && "$2/pg_resetwal" --wal-segsize=1 -D "$0/data" >/dev/null &&
mv "$0/data/pg_wal" "$0/log" && ln -s "$0/log/pg_wal" "$0/data/pg_wal"
"""
_SETTINGS: Final = {"restart_after_crash": "off", "max_wal_size": "16MB", "min_wal_size": "2MB"}
_CHUNK: Final = bytes(2**20)


@dataclass(frozen=True)
class Disk:
    """One of them, by a path that is good from outside."""

    at: Path

    def fill(self) -> None:
        """Leave no room."""
        with (self.at / "ballast").open("wb", buffering=0) as ballast, suppress(OSError):
            while ballast.write(_CHUNK):
                pass

    def free(self) -> None:
        """Give the room back."""
        (self.at / "ballast").unlink()


@contextmanager
def small_disks(cluster: Cluster, folder: Path) -> Iterator[tuple[Postgres, Disk, Disk]]:
    """A running database, the disk of its data, and that of its log, written in short pieces; it stays down once it
    had to stop."""
    folder.mkdir()
    command = ["unshare", *_OURS, "--mount", "--propagation", "private", "sh", "-c", _MOUNT, str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as keeper:
        try:
            assert keeper.stdout is not None
            assert keeper.stdout.readline() == "mounted\n"
            account = cluster.account
            enter = ["nsenter", "--target", str(keeper.pid), *_THEIRS, "--mount"]
            if account.switch:
                enter += ["setpriv", "--reuid", str(account.uid), "--regid", str(account.gid), "--clear-groups"]
            laid_out = ["sh", "-c", _LAY_OUT, str(folder), str(cluster.data), str(cluster.programs)]
            subprocess.run([*enter, *laid_out], check=True, cwd="/")
            outside = Path(f"/proc/{keeper.pid}/root{folder}")
            postgres = Postgres(cluster, folder / "data", free_port(), tuple(enter), _SETTINGS)
            try:
                postgres.start()
                yield postgres, Disk(outside), Disk(outside / "log")
            finally:
                postgres.stop()
        finally:
            keeper.kill()
