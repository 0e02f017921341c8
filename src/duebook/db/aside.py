"""Data that are made aside, inside a data folder, and take their place there once they are whole.

Holds: a folder is never seen with half of its data, whenever the process that makes them is killed.
Source: docs/howto/embedded-database.md, "Upgrades"; docs/howto/backup-and-restore.md, "Restore".
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from duebook.db.embedded import Urls, bring_down, is_unused, owned, provide_passwords, supervision, sync
from duebook.db.embedded_host import LOCK, PGDATA, UPGRADED, FolderNotOurs, Place, prepare

_RESTORED: Final = "pgdata.restored"


@contextmanager
def aside(place: Place, name: str) -> Iterator[Urls]:
    """Run a new server for the length of the block, in a data folder within a data folder, with the passwords of that.

    Whoever supervises the outer one may call this. The data stay when the block ends. Raises EmbeddedError.
    """
    inner, account = place.folder / name, place.account
    discard(inner)
    provide_passwords(place)
    account.private_folder(inner)
    os.close(account.open_private(inner / LOCK))
    account.write_private(inner / place.passwords.name, place.passwords.read_text())
    with owned(inner) as urls:
        yield urls


def discard(data_dir: Path) -> None:
    """Remove a data folder, if it is there, and before it the server that a killed process left on it."""
    if data_dir.exists():
        place = prepare(data_dir, None)
        with supervision(place):
            bring_down(place)
            shutil.rmtree(place.folder)


@contextmanager
def new_folder(data_dir: Path) -> Iterator[Urls]:
    """Run a new server for the length of the block; `data_dir`, new or empty, has its data once that has ended well.

    If it has not, the folder is as it was. Raises EmbeddedError.
    """
    existed, unused = data_dir.exists(), is_unused(data_dir)
    place = prepare(data_dir, None)
    with supervision(place):
        if place.pgdata.exists() or (place.folder / UPGRADED).exists():
            raise FolderNotOurs(place.folder, "holds books", "choose a new folder")
        made = place.folder / _RESTORED
        try:
            with aside(place, _RESTORED) as urls:
                yield urls
            (made / PGDATA).rename(place.pgdata)
            sync(place.folder)
        finally:
            discard(made)
            if unused and not place.pgdata.exists():
                for left in (place.passwords, place.folder / LOCK):
                    left.unlink(missing_ok=True)
                if not existed:
                    place.folder.rmdir()
