"""The commands on the page docs/howto/prove-the-books.md do what it says, word for word."""

import re
from pathlib import Path
from typing import Final

import psycopg
import pytest

from duebook.db.embedded import Urls
from tests.cli.conftest import Run
from tests.postgres.test_ledger_chain import TABLES

PAGE: Final = Path(__file__).parents[2] / "docs" / "howto" / "prove-the-books.md"


def session() -> list[tuple[str, str]]:
    """The commands of the page, each with what it prints."""
    lines = [line.removeprefix("    ") for line in PAGE.read_text(encoding="utf-8").splitlines() if line[:4] == "    "]
    said = "".join(f"{line}\n" for line in lines if not line.startswith("curl"))
    return [(command, printed) for command, printed in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n?)*)", said, re.MULTILINE)]


@pytest.fixture
def folder(tmp_path: Path, run: Run, business: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the commands are run, once there is one version of the books."""
    assert run(f"import invoices.csv --business {business} --side receivable").code == 0
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_page_is_right(
    run: Run, folder: Path, partner: str, business: str, database_urls: Urls, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given the page's commands, when they are run one after the other, then they print what the page says."""
    changes = iter([(_meddle, _undo), (_put_back, None)])
    for command, printed in session():
        undo = None
        if "finding" in printed:
            change, undo = next(changes)
            change(database_urls, business)
        if command.startswith("export "):
            monkeypatch.setenv(*command.removeprefix("export ").split("="))
            continue
        line, _, file = command.removeprefix("duebook ").partition(" > ")
        ended = run(line.replace("PARTNER", partner).replace("BUSINESS", business))
        assert ended.code == (1 if "finding" in printed else 0), ended.err
        if file:
            (folder / file).write_text(ended.out)
        else:
            assert _masked(ended.out, partner, business) == printed
        if undo:
            undo(database_urls, business)
    assert next(changes, None) is None


def _meddle(urls: Urls, business: str) -> None:
    """Rename a partner and a customer behind the service's back."""
    with psycopg.connect(urls.superuser) as owner:
        owner.execute("UPDATE partner SET name = name || '!'")
        owner.execute("UPDATE party_fact SET name = name || '!' WHERE business_id = %s", [business])


def _undo(urls: Urls, business: str) -> None:
    with psycopg.connect(urls.superuser) as owner:
        owner.execute("UPDATE partner SET name = rtrim(name, '!')")
        owner.execute("UPDATE party_fact SET name = rtrim(name, '!') WHERE business_id = %s", [business])


def _put_back(urls: Urls, business: str) -> None:
    """Put the books back to where they began."""
    with psycopg.connect(urls.superuser) as owner:
        owner.execute("SET session_replication_role = replica")
        for table in (*TABLES, "open_item", "ledger_version"):
            owner.execute(f"DELETE FROM {table} WHERE business_id = %s", [business])
        owner.execute("UPDATE book SET version = 0, hash = %s WHERE business_id = %s", [bytes(32), business])


def _masked(out: str, partner: str, business: str) -> str:
    """The output with the page's names for what is another each time."""
    named = out.replace(partner, "PARTNER").replace(business, "BUSINESS")
    return re.sub(r"(?<=signed at )\S+(?=: )", "TIME", re.sub(r"(?<=key_id  )\S+", "KEY", named))
