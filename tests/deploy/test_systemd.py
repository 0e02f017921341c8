"""The units: well formed, closed off, and what they start runs as an ordinary user."""

import subprocess
from pathlib import Path

import pytest

from duebook.db.embedded import Urls
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
    assert "Environment" not in said


def test_the_migration_unit_brings_an_empty_database_to_this_release(image: Image, tcp_urls: Urls) -> None:
    """Given the owner's URL, when the migration unit's command is run by an ordinary user, then it does its work."""
    environment = {"DUEBOOK_MIGRATE_URL": tcp_urls.owner, "HOME": "/nonexistent"}
    done = image.machine.run(command_of("duebook-migrate.service"), user="10001:10001", environment=environment)
    assert (done.returncode, done.stdout, done.stderr) == (0, "the database is up to date\n", "")
