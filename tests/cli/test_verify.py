"""`duebook verify` on books that are right, and on books that somebody changed."""

from pathlib import Path

import psycopg
import pytest

from duebook.db.embedded import Urls
from tests.cli.conftest import Run
from tests.cli.corrected import record_in


def test_books_that_are_right(run: Run, business: str) -> None:
    """Given an imported file, when the books are verified, then all is as it should be."""
    assert run(f"import invoices.csv --business {business} --side receivable").code == 0
    ended = run(f"verify --business {business}")
    assert (ended.code, ended.out) == (0, f"business {business}, version 1: all is as it should be\n")


def test_books_that_somebody_changed(run: Run, business: str, database_urls: Urls) -> None:
    """Given an entry changed in the database, when all books are verified, then it is found and the exit code is 1."""
    assert run(f"import invoices.csv --business {business} --side receivable").code == 0
    with psycopg.connect(database_urls.superuser) as connection:
        connection.execute("UPDATE entry SET amount_minor = amount_minor + 1 WHERE business_id = %s", [business])
    said = run(f"verify --business {business}")
    assert (said.code, said.err) == (1, "")
    heading, *findings = said.out.splitlines()
    assert heading == f"business {business}, version 1: {len(findings)} findings"
    assert findings[0] == "  version 1 does not have the hash of what it recorded"
    ended = run("verify --json")
    assert ended.code == 1
    [found] = [one["findings"] for one in ended.json if one.get("business_id") == business]
    assert {"where": "version 1", "what": "does not have the hash of what it recorded"} in found


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("DELETE FROM book WHERE business_id = %s", "the books cannot be opened: no business"),
        ("UPDATE business SET time_zone = '/Moon' WHERE id = %s", "the books cannot be opened: ZoneInfo keys may not"),
        ("UPDATE business SET time_zone = 'Moon' WHERE id = %s", "the books cannot be opened: 'No time zone found"),
        (
            "UPDATE business SET created_at = 'infinity' WHERE id = %s",
            "the books cannot be opened: timestamp too large",
        ),
    ],
)
def test_books_that_cannot_be_opened_are_found(
    run: Run, business: str, database_urls: Urls, statement: str, found: str
) -> None:
    """Given a business without a head, with no zone, or made at no time, when all is verified, then that is found."""
    with psycopg.connect(database_urls.superuser) as owner:
        owner.execute(statement, [business])
    ended = run("verify")
    assert (ended.code, ended.err) == (1, "")
    assert found in ended.out.partition(f"business {business}, version 0: 1 finding\n")[2].splitlines()[0]
    assert run(f"verify --business {business}").code == 1


def test_events_that_cannot_be_read_are_found(run: Run, partner: str, business: str, database_urls: Urls) -> None:
    """Given an event at no time, when all is verified, then that is found, and everything else is still proved."""
    with psycopg.connect(database_urls.superuser) as owner:
        owner.execute("UPDATE partner_event SET recorded_at = 'infinity' WHERE partner_id = %s", [partner])
    ended = run("verify")
    assert (ended.code, ended.err) == (1, "")
    assert f"partner {partner}, event 0: 1 finding\n  the events cannot be read: timestamp too large" in ended.out
    assert f"business {business}, version 0: all is as it should be\n" in ended.out


def test_corrected_books_are_right(run: Run, business: str, database_urls: Urls) -> None:
    """Given books with returns, write-offs and edits, closed and opened again, when verified, then all is right."""
    record_in(database_urls, business)
    for rest in ("--through 2025-02-28 --late shift", "--through 2025-03-31", "--reopen"):
        assert run(f"close --business {business} {rest}").code == 0
    assert run(f"verify --business {business}").out == f"business {business}, version 7: all is as it should be\n"


def test_heads_are_proved_with_a_key_that_is_named(
    run: Run, business: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given heads and a server without a key, when they are to be proved, then the answer says to name the key."""
    heads, key, public = (tmp_path / name for name in ("heads.json", "key.pem", "public.pem"))
    assert run(f"heads new-key {key}").code == 0
    monkeypatch.setenv("DUEBOOK_HEAD_KEY", str(key))
    heads.write_text(run(f"heads sign --business {business}").out)
    public.write_text(run("heads public-key").out)
    monkeypatch.delenv("DUEBOOK_HEAD_KEY")
    ended = run(f"verify --business {business} --heads {heads}")
    said = "--heads: this server has no key: name the public key of the heads with --head-key"
    assert (ended.code, ended.out, ended.err) == (2, "", f"duebook: {said}\n")
    assert run(f"verify --business {business} --heads {heads} --head-key {public}").code == 0
