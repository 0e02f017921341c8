"""`duebook backup`: everything as it is at one moment, in one file.

Source: docs/howto/backup-and-restore.md.
"""

import asyncio
import os
from datetime import datetime
from pathlib import Path
from typing import Annotated

import msgspec
from cyclopts import Parameter
from psycopg.conninfo import make_conninfo

from duebook.cli.connection import USUAL, NoBooks, Where, external_url, folder, head_key_of
from duebook.cli.exits import UsageError
from duebook.cli.output import progress
from duebook.db.backup_file import Manifest
from duebook.db.backups import back_up
from duebook.db.embedded import DATABASE, is_unused, shared
from duebook.db.pool import BACKUP_URL, DATABASE_URL, Connection
from duebook.ledger.head_keys import HEAD_KEY, NoHeadKey
from duebook.ledger.heads import signed_heads


def backup(
    file: Path,
    /,
    *,
    overwrite: Annotated[bool, Parameter(negative=(), help="Take the name from a file that has it.")] = False,
    where: Where = USUAL,
) -> None:
    """Write all books to one file, while they are in use: of the database of DUEBOOK_BACKUP_URL unless named.

    Parameters
    ----------
    file
        What the file is called; it has that name only once it is whole.
    """
    url = external_url(where, BACKUP_URL)
    if url is not None:
        if not os.environ.get(HEAD_KEY):
            raise NoHeadKey
        made = _made(url, file, where, overwrite)
    elif where.data_dir is None and os.environ.get(DATABASE_URL):
        raise UsageError(
            f"{DATABASE_URL} is for the role that serves, which sees one business at a time: "
            f"give the URL of a role that sees all in {BACKUP_URL} (docs/howto/backup-and-restore.md)"
        )
    elif is_unused(folder(where)):
        raise NoBooks(where)
    else:
        with shared(folder(where)) as urls:
            made = _made(make_conninfo(urls.superuser, dbname=DATABASE), file, where, overwrite)
    print(f"{file}: {summary(made)}")


def summary(of: Manifest) -> str:
    """What is in a backup, in a few words."""
    businesses = "1 business" if of.businesses == 1 else f"{of.businesses} businesses"
    writes = "1 write" if of.versions == 1 else f"{of.versions} writes"
    return f"{businesses} with {writes}, as of {of.taken_at:%Y-%m-%dT%H:%M:%SZ}"


def _made(url: str, file: Path, where: Where, overwrite: bool) -> Manifest:
    key = head_key_of(where)

    async def sign(connection: Connection, now: datetime) -> bytes:
        return msgspec.json.format(msgspec.json.encode(await signed_heads(connection, key, now))) + b"\n"

    with progress("Backing up"):
        return asyncio.run(back_up(url, file, sign, overwrite=overwrite))
