"""A backup that is made while clients write."""

from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from threading import Event

import httpx
import psycopg
import pytest

from duebook.db.embedded import Urls
from tests.cli.conftest import EmptyDatabases, Run, restored
from tests.http.layer_world import Layer, invoice, new_layer
from tests.http.world import new_platform

WRITERS = 4
ENOUGH = 20
"""How many writes are acknowledged before the backup begins, at least."""


def write(books: Layer, writer: int, acknowledged: list[str], stop: Event) -> None:
    """Record one invoice after the other."""
    for number in count():
        if stop.is_set():
            return
        books.post("invoices", invoice(f"{writer}-{number}", customer_external_id=f"c{writer}"))
        acknowledged.append(f"{writer}-{number}")


def test_what_was_acknowledged_before_a_backup_began_is_in_it(
    run: Run, server: str, database_urls: Urls, backups: Path, empty_databases: EmptyDatabases
) -> None:
    """Given clients that write to two businesses, when a backup is made meanwhile and restored, then all that was
    answered before it began is there, the books are right, and a report says the same as in the books that went on."""
    acknowledged: list[str] = []
    stop = Event()
    with httpx.Client(base_url=server, timeout=30) as client, ThreadPoolExecutor(WRITERS) as threads:
        both = [new_layer(client, new_platform(database_urls.serve)) for _ in range(2)]
        writing = [threads.submit(write, both[one % 2], one, acknowledged, stop) for one in range(WRITERS)]
        while len(acknowledged) < ENOUGH and not any(one.done() for one in writing):
            stop.wait(0.01)
        before = list(acknowledged)
        made = run(f"backup {backups / 'books'}")
        stop.set()
        for one in writing:
            one.result()
    assert (made.code, made.err) == (0, "")
    there = empty_databases()
    ended = restored(run, backups / "books", there)
    assert (ended.code, ended.err) == (0, "")
    with psycopg.connect(there.superuser) as connection:
        kept = {number for (number,) in connection.execute("SELECT external_id FROM document")}
        versions: dict[str, int] = dict(connection.execute("SELECT business_id::text, version FROM book").fetchall())
    assert ENOUGH <= len(before) < len(acknowledged)
    assert set(before) <= kept <= set(acknowledged)
    for books in both:
        words = f"aging receivable --business {books.business_id} --as-of 2024-05-15 --format json"
        said = []
        for urls in (there, database_urls):
            with pytest.MonkeyPatch.context() as patch:
                patch.setenv("DUEBOOK_DATABASE_URL", urls.serve)
                said.append(run(f"{words} --known-at {versions[books.business_id]}").out)
        assert said[0] == said[1] != ""
