"""What the container file makes: nothing but the pinned packages and Duebook, which serves as an ordinary user."""

import signal
import stat
import subprocess
import time
from pathlib import Path

import httpx
import pytest
from packaging.requirements import Requirement

from duebook.db.embedded import Urls
from tests.deploy.machine import PROJECT, Image
from tests.ports import free_port

_START_SECONDS = 60.0
_ENVIRONMENT = "/opt/duebook"


def pinned(lock: str) -> dict[str, str]:
    """The packages of a lock file that this machine takes: name and version."""
    lines = (PROJECT / "requirements" / lock).read_text().splitlines()
    pins = [Requirement(line.removesuffix("\\")) for line in lines if line and not line.startswith((" ", "#"))]
    wanted = [pin for pin in pins if pin.marker is None or pin.marker.evaluate()]
    return {pin.name: str(pin.specifier).removeprefix("==") for pin in wanted}


def test_the_file_is_as_container_files_should_be() -> None:
    """Given the container file, when hadolint reads it, then it has nothing to say."""
    said = subprocess.run(
        [PROJECT / ".supply/bin/hadolint", "--no-color", PROJECT / "deploy" / "Containerfile"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (said.stdout, said.returncode) == ("", 0)


def test_the_image_holds_what_is_pinned(image: Image) -> None:
    """Given the image, when its packages are listed, then they are the pinned ones and Duebook, without pip."""
    code = "import importlib.metadata as it; print('\\n'.join(f'{d.name}=={d.version}' for d in it.distributions()))"
    listed = image.machine.run([f"{_ENVIRONMENT}/bin/python3", "-c", code]).stdout.split()
    there = dict(one.lower().replace("_", "-").split("==") for one in listed)
    del there["duebook"]
    assert there == pinned("server.txt")


def test_the_image_is_closed_to_the_user_it_runs_as(image: Image) -> None:
    """Given the image, when its files are looked at, then root owns all and nobody else may write to any."""
    open_to_others = [
        one
        for one in image.machine.path(_ENVIRONMENT).rglob("*")
        if not one.is_symlink() and (one.stat().st_uid != 0 or one.stat().st_mode & (stat.S_IWGRP | stat.S_IWOTH))
    ]
    assert open_to_others == []
    assert image.user == "10001:10001"


def test_without_a_database_the_container_says_what_it_needs(image: Image) -> None:
    """Given no database, when a container is started, then a sentence says what is missing, and no trace."""
    done = image.machine.run(image.command, user=image.user, environment=image.environment | {"HOME": "/nonexistent"})
    assert done.returncode == 1
    assert "PostgreSQL server of your own" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("command", [["duebook", "--help"], ["duebook", "--version"]])
def test_other_commands_run_in_the_image(image: Image, command: list[str]) -> None:
    """Given the image, when another command than `serve` is run, then it does what it does elsewhere."""
    done = image.machine.run(command, user=image.user, environment=image.environment)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_container_serves_is_found_healthy_and_stops_when_told(image: Image, tcp_urls: Urls) -> None:
    """Given a migrated database, when a container is started, then it answers, is healthy, and SIGTERM ends it well."""
    port = free_port()
    environment = image.environment | {"DUEBOOK_DATABASE_URL": tcp_urls.serve, "HOME": "/nonexistent"}
    command = [*image.command, "--port", str(port)]
    process = image.machine.start(command, user=image.user, environment=environment)
    try:
        until = time.monotonic() + _START_SECONDS
        while _status(port) != 200:
            assert process.poll() is None
            assert time.monotonic() < until
            time.sleep(0.1)
        asked = [word.replace(":8000", f":{port}") for word in image.healthcheck]
        checked = image.machine.run(asked, user=image.user, environment=image.environment)
        assert (checked.returncode, checked.stderr) == (0, "")
        owner = Path(f"/proc/{process.pid}").stat().st_uid
        assert f"{owner}:{owner}" == image.user
    finally:
        process.send_signal(signal.SIGTERM)
        said, _ = process.communicate(timeout=_START_SECONDS)
    assert process.returncode == 0, said


def _status(port: int) -> int:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/readyz").status_code
    except httpx.TransportError:
        return 0
