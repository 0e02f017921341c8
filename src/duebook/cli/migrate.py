"""`duebook migrate`: bring a database to the schema of this release."""

import os

from duebook.cli.connection import USUAL, Where, external_url, folder
from duebook.cli.exits import UsageError
from duebook.db import migrate as schema
from duebook.db.embedded import shared
from duebook.db.pool import DATABASE_URL, MIGRATE_URL


def migrate(*, where: Where = USUAL) -> None:
    """Bring a database to the schema of this release, as its owner: the one of DUEBOOK_MIGRATE_URL unless named."""
    url = external_url(where, MIGRATE_URL)
    if url is not None:
        _report(schema.migrate(url))
        return
    if where.data_dir is None and os.environ.get(DATABASE_URL):
        raise UsageError(f"{DATABASE_URL} is for the role that serves: give the owner's URL in {MIGRATE_URL}")
    with shared(folder(where)) as urls:
        _report(schema.migrate(urls.owner))


def _report(applied: list[str]) -> None:
    for name in applied:
        print(f"applied {name}")
    if not applied:
        print("the database is up to date")
