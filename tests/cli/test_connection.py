"""Which database a command uses, and what it says of one that it cannot use."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from duebook.db.embedded import Urls
from duebook.db.migrate import migrations, serving_role
from tests.cli.conftest import Run

NOBODY = "00000000-0000-7000-8000-000000000000"
"""The id of nothing."""


@pytest.fixture
def empty(cluster: Urls) -> Iterator[Urls]:
    """A database that was never migrated, with a serving role of its own."""
    name = f"test_{uuid4().hex[:12]}"
    role = serving_role(name)
    with psycopg.connect(make_conninfo(cluster.superuser, dbname="postgres"), autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}" OWNER duebook_owner')
        connection.execute(f"CREATE ROLE {role} LOGIN PASSWORD 'opensesame' NOSUPERUSER NOBYPASSRLS")
        serve = make_conninfo(cluster.serve, dbname=name, user=role, password="opensesame")
        yield Urls(make_conninfo(cluster.owner, dbname=name), serve, make_conninfo(cluster.superuser, dbname=name))
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
        connection.execute(f"DROP ROLE {role}")


@pytest.mark.parametrize("command", ["serve", "partner list"])
def test_a_database_that_is_behind_is_refused_and_migrated_by_its_owner(
    command: str, run: Run, empty: Urls, monkeypatch: pytest.MonkeyPatch, port: int
) -> None:
    """Given an empty database, when it is used, then it says to migrate; once the owner did, it is at this release."""
    monkeypatch.setenv("DUEBOOK_DATABASE_URL", empty.serve)
    ended = run(f"serve --port {port}" if command == "serve" else command)
    names = [name for _, name, _ in migrations()]
    assert (ended.code, ended.err) == (
        1,
        f"duebook: the database lacks {len(names)} of this release's migrations: run `duebook migrate` as its owner\n",
    )
    monkeypatch.setenv("DUEBOOK_MIGRATE_URL", empty.owner)
    assert run("migrate").out.splitlines() == [f"applied {name}" for name in names]
    assert run("migrate").out == "the database is up to date\n"
    assert run("partner list --json").json == []


def test_migrating_as_the_wrong_role(run: Run, empty: Urls, monkeypatch: pytest.MonkeyPatch) -> None:
    """Given only the serving role's URL, when migrating, then the owner's is asked for, or the role is refused."""
    monkeypatch.setenv("DUEBOOK_DATABASE_URL", empty.serve)
    ended = run("migrate")
    assert (ended.code, ended.err) == (
        2,
        "duebook: DUEBOOK_DATABASE_URL is for the role that serves: give the owner's URL in DUEBOOK_MIGRATE_URL\n",
    )
    monkeypatch.setenv("DUEBOOK_MIGRATE_URL", empty.serve)
    ended = run("migrate")
    assert (ended.code, ended.err) == (
        1,
        "duebook: this database role may not do that: permission denied for schema public\n",
    )


@pytest.mark.parametrize(
    ("role", "because"),
    [
        ("superuser", "the role duebook_superuser is a superuser"),
        ("owner", "the role duebook_owner owns the database"),
        ("member", "owns the database"),
        ("bypassing", "has BYPASSRLS"),
    ],
)
def test_a_role_that_row_security_does_not_bind_is_not_served(
    role: str, because: str, run: Run, database_urls: Urls, monkeypatch: pytest.MonkeyPatch, port: int
) -> None:
    """Given a role too strong, when the server is started as it, then it says why and does not start."""
    with role_of_kind(role, database_urls) as url:
        monkeypatch.setenv("DUEBOOK_DATABASE_URL", url)
        ended = run(f"serve --port {port}")
    assert ended.code == 1
    assert because in ended.err
    assert "so nothing would keep businesses apart" in ended.err


@contextmanager
def role_of_kind(kind: str, urls: Urls) -> Iterator[str]:
    """The URL of a role that must not serve."""
    if kind in ("superuser", "owner"):
        yield make_conninfo(urls.superuser if kind == "superuser" else urls.owner)
        return
    name = f"role_{uuid4().hex[:12]}"
    with psycopg.connect(urls.superuser, autocommit=True) as connection:
        bypass = "BYPASSRLS" if kind == "bypassing" else "IN ROLE duebook_owner"
        connection.execute(f"CREATE ROLE {name} LOGIN PASSWORD 'opensesame' {bypass}")
        connection.execute(f"GRANT CONNECT ON DATABASE {connection.info.dbname} TO {name}")
        yield make_conninfo(urls.serve, user=name, password="opensesame")
        connection.execute(f"DROP OWNED BY {name}; DROP ROLE {name}")


def test_a_later_release_s_database_is_welcome(run: Run, connected: None, database_urls: Urls) -> None:
    """Given a database that a later release has migrated, when this one uses it, then it does."""
    with psycopg.connect(database_urls.owner) as connection:
        connection.execute("INSERT INTO schema_migration (number, name, digest) VALUES (9999, 'later', 'x')")
    assert run("partner list --json").code == 0


@pytest.mark.parametrize("word", ["--database-url '{}'", ""])
def test_a_database_that_is_down(word: str, run: Run, monkeypatch: pytest.MonkeyPatch, port: int) -> None:
    """Given a URL where nothing listens, when it is used, then that is said in one line, and no password with it."""
    url = f"postgresql://someone:opensesame@127.0.0.1:{port}/duebook"
    if not word:
        monkeypatch.setenv("DUEBOOK_DATABASE_URL", url)
    ended = run(f"partner list {word.format(url)}")
    *warnings, last = ended.err.splitlines()
    hidden = "duebook: others can see a password in --database-url; DUEBOOK_DATABASE_URL hides it"
    assert warnings == ([hidden] if word else [])
    assert (ended.code, last.split(":")[:2]) == (1, ["duebook", " the database does not answer"])
    assert "opensesame" not in ended.err + ended.out


def test_the_embedded_database_of_a_folder(run: Run, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Given no folder yet, when a command needs one, then it is made and migrated, kept, and no server is left."""
    monkeypatch.setenv("DUEBOOK_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/other")
    made = run(f"partner create First --data-dir {home} --json").json
    assert [one["partner_id"] for one in run(f"partner list --data-dir {home} --json").json] == [made["partner_id"]]
    assert run(f"migrate --data-dir {home}").out == "the database is up to date\n"
    assert not (home / "pgdata" / "postmaster.pid").exists()


@pytest.mark.parametrize("is_empty", [False, True])
@pytest.mark.parametrize(
    "command",
    [
        "partner list",
        f"partner rotate-key {NOBODY}",
        f"business create Example --partner {NOBODY} --currency USD",
        "business list",
        f"import invoices.csv --business {NOBODY} --side receivable",
        f"aging receivable --business {NOBODY}",
        f"explain receivable --business {NOBODY}",
        f"changes receivable --business {NOBODY} --since 1",
        f"tie-out receivable --business {NOBODY} --balance 1 --on 2025-03-31",
        f"close --business {NOBODY} --through 2025-03-31",
        f"start --business {NOBODY} --on 2025-01-01",
        f"rates list --business {NOBODY}",
        f"versions --business {NOBODY}",
        "verify",
        "heads sign",
        "heads public-key",
    ],
)
def test_a_command_that_makes_no_books_makes_no_data_folder(command: str, is_empty: bool, run: Run, home: Path) -> None:
    """Given no folder, or an empty one, when a command needs what is in it, then it says so and leaves it as it is."""
    if is_empty:
        home.mkdir()
    ended = run(f"{command} --data-dir {home}")
    assert (ended.code, ended.out) == (1, "")
    assert ended.err == (
        f"duebook: there are no books in {home}: name another folder with --data-dir, or make books there with "
        f"`duebook serve --data-dir {home}` or `duebook partner create NAME --data-dir {home}`\n"
    )
    assert home.exists() == is_empty
    assert not is_empty or list(home.iterdir()) == []


def test_a_public_key_needs_no_database(run: Run, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Given the file of a head key and no books, when its public key is asked for, then it is told."""
    assert run(f"heads new-key {tmp_path / 'key.pem'}").code == 0
    monkeypatch.setenv("DUEBOOK_HEAD_KEY", str(tmp_path / "key.pem"))
    ended = run(f"heads public-key --data-dir {home}")
    assert (ended.code, ended.err, ended.out.splitlines()[0]) == (0, "", "-----BEGIN PUBLIC KEY-----")
    assert not home.exists()


def test_a_folder_of_something_else_is_refused(run: Run, home: Path) -> None:
    """Given a folder with other files, when it is named as the data folder, then it says so and stays as it is."""
    home.mkdir()
    (home / "thesis.tex").touch()
    ended = run(f"partner list --data-dir {home}")
    assert (ended.code, ended.out) == (1, "")
    assert ended.err.startswith(f"duebook: {home} cannot be the data folder, because it holds other files")
    assert [file.name for file in home.iterdir()] == ["thesis.tex"]
