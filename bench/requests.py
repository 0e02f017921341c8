"""Requests for a report against requests to the bare server that returns the same bytes."""

import asyncio
import base64
import contextlib
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterable, Iterator
from datetime import date, timedelta
from itertools import count
from pathlib import Path
from statistics import median

from bench.bare import BODY_FILE
from bench.books import filled
from duebook.db.pool import Database
from duebook.tenancy.facts import WireProfile
from duebook.tenancy.partners import create_partner
from duebook.watch.logs import LogFormat, configuration

CLIENTS = 4
REQUESTS = 400


async def ratios(database: Database, serve_url: str, superuser_url: str) -> AsyncIterator[tuple[str, float, float]]:
    """What was measured, its milliseconds per request, and those of what it is compared with."""
    partner, secret = await create_partner(database, "Requests", WireProfile.PUBLISHED)
    today = date.today()  # noqa: DTZ011 - any day does: the books are made around it
    business_id = await filled(database, superuser_url, partner, settled=0, unpaid=500, parties=50, today=today)
    path = f"/v1/platform/businesses/{business_id}/insights/ar-aging/"
    with tempfile.NamedTemporaryFile() as body, _serving("duebook.http.app:app", serve_url, body.name) as port:
        token = await _token(port, str(partner.id), secret)
        headers = f"Authorization: Bearer {token}\r\n"
        first, answer = await _request(port, "GET", path, headers)
        if first != 200:
            raise RuntimeError(f"the report was answered with {first}")
        body.write(answer)
        body.flush()
        days = (today + timedelta(days=days) for days in count(1))
        computed = await _milliseconds(port, (f"{path}?as_of_date={day}" for day in days), headers)
        repeated = await _milliseconds(port, iter(lambda: path, None), headers)
        with _serving("bench.bare:app", serve_url, body.name) as bare_port:
            bare = await _milliseconds(bare_port, iter(lambda: "/bare", None), headers)
    yield "a request whose report of 50 parties is computed, against the bare server", computed, bare
    yield "the same request repeated, against the bare server", repeated, bare


@contextlib.contextmanager
def _serving(app: str, url: str, body_file: str) -> Iterator[int]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = os.environ | {"DUEBOOK_DATABASE_URL": url, BODY_FILE: body_file}
    log = Path(f"{body_file}.{port}.json")  # a server logs every request, and so does this one
    log.write_text(json.dumps(configuration(LogFormat.JSON)), encoding="utf-8")
    arguments = ["--interface", "asgi", "--factory", "--http", "1", "--no-ws", "--log-config", str(log)]
    command = [sys.executable, "-m", "granian", *arguments, "--host", "127.0.0.1", "--port", str(port), app]
    process = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
    try:
        for _ in range(200):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
                break
            time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        process.wait()
        log.unlink()


async def _milliseconds(port: int, paths: Iterable[str], headers: str) -> float:
    """The median over all requests of a few clients that each wait for their answer before they ask again."""
    taken: list[float] = []
    asked = iter(paths)

    async def client() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for _ in range(REQUESTS // CLIENTS):
            start = time.perf_counter()
            status, _ = await _exchange(reader, writer, "GET", next(asked), headers)
            taken.append(time.perf_counter() - start)
            if status != 200:
                raise RuntimeError(f"a request was answered with {status}")
        writer.close()

    await asyncio.gather(*(client() for _ in range(CLIENTS)))
    return 1000 * median(taken)


async def _token(port: int, partner_id: str, secret: str) -> str:
    basic = base64.b64encode(f"{partner_id}:{secret}".encode()).decode()
    headers = f"Authorization: Basic {basic}\r\nContent-Length: 0\r\n"
    _, body = await _request(port, "POST", "/v1/platform/oauth2/token/", headers)
    return str(json.loads(body)["access_token"])


async def _request(port: int, method: str, path: str, headers: str) -> tuple[int, bytes]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    answer = await _exchange(reader, writer, method, path, headers)
    writer.close()
    return answer


async def _exchange(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, method: str, path: str, headers: str
) -> tuple[int, bytes]:
    writer.write(f"{method} {path} HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n".encode())
    head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
    length = int(head.split("content-length:")[1].split("\r\n")[0])
    return int(head.split()[1]), await reader.readexactly(length)
