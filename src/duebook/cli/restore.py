"""`duebook restore`: a backup, brought back into an empty database or a new data folder, and proved there.

Source: docs/howto/backup-and-restore.md.
"""

import asyncio
import os
from pathlib import Path
from typing import Annotated

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cyclopts import Parameter

from duebook.cli.backup import summary
from duebook.cli.connection import USUAL, Where, external_url, folder, opened
from duebook.cli.exits import DONE, REFUSED, CommandRefused, UsageError
from duebook.cli.output import progress, remark
from duebook.cli.verify import News, Proved, is_wrong, prove, show
from duebook.db.aside import new_folder
from duebook.db.backup_file import Backup, opened_backup
from duebook.db.backups import NO_HEADS, bring_back, raise_if_newer
from duebook.db.pool import DATABASE_URL, MIGRATE_URL, Database
from duebook.ledger.head_keys import HEAD_KEY, key_id, private_key, public_key
from duebook.ledger.heads import BadHeads, SignedHeads, departed, proved, read_heads, surpassed


class HeadsNotProved(CommandRefused):
    """The heads in a backup are signed with the key that the reader names."""

    def __init__(self, file: Path, why: str) -> None:
        self.file = file
        super().__init__(f"the heads in {file} {why}: nothing was restored")


def restore(
    file: Path,
    /,
    *,
    head_key: Annotated[
        Path | None, Parameter(help="The public key that its heads are signed with, if it is not this server's.")
    ] = None,
    where: Where = USUAL,
) -> int:
    """Bring a backup back into an empty database, as its owner, or into a new data folder; then prove the books.

    Parameters
    ----------
    file
        What `duebook backup` wrote.
    """
    url = external_url(where, MIGRATE_URL)
    if url is None and where.data_dir is None and os.environ.get(DATABASE_URL):
        raise UsageError(f"{DATABASE_URL} is for the role that serves: give the owner's URL in {MIGRATE_URL}")
    key = public_key(head_key) if head_key else None
    with progress("Reading the backup") as news, opened_backup(file) as backup:
        raise_if_newer(backup)
        heads = _heads(backup, key)
        if url is not None:
            found = _restored(backup, heads, url, news)
        else:
            with new_folder(folder(where)) as urls:
                found = _restored(backup, heads, urls.owner, news)
    show(found)
    print(f"restored {summary(backup.manifest)}")
    return REFUSED if is_wrong(found) else DONE


def _heads(backup: Backup, key: Ed25519PublicKey | None) -> SignedHeads | None:
    """The heads in a backup, with their signature proved if their key is known. Raises HeadsNotProved, BadHeadKey."""
    if backup.heads == NO_HEADS:
        if key is not None:
            raise HeadsNotProved(backup.path, "were never signed, for its books are older than that")
        return None
    try:
        heads = read_heads(backup.heads)
        if key is None and (ours := os.environ.get(HEAD_KEY)):
            public = private_key(Path(ours)).public_key()
            key = public if key_id(public) == heads.key_id else None
        if key is not None:
            proved(heads, key)
    except BadHeads as bad:
        raise HeadsNotProved(backup.path, bad.rule) from None
    if key is None:
        remark(
            f"duebook: the heads are signed with the key {heads.key_id}, which is not at hand: their signature is not"
            " checked; --head-key names the key"
        )
    return heads


def _restored(backup: Backup, heads: SignedHeads | None, owner_url: str, news: News) -> list[Proved]:
    """What is found in the books once they are there."""
    news("Restoring")
    bring_back(backup, owner_url)

    async def run() -> list[Proved]:
        # Row-level security binds the owner too, so that it proves the books as the serving role sees them.
        async with opened(owner_url) as database:
            found = await prove(database, news)
            return [*found, await _compared(database, heads)] if heads else found

    return asyncio.run(run())


async def _compared(database: Database, heads: SignedHeads) -> Proved:
    """Where the chains do not end exactly at these heads."""
    async with database.readers.connection() as connection:
        findings = [finding async for finding in departed(connection, heads)]
        findings += [finding async for finding in surpassed(connection, heads)]
    return {"heads_signed_at": heads.signed_at, "key_id": heads.key_id, "findings": findings}
