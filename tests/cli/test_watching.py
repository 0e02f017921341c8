"""What a server of two workers tells those who run it, in its log, metrics and traces, and what it keeps to itself."""

import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, TypeVar
from urllib.parse import quote

import httpx
import msgspec
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from prometheus_client.parser import text_string_to_metric_families
from psycopg.conninfo import conninfo_to_dict

from duebook.db.embedded import Urls
from tests.cli.conftest import read_until
from tests.http.native_world import Books, charge, new_books
from tests.http.world import new_platform
from tests.ports import free_port

T = TypeVar("T")
Counts = dict[tuple[str, frozenset[tuple[str, str]]], float]

PARENT = "4bf92f3577b34da6a3ce929d0e0e4736"
"""The trace's id in the example of the standard."""


@dataclass
class Collector:
    """A collector of OpenTelemetry: what it was sent, and what it answers."""

    sent: list[bytes] = field(default_factory=list)
    status: int = 200
    address: str = ""

    def spans(self) -> list[Span]:
        """The spans that were sent, each with the name of its service in place of what it has no use for."""
        requests = [ExportTraceServiceRequest.FromString(body) for body in list(self.sent)]
        return [
            span
            for request in requests
            for resource in request.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]


@pytest.fixture(scope="module")
def collector() -> Iterator[Collector]:
    """A collector on this machine."""
    found = Collector()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if found.status == 200:
                found.sent.append(body)
            self.send_response(found.status)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found.address = f"http://127.0.0.1:{server.server_port}"
    Thread(target=server.serve_forever, daemon=True).start()
    yield found
    server.shutdown()
    server.server_close()


@dataclass
class Watched:
    """A running server, and where it tells what."""

    process: "subprocess.Popen[str]"
    books: Books
    metrics: httpx.Client
    log: Path

    def ask(self, method: str, path: str, **request: Any) -> httpx.Response:
        """What the server answers."""
        return self.books.client.request(method, path, **request)

    def lines(self) -> list[dict[str, Any]]:
        """The log so far: one JSON object in each line."""
        return [msgspec.json.decode(line) for line in self.log.read_bytes().splitlines()]

    def line_of(self, request_id: str) -> dict[str, Any]:
        """The one line of a request."""
        [line] = until(lambda: [one for one in self.lines() if one.get("request_id") == request_id])
        return line

    def page(self) -> str:
        """The metrics as they are exposed."""
        answer = self.metrics.get("/metrics")
        assert answer.status_code == 200
        return answer.text

    def counts(self) -> Counts:
        """Every sample of the metrics, by its name and labels."""
        families = text_string_to_metric_families(self.page())
        return {
            (sample.name, frozenset(sample.labels.items())): sample.value for one in families for sample in one.samples
        }

    def count(self, name: str, **labels: str) -> float:
        """The sum of a metric's samples that have these labels."""
        return total(self.counts(), name, **labels)

    def workers(self) -> list[int]:
        """The processes that answer."""
        [keeper] = _children(self.process.pid)
        return _children(keeper)


def total(counts: Counts, name: str, **labels: str) -> float:
    """The sum of a metric's samples that have these labels."""
    return sum(value for (found, has), value in counts.items() if found == name and labels.items() <= set(has))


def _children(pid: int) -> list[int]:
    return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def until(found: Callable[[], T]) -> T:
    """What is found as soon as there is something: a server tells of a request when it has answered."""
    give_up = time.monotonic() + 60
    while not (there := found()):
        assert time.monotonic() < give_up, "nothing was found"
        time.sleep(0.05)
    return there


@pytest.fixture(scope="module")
def watched(database_urls: Urls, collector: Collector) -> Iterator[Watched]:
    """A server of two workers that tells everything, with a business in it."""
    port, metrics_port = free_port(), free_port()
    told = {
        "DUEBOOK_DATABASE_URL": database_urls.serve,
        "DUEBOOK_LAYER_REQUESTS_PER_SECOND": "0",
        "DUEBOOK_ALLOWED_ORIGINS": "https://app.example",
        "OTEL_EXPORTER_OTLP_ENDPOINT": collector.address,
        "OTEL_BSP_SCHEDULE_DELAY": "100",
    }
    command = ["serve", "--port", str(port), "--workers", "2", "--metrics-port", str(metrics_port)]
    platform = new_platform(database_urls.serve)
    with tempfile.TemporaryDirectory() as folder, Path(folder, "log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-c", "import sys; from duebook.cli import main; sys.exit(main())", *command],
            env=os.environ | told,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
        try:
            read_until(process, "listens")
            with (
                httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as client,
                httpx.Client(base_url=f"http://127.0.0.1:{metrics_port}") as metrics,
            ):
                yield Watched(process, new_books(client, platform), metrics, Path(folder, "log"))
        finally:
            process.terminate()
            process.communicate(timeout=60)


def test_a_request_is_one_line(watched: Watched) -> None:
    """Given a request with an id, when it is answered, then one line of JSON says who asked what, and how it went."""
    books, mine = watched.books, "mine-1"
    answer = books.ask("GET", "reports/aging?side=receivable", headers={"X-Request-ID": mine})
    assert answer.headers["x-request-id"] == mine
    line = watched.line_of(mine)
    assert datetime.fromisoformat(line.pop("time")).utcoffset() is not None
    assert line.pop("milliseconds") > 0
    assert line.pop("process") in watched.workers()
    assert re.fullmatch("[0-9a-f]{32}", line.pop("trace_id"))
    assert re.fullmatch("[0-9a-f-]{36}", line.pop("key_id"))
    route = "/api/v1/businesses/{business_id}/reports/aging"
    assert line == {
        "level": "INFO",
        "logger": "duebook.request",
        "message": f"GET {route} 200",
        "request_id": mine,
        "method": "GET",
        "route": route,
        "status": 200,
        "dialect": "api",
        "client": "127.0.0.1",
        "partner_id": str(books.platform.partner_id),
        "business_id": books.business_id,
    }


def test_the_first_line_says_what_is_set_and_no_password(watched: Watched, database_urls: Urls) -> None:
    """Given settings, one with a password, when a server starts, then its first line has them, but not the password."""
    first = watched.lines()[0]
    assert (first["message"], first["workers"]) == ("starting", 2)
    assert first["settings"] == {
        "DUEBOOK_DATABASE_URL": "(set)",
        "DUEBOOK_ALLOWED_ORIGINS": "https://app.example",
        "DUEBOOK_LAYER_REQUESTS_PER_SECOND": "0",
        "OTEL_EXPORTER_OTLP_ENDPOINT": "(set)",
    }


@pytest.mark.parametrize("forged", ['x\n{"level": "ERROR"}', "x\r\nx", "x\x1b[31m", "x" * 65, "é", '"', ""])
def test_no_request_id_begins_a_line_of_its_own(watched: Watched, forged: str) -> None:
    """Given an id with what no log should hold, when sent over the bare socket, then another is made or none taken."""
    before = len(watched.lines())
    address = watched.books.client.base_url
    with socket.create_connection((address.host, address.port or 0)) as bare:
        asked = b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Request-ID: " + forged.encode("latin-1")
        bare.sendall(asked + b"\r\n\r\n")
        while bare.recv(4096):
            pass
    watched.ask("GET", "/healthz", headers={"X-Request-ID": f"after-{forged.encode().hex()[:40]}"})
    watched.line_of(f"after-{forged.encode().hex()[:40]}")
    told = watched.lines()[before:]
    assert len(told) <= 2
    assert [one for one in told if one["level"] != "INFO" or one.get("request_id") == forged] == []


def test_all_workers_count_into_one_page(watched: Watched) -> None:
    """Given two workers, when requests are sent until both have answered, then the page has the sum of both."""
    unknown = {"dialect": "layer", "route": "none", "method": "GET"}
    before = watched.count("duebook_requests_total", **unknown, status="4xx")

    def answered_by() -> set[int]:
        return {one["process"] for one in watched.lines() if one.get("route") == "none"}

    asked = 0
    while answered_by() != set(watched.workers()):
        answer = watched.ask("GET", f"/v1/{asked}", headers={"Connection": "close"})
        assert answer.status_code == 404
        asked += 1
    until(lambda: watched.count("duebook_requests_total", **unknown, status="4xx") == before + asked)
    counts = watched.counts()
    assert total(counts, "duebook_request_seconds_count", **unknown) == before + asked
    assert total(counts, "duebook_errors_total", error="NotFoundException", status="404") == before + asked
    assert (total(counts, "duebook_workers"), total(counts, "duebook_bugs_total")) == (2, 0)
    until(lambda: watched.count("duebook_pool_connections", pool="read", state="open") >= 2)
    assert watched.count("duebook_pool_waiting") == 0


def test_writes_reports_and_refusals_are_counted(watched: Watched) -> None:
    """Given writes, a repeated report and bad credentials, when they are done, then each is counted for what it is."""
    books = watched.books

    def counted() -> list[float]:
        counts = watched.counts()
        return [
            total(counts, "duebook_writes_total", operation="add_charge"),
            total(counts, "duebook_writes_total", operation="several"),
            total(counts, "duebook_entries_total"),
            total(counts, "duebook_report_answers_total", how="unchanged"),
            total(counts, "duebook_failed_logins_total"),
            total(counts, "duebook_errors_total", error="NoCredentials", status="401"),
            total(counts, "duebook_wait_seconds_count", of="write turn"),
            total(counts, "duebook_wait_seconds_count", of="write connection"),
        ]

    before = counted()
    books.do(charge("w-1"))
    books.do(charge("w-1"), status=200)
    books.do(charge("w-2"), {"command": "put_party", "side": "payable", "external_id": "bob", "name": "Bob"})
    refused = books.ask("POST", "commands", json={"commands": [charge("w-1", amount_minor=1)]})
    assert refused.status_code == 409
    tag = books.ask("GET", "reports/aging?side=receivable").headers["etag"]
    assert books.ask("GET", "reports/aging?side=receivable", headers={"If-None-Match": tag}).status_code == 304
    assert (
        watched.ask("GET", "/v1/platform/businesses/", auth=(str(books.platform.partner_id), "no")).status_code == 401
    )
    assert watched.ask("GET", "/v1/platform/businesses/").status_code == 401
    until(lambda: [now - then for now, then in zip(counted(), before, strict=True)] == [1, 1, 2, 1, 1, 1, 4, 4])


def test_no_label_is_an_id_or_anything_sent(watched: Watched) -> None:
    """Given requests with ids and made-up methods and paths, when the page is read, then no label holds any of it."""
    odd = secrets.token_hex(8)
    watched.ask(odd.upper(), f"/v1/{odd}")
    until(lambda: watched.count("duebook_requests_total", method="OTHER") >= 1)
    page = watched.page()
    assert not re.search("[0-9a-f]{8}-[0-9a-f]{4}-", page)
    assert odd not in page.lower()


def test_the_clients_port_has_no_metrics(watched: Watched) -> None:
    """Given a server with metrics, when they are asked for where clients ask, then there is nothing."""
    assert watched.ask("GET", "/metrics").status_code == 404


def test_killed_workers_take_no_counts_along(watched: Watched) -> None:
    """Given a request in hand, when both workers are killed, then no counter has changed, and nothing is in hand."""
    address = watched.books.client.base_url
    with socket.create_connection((address.host, address.port or 0)) as bare:
        until(lambda: watched.count("duebook_requests_in_progress") == 0)
        bare.sendall(
            f"POST /api/v1/businesses/{watched.books.business_id}/commands HTTP/1.1\r\nHost: x\r\n"
            "Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{".encode()
        )
        until(lambda: watched.count("duebook_requests_in_progress") == 1)
        before, killed = _counters(watched), watched.workers()
        for worker in killed:
            os.kill(worker, signal.SIGKILL)
        until(lambda: watched.count("duebook_workers") == 2 and not set(killed) & set(watched.workers()))
    assert _counters(watched) == before
    assert watched.count("duebook_requests_in_progress") == 0
    until(lambda: _is_answered(watched))
    until(lambda: watched.count("duebook_requests_total", route="/healthz", method="HEAD") == 1)


def _counters(watched: Watched) -> Counts:
    samples = watched.counts().items()
    return {key: value for key, value in samples if key[0].endswith(("_total", "_count", "_sum", "_bucket"))}


def _is_answered(watched: Watched) -> bool:
    try:
        return watched.ask("HEAD", "/healthz").is_success
    except httpx.TransportError:  # the client's connection was one of a worker that is gone
        return False


def test_the_folder_of_the_counts_is_closed_to_others(watched: Watched) -> None:
    """Given a server that counts, when its folder is looked at, then nobody else can open it."""
    environment = Path(f"/proc/{watched.workers()[0]}/environ").read_bytes().split(b"\0")
    [folder] = [Path(os.fsdecode(one.partition(b"=")[2])) for one in environment if one.startswith(b"PROMETHEUS_")]
    assert folder.stat().st_mode & 0o777 == 0o700
    assert list(folder.glob("counter_*.db"))


def test_a_request_is_a_span_that_goes_on_with_the_client_s_trace(watched: Watched, collector: Collector) -> None:
    """Given a client's trace, when it writes, then a span of that trace holds those of its turn and its transaction."""
    headers = {"traceparent": f"00-{PARENT}-00f067aa0ba902b7-01", "X-Request-ID": "traced-1"}
    watched.books.ask("POST", "commands", json={"commands": [charge("t-1")]}, headers=headers)
    route = "/api/v1/businesses/{business_id}/commands"

    def traced() -> dict[str, Span]:
        found = {one.name: one for one in collector.spans() if one.trace_id.hex() == PARENT}
        return found if f"POST {route}" in found else {}

    spans = until(traced)
    served = spans.pop(f"POST {route}")
    assert (served.kind, served.parent_span_id.hex()) == (Span.SPAN_KIND_SERVER, "00f067aa0ba902b7")
    said = {one.key: one.value.string_value or one.value.int_value for one in served.attributes}
    assert said.pop("duebook.key_id")
    assert said == {
        "http.request.method": "POST",
        "http.route": route,
        "http.response.status_code": 201,
        "url.scheme": "http",
        "duebook.request_id": "traced-1",
        "duebook.partner_id": str(watched.books.platform.partner_id),
        "duebook.business_id": watched.books.business_id,
    }
    assert set(spans) == {"wait for write turn", "wait for write connection", "write transaction"}
    assert {one.parent_span_id for one in spans.values()} == {served.span_id}
    inside = spans["write transaction"]
    assert served.start_time_unix_nano <= inside.start_time_unix_nano < inside.end_time_unix_nano
    assert watched.line_of("traced-1")["trace_id"] == PARENT


def test_a_collector_that_refuses_hurts_nobody(watched: Watched, collector: Collector) -> None:
    """Given a collector that answers 400, when requests are sent, then they are answered, and spans arrive later on."""
    collector.status = 400
    watched.books.get("books")
    until(lambda: [one for one in watched.lines() if one["logger"].startswith("opentelemetry")])
    watched.books.get("books")
    before, collector.status = len(collector.sent), 200
    watched.books.get("books")
    until(lambda: len(collector.sent) > before)


SECRET = "s3cr3t-" + "that-nobody-may-see"


def told(secret: str, watched: Watched) -> Iterator[httpx.Response]:
    """Answers to requests with a secret wherever a client can put one."""
    books, path = watched.books, f"/api/v1/businesses/{watched.books.business_id}"
    basic, thredfi = books.platform.basic, f"/v1/platform/businesses/{books.business_id}"
    for scheme in ("Bearer", "Basic", "Digest", ""):
        for asked in (f"{path}/books", f"{thredfi}/customers/", "/whoami", "/v1/businesses"):
            yield watched.ask("GET", asked, headers={"Authorization": f"{scheme} {secret}".strip()})
    yield watched.ask("GET", f"{path}/books", auth=(secret, secret))
    yield watched.ask("POST", "/oauth2/token", data={"client_secret": secret, "grant_type": secret})
    yield watched.ask("POST", "/v1/platform/oauth2/token/", auth=basic, data={"scope": secret, "client_id": secret})
    for name in (
        "Cookie",
        "Idempotency-Key",
        "If-None-Match",
        "User-Agent",
        "Origin",
        "X-Forwarded-For",
        "traceparent",
    ):
        yield watched.ask("POST", f"{thredfi}/customers/", auth=basic, json={}, headers={name: secret})
    yield watched.ask("POST", f"{path}/commands", auth=basic, content=secret, headers={"Content-Type": secret})
    for where in ("side", "as_of", "known_at", secret):
        yield watched.ask("GET", f"{path}/reports/aging", auth=basic, params={"side": "receivable", where: secret})
    yield watched.ask("GET", f"{path}/books?%ff={secret}", auth=basic)
    for place in (path, thredfi, "/v1/businesses", "/api/v1/businesses", "", "/oauth2/token", "/openapi"):
        yield watched.ask("GET", f"{place}/{secret}", auth=basic)
        yield watched.ask("GET", f"{place}/{quote(secret)}%0a%22{secret}/x", auth=basic)
    bodies: list[Any] = [
        secret,
        [secret],
        {secret: secret},
        {"commands": [secret]},
        {"commands": [{"command": secret}]},
    ]
    bodies += [
        {"commands": [charge(secret) | {name: value, secret: secret}]}
        for value in (secret, -1, None)
        for name in charge("x")
    ]
    for body in bodies:
        yield watched.ask("POST", f"{path}/commands", auth=basic, json=body)
        yield watched.ask("POST", f"{thredfi}/invoices/", auth=basic, json=body)
        yield watched.ask("POST", f"/v1/businesses/{books.business_id}/invoices", auth=basic, json=body)
    yield watched.ask("POST", f"{path}/commands", auth=basic, json={"commands": [charge(secret, number=secret)]})
    yield watched.ask(secret, "/healthz")


def test_no_secret_gets_out(watched: Watched, collector: Collector, database_urls: Urls) -> None:
    """Given secrets in every part of requests, when they are answered, then nothing that comes out has any of them."""
    answers = list(told(SECRET, watched))
    address = watched.books.client.base_url
    for raw in (
        f"GET /{SECRET} HTTP/9\r\n\r\n",
        f"{SECRET}\r\n\r\n",
        f"GET / HTTP/1.1\r\n{SECRET}\0: {SECRET}\r\n\r\n",
    ):
        with socket.create_connection((address.host, address.port or 0)) as bare:
            bare.sendall(raw.encode())
            bare.shutdown(socket.SHUT_WR)
            while bare.recv(4096):
                pass
    assert {one.status_code // 100 for one in answers} >= {2, 4}
    assert [one.status_code for one in answers if one.status_code >= 500] == []
    watched.ask("GET", "/healthz", headers={"X-Request-ID": "last-one"})
    watched.line_of("last-one")
    trace = watched.line_of("last-one")["trace_id"]
    until(lambda: trace in {one.trace_id.hex() for one in collector.spans()})
    logged, sent = watched.log.read_text(), b"".join(collector.sent).decode("latin-1")
    password = str(conninfo_to_dict(database_urls.serve)["password"])
    for secret in (SECRET, SECRET.upper(), watched.books.platform.api_key, password):
        assert secret not in logged
        assert secret not in watched.page()
        assert secret not in sent
    assert [line for line in logged.splitlines() if not line.startswith("{") or len(line) > 4096] == []


def test_at_the_end_the_folder_of_the_counts_is_gone(watched: Watched) -> None:
    """Given a server that counts, when it is told to stop, then it ends well, and its folder is gone."""
    environment = Path(f"/proc/{watched.workers()[0]}/environ").read_bytes()
    folder = Path(os.fsdecode(environment.partition(b"PROMETHEUS_MULTIPROC_DIR=")[2].partition(b"\0")[0]))
    assert folder.exists()
    watched.process.terminate()
    assert watched.process.wait(timeout=60) == 0
    assert not folder.exists()
    assert watched.lines()[-1]["message"] == "Stopping."
