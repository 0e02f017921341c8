"""The server as a process: it starts, answers, refuses what it must, and leaves nothing behind."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from duebook.db.embedded import Urls, owned
from duebook.db.migrate import migrate
from tests.cli.conftest import Run, read_until
from tests.ports import free_port

Start = Callable[..., "subprocess.Popen[str]"]


def answers(port: int) -> bool:
    """Whether the server says that it can work."""
    return httpx.get(f"http://127.0.0.1:{port}/readyz", timeout=10).is_success


def is_closed(port: int) -> bool:
    """Whether nothing listens there any more."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def wait_until_signed_out(urls: Urls) -> None:
    """Returns once the database has no session of a server any more."""
    sessions = "SELECT FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'duebook%'"
    with psycopg.connect(urls.superuser, autocommit=True) as connection:
        while connection.execute(sessions).rowcount:
            time.sleep(0.02)


def test_a_server_on_a_database_of_one_s_own(start: Start, database_urls: Urls, port: int, run: Run) -> None:
    """Given a database, when served by two workers and told to stop, then it answered, and nothing of it is left."""
    process = start("serve", "--port", str(port), "--workers", "2", DUEBOOK_DATABASE_URL=database_urls.serve)
    assert read_until(process, "listens") == f"Duebook listens on http://127.0.0.1:{port} (Ctrl-C stops it)\n"
    assert answers(port)
    assert str(conninfo_to_dict(database_urls.serve)["password"]) not in command_lines(process.pid)
    refused = run(f"serve --port {port}")
    assert (refused.code, refused.err) == (
        1,
        f"duebook: cannot listen on 127.0.0.1 port {port}: another program uses it; choose another with --port\n",
    )
    process.terminate()
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out, err) == (0, "", "Stopping.\n")
    assert is_closed(port)
    wait_until_signed_out(database_urls)


def command_lines(supervisor: int) -> str:
    """The arguments of the supervising process and all below it."""
    children = Path(f"/proc/{supervisor}/task/{supervisor}/children").read_text().split()
    below = "".join(command_lines(int(child)) for child in children)
    return Path(f"/proc/{supervisor}/cmdline").read_text() + below


def test_the_embedded_database_is_started_migrated_and_stopped_along(
    start: Start, home: Path, port: int, run: Run
) -> None:
    """Given no folder yet, when served, then commands work beside it, it signs with a key of its own, a second server
    does not start, and all ends as one."""
    process = start("serve", "--port", str(port), "--data-dir", str(home))
    read_until(process, "listens")
    assert answers(port)
    made = run(f"partner create First --data-dir {home} --json").json
    opened = f"business create Books --partner {made['partner_id']} --currency USD --data-dir {home} --json"
    head = httpx.get(
        f"http://127.0.0.1:{port}/api/v1/businesses/{run(opened).json['business_id']}/head",
        auth=(made["partner_id"], made["api_key"]),
        timeout=30,
    )
    home.with_name("head.json").write_bytes(head.content)
    proved = run(f"verify --heads {home.with_name('head.json')} --data-dir {home} --json").json
    assert [one["findings"] for one in proved] == [[], [], []]
    second = run(f"serve --port {free_port()} --data-dir {home}")
    assert second.code == 1
    assert f"in use by the Duebook process {process.pid}" in second.err
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=30) == 0
    assert not (home / "pgdata" / "postmaster.pid").exists()
    assert [one["partner_id"] for one in run(f"partner list --data-dir {home} --json").json] == [made["partner_id"]]


def test_a_killed_server_takes_its_workers_along_and_can_be_started_again(
    start: Start, database_urls: Urls, port: int
) -> None:
    """Given a server, when its supervisor is killed, then its workers end by themselves and the port is free again."""
    url = {"DUEBOOK_DATABASE_URL": database_urls.serve}
    first = start("serve", "--port", str(port), **url)
    read_until(first, "listens")
    first.kill()
    second = start("serve", "--port", str(port), **url)
    read_until(second, "listens")
    assert answers(port)
    second.terminate()
    assert second.wait(timeout=30) == 0
    wait_until_signed_out(database_urls)


def test_a_server_whose_workers_cannot_work_says_so(start: Start, database_urls: Urls, port: int) -> None:
    """Given a server, when the process that keeps its workers is killed, then it ends with a message and no worker."""
    process = start("serve", "--port", str(port), DUEBOOK_DATABASE_URL=database_urls.serve)
    read_until(process, "listens")
    [keeper] = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    os.kill(int(keeper), signal.SIGKILL)
    _, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (1, f"duebook: the server stopped by itself (exit code {-signal.SIGKILL})\n")
    assert is_closed(port)


def kill_database(home: Path) -> None:
    """SIGKILL for PostgreSQL's first process."""
    os.kill(int((home / "pgdata" / "postmaster.pid").read_text().splitlines()[0]), signal.SIGKILL)


def wait_until_answered(port: int) -> None:
    """Returns once the server can work."""
    while not answers(port):
        time.sleep(0.05)


def test_an_embedded_database_that_is_killed_is_started_again(start: Start, home: Path, port: int, run: Run) -> None:
    """Given a server, when its embedded database is killed, then it goes on with another and nothing is lost; when that
    happens again and again, it ends and says where to look."""
    process = start("serve", "--port", str(port), "--data-dir", str(home))
    read_until(process, "listens")
    made = run(f"partner create First --data-dir {home} --json").json
    [worker] = workers_of(process.pid)
    for _ in range(3):
        kill_database(home)
        assert process.stderr is not None
        while "is started again" not in (said := process.stderr.readline()):
            pass
        assert said == f"The database stopped by itself, and is started again. {home}/server.log.1 may say why.\n"
        wait_until_answered(port)
    assert workers_of(process.pid) == [worker]
    assert [one["partner_id"] for one in run(f"partner list --data-dir {home} --json").json] == [made["partner_id"]]
    kill_database(home)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert err.splitlines()[-1] == (
        f"duebook: the database in {home} stops by itself again and again, and the server cannot go on without it: "
        f"{home}/server.log may say why. What is recorded is safe; start the server again"
    )
    assert "Traceback" not in err
    assert is_closed(port)


def test_a_server_waits_for_its_database(start: Start, home: Path, port: int) -> None:
    """Given a database that is not up, when a server is started, then it says so and waits; when the database goes and
    comes back, then it is not ready meanwhile, and needs no restart."""
    with owned(home, fsync=False) as urls:
        migrate(urls.owner)
    process = start("serve", "--port", str(port), DUEBOOK_DATABASE_URL=urls.serve)
    assert process.stderr is not None
    assert process.stderr.readline().startswith("Waiting for the database: ")
    with owned(home, fsync=False):
        read_until(process, "listens")
        assert answers(port)
    assert httpx.get(f"http://127.0.0.1:{port}/readyz", timeout=10).status_code == 503
    assert httpx.get(f"http://127.0.0.1:{port}/healthz", timeout=10).status_code == 200
    with owned(home, fsync=False):
        wait_until_answered(port)
        process.terminate()
        assert process.wait(timeout=30) == 0


def test_a_worker_that_is_killed_is_replaced(start: Start, database_urls: Urls, port: int) -> None:
    """Given a server, when its worker is killed, then another one answers, and the server stops when told to."""
    process = start("serve", "--port", str(port), DUEBOOK_DATABASE_URL=database_urls.serve)
    read_until(process, "listens")
    [worker] = workers_of(process.pid)
    os.kill(worker, signal.SIGKILL)
    while True:
        try:
            if answers(port) and workers_of(process.pid) != [worker]:
                break
        except httpx.TransportError:
            time.sleep(0.05)
    process.terminate()
    _, err = process.communicate(timeout=30)
    assert process.returncode == 0, err
    assert is_closed(port)
    wait_until_signed_out(database_urls)


def workers_of(supervisor: int) -> list[int]:
    """The processes that answer: all children of the process that keeps them."""
    [keeper] = Path(f"/proc/{supervisor}/task/{supervisor}/children").read_text().split()
    return [int(child) for child in Path(f"/proc/{keeper}/task/{keeper}/children").read_text().split()]


@pytest.mark.parametrize("host", ["192.0.2.1", "nowhere.invalid"])
def test_an_address_of_another_machine_is_refused(host: str, run: Run, connected: None, port: int) -> None:
    """Given an address that this machine does not have, when it is to listen there, then it says so."""
    ended = run(f"serve --host {host} --port {port}")
    assert ended.code == 1
    assert ended.err.startswith(f"duebook: cannot listen on {host} port {port}: ")


@pytest.mark.parametrize("command", ["serve", "demo"])
def test_an_origin_that_would_never_match_is_refused(
    command: str, run: Run, port: int, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given an allowed origin with a slash behind, when a server is started, then it is not, and the rule is named."""
    monkeypatch.setenv("DUEBOOK_ALLOWED_ORIGINS", "https://app.example/")
    ended = run(f"{command} --port {port} --data-dir {home}")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith("duebook: DUEBOOK_ALLOWED_ORIGINS: 'https://app.example/' is not an origin")
    assert not home.exists()


def test_every_setting_that_is_wrong_is_named_before_anything_starts(
    run: Run, port: int, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given a slip of the pen and a bad value, when a server is started, then it is not, and a line names each."""
    monkeypatch.setenv("DUEBOOK_DATABASE_ULR", "postgresql://user:hunter2@host/db")
    monkeypatch.setenv("DUEBOOK_LOG_FORMAT", "yaml")
    ended = run(f"serve --port {port} --data-dir {home}")
    assert (ended.code, ended.out, home.exists()) == (2, "", False)
    assert ended.err.splitlines() == [
        "duebook: DUEBOOK_DATABASE_ULR: is not a setting; the nearest that is one is DUEBOOK_DATABASE_URL",
        "duebook: DUEBOOK_LOG_FORMAT: 'yaml' is neither json nor text",
    ]


def test_metrics_have_an_address_of_their_own(run: Run, port: int, connected: None) -> None:
    """Given a port that is taken, when the metrics are to be there, then the server is not started, and it says why."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        other = taken.getsockname()[1]
        ended = run(f"serve --port {port} --metrics-port {other}")
    assert (ended.code, ended.out) == (1, "")
    assert ended.err == f"duebook: cannot listen on 127.0.0.1 port {other}: Address already in use\n"


def test_allowed_origins_reach_the_workers(start: Start, database_urls: Urls, port: int) -> None:
    """Given an allowed origin, when the server is started, then its workers tell that page that it may read."""
    origin = "https://app.example"
    process = start(
        *("serve", "--port", str(port)), DUEBOOK_DATABASE_URL=database_urls.serve, DUEBOOK_ALLOWED_ORIGINS=origin
    )
    read_until(process, "listens")
    answer = httpx.get(f"http://127.0.0.1:{port}/healthz", headers={"Origin": origin})
    assert answer.headers["access-control-allow-origin"] == origin
