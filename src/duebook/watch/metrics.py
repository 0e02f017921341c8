"""What a server counts, in each of its workers.

Units: seconds where a name says so.
Holds: a label has few values, all of them the program's own words: never an id, never a path as it was sent.
Source: docs/reference/metrics.md; the Prometheus text format.
"""

import asyncio
from typing import Any, Final
from weakref import WeakSet

from prometheus_client import Counter, Gauge, Histogram

_SAMPLED_EVERY_SECONDS: Final = 1.0
_REQUEST_SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_WAIT_SECONDS: Final = (0.001, 0.01, 0.1, 0.5, 1, 2.5, 5, 10, 15)

WORKERS: Final = Gauge("duebook_workers", "Worker processes that are up.", multiprocess_mode="livesum")
IN_PROGRESS: Final = Gauge(
    "duebook_requests_in_progress", "Requests that wait or are worked on.", multiprocess_mode="livesum"
)
REQUESTS: Final = Counter("duebook_requests", "Requests answered.", ["dialect", "route", "method", "status"])
REQUEST_SECONDS: Final = Histogram(
    "duebook_request_seconds",
    "Seconds from a request to the end of its answer.",
    ["dialect", "route", "method"],
    buckets=_REQUEST_SECONDS,
)
ERRORS: Final = Counter("duebook_errors", "Requests that failed, by the class of the error.", ["error", "status"])
BUGS: Final = Counter("duebook_bugs", "Requests that failed by a bug.")
FAILED_LOGINS: Final = Counter("duebook_failed_logins", "Requests whose credentials were not good.", ["error"])
THROTTLED: Final = Counter("duebook_throttled", "Requests of clients that asked too often.", ["error"])
UNAVAILABLE: Final = Counter("duebook_unavailable", "Requests that were told to come again.", ["reason"])
WAIT_SECONDS: Final = Histogram(
    "duebook_wait_seconds", "Seconds until a turn or a connection was had.", ["of"], buckets=_WAIT_SECONDS
)
POOL: Final = Gauge(
    "duebook_pool_connections", "Connections to the database.", ["pool", "state"], multiprocess_mode="livesum"
)
POOL_WAITING: Final = Gauge(
    "duebook_pool_waiting", "Requests that wait for a connection.", ["pool"], multiprocess_mode="livesum"
)
WRITES: Final = Counter("duebook_writes", "Versions recorded.", ["operation"])
ENTRIES: Final = Counter("duebook_entries", "Entries recorded.")
REPLAYED: Final = Counter("duebook_replayed_answers", "Writes that came again and had their kept answer.")
REPORTS: Final = Counter("duebook_report_answers", "Reports answered.", ["how"])

_SEVERAL: Final = "several"

pools: Final[WeakSet[Any]] = WeakSet()
"""The pools of connections of this process; each is called `duebook` and what it is for."""


def written(operation: str, entries: list[int]) -> None:
    """Count the versions that a transaction has added, by how many entries each has."""
    for count in entries:
        WRITES.labels(_SEVERAL if "," in operation else operation).inc()
        ENTRIES.inc(count)


async def sample() -> None:
    """Look at the pools again and again, until cancelled."""
    WORKERS.set(1)
    while True:
        for pool in pools:
            name, found = pool.name.removeprefix("duebook "), pool.get_stats()
            POOL.labels(name, "open").set(found.get("pool_size", 0))
            POOL.labels(name, "idle").set(found.get("pool_available", 0))
            POOL_WAITING.labels(name).set(found.get("requests_waiting", 0))
        await asyncio.sleep(_SAMPLED_EVERY_SECONDS)
