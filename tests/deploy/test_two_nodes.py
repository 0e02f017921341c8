"""The page about two nodes, line by line on two machines: what was acknowledged outlives the first."""

import os
import re
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

import httpx
import pytest

from tests.deploy.machine import PROJECT, Machine, machine
from tests.faults.served import COMMAND, Served
from tests.http.native_world import charge, new_books
from tests.http.world import new_platform

_PAGE = PROJECT / "docs" / "howto" / "two-nodes.md"
_ADDRESSES = {"node-a": "127.0.15.1", "node-b": "127.0.15.2"}
_SECONDS = 60.0
_JUST_INSTALLED = """
rm -rf /etc/postgresql/15 /var/lib/postgresql/15
install -d -m 2775 -o postgres -g postgres /run/postgresql /var/run/postgresql /var/log/postgresql
pg_createcluster 15 main --port 5432 --start
"""
_STANDBYS = "SELECT application_name, sync_state FROM pg_stat_replication"


def steps() -> list[tuple[str, str]]:
    """What the page says to do, in order: on which node, and the lines."""
    blocks = re.findall(r"(?:^    .*\n|^\n(?=    ))+", _PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    parts = [
        part for block in blocks for part in re.split(r"^(?=# on )", dedent(block).lstrip("\n"), flags=re.MULTILINE)
    ]
    return [(part.split()[2], part) for part in parts if part.startswith("# on ")]


def url(name: str) -> str:
    """A URL of the page, with addresses for the names of the nodes."""
    [found] = re.findall(rf"^    {name}=(.*)$", _PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    for node, address in _ADDRESSES.items():
        found = found.replace(node, address)
    return str(found)


@dataclass(frozen=True)
class Nodes:
    """Two machines, each with Debian's PostgreSQL as it is when it has just been installed."""

    machines: dict[str, Machine]

    def take(self, step: tuple[str, str]) -> str:
        """Do what the page says on a node; returns what was printed."""
        node, lines = step
        done = self.machines[node].run(["/bin/bash", "-euo", "pipefail", "-c", lines])
        assert done.returncode == 0, f"{lines}\n{done.stdout}{done.stderr}"
        return done.stdout


@pytest.fixture
def nodes() -> Iterator[Nodes]:
    """Both machines, and that they know each other's names."""
    with ExitStack() as stack:
        found = Nodes({node: stack.enter_context(machine("postgres", "ssl-cert")) for node in _ADDRESSES})
        hosts = "".join(f"{address} {node}\n" for node, address in _ADDRESSES.items())
        for node, one in found.machines.items():
            one.path("/etc/hosts").write_text(f"{_ADDRESSES[node]} localhost\n{hosts}")
            stack.callback(found.take, (node, "pg_ctlcluster 15 main stop --mode immediate || true"))
            found.take((node, _JUST_INSTALLED))
        yield found


def wait_until_ready(address: str) -> None:
    """Come back when a server can answer."""
    until = time.monotonic() + _SECONDS
    while time.monotonic() < until:
        try:
            if httpx.get(f"{address}/readyz", timeout=10).status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    raise AssertionError("the server did not become ready")


def test_what_was_acknowledged_outlives_the_first_node(nodes: Nodes, tmp_path: Path) -> None:
    """Given the page's steps taken in order, when the first node is lost, then all that was written is on the second.

    The server, which is never restarted, writes on there, and the first comes back as the standby.
    """
    first, second, waits, stop, promote, back, waits_again = steps()
    for step in (first, second, waits):
        nodes.take(step)
    owner = {"DUEBOOK_MIGRATE_URL": url("DUEBOOK_MIGRATE_URL")}
    subprocess.run([*COMMAND, "migrate"], env=os.environ | owner, check=True)
    both = url("DUEBOOK_DATABASE_URL")
    with (
        Served.running(both, tmp_path / "log") as served,
        httpx.Client(base_url=served.url, timeout=30) as client,
    ):
        books = new_books(client, new_platform(both))
        for number in range(20):
            books.do(charge(f"before-{number}", 100))
        nodes.take(stop)
        nodes.take(promote)
        wait_until_ready(served.url)
        books.do(charge("after", 100))
        assert books.get("reports/aging", side="receivable")["totals"][0]["total_minor"] == 2_100
        nodes.take(back)
        nodes.take(waits_again)
        books.do(charge("with its standby", 100))
    standing = nodes.take(("node-b", f"su postgres -c \"psql --tuples-only --no-align --command '{_STANDBYS}'\""))
    assert standing == "node_a|sync\n"
