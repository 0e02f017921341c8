"""The page that Prometheus reads: the counts of all workers of one server, on an address of its own.

Holds: what a worker has counted stays counted when it dies, and is counted once; what it had in hand is forgotten.
Source: docs/reference/metrics.md; the documentation of prometheus_client, "Multiprocess mode".
"""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock
from typing import Final

from prometheus_client import start_http_server
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from prometheus_client.registry import Collector

import duebook

FOLDER: Final = "PROMETHEUS_MULTIPROC_DIR"
"""The environment's name for the folder that the workers of one server count in; without it they count for nobody."""


class _AllWorkers(Collector):
    """What all workers have counted, those that died included."""

    def __init__(self, folder: str) -> None:
        self._folder: Final = folder
        self._one_at_a_time: Final = Lock()

    def collect(self) -> Iterator[Metric]:
        with self._one_at_a_time:
            self._forget_the_dead()
            yield from MultiProcessCollector(None, path=self._folder).collect()  # type: ignore[no-untyped-call]
        release = GaugeMetricFamily("duebook_release", "The release that runs; always 1.", labels=["version"])
        release.add_metric([duebook.__version__], 1)
        yield release

    def _forget_the_dead(self) -> None:
        for pid in {int(path.stem.rpartition("_")[2]) for path in Path(self._folder).glob("gauge_*.db")}:
            try:
                os.kill(pid, 0)
            except ProcessLookupError:
                mark_process_dead(pid, path=self._folder)  # type: ignore[no-untyped-call]
            except PermissionError:
                continue


@contextmanager
def served(host: str, port: int) -> Iterator[dict[str, str]]:
    """Answer with the counts of all workers on an address of its own while the block runs.

    Gives what the workers need in their environment to count in the same folder. Raises OSError for an address that
    cannot be had.
    """
    with tempfile.TemporaryDirectory(prefix="duebook-metrics-", ignore_cleanup_errors=True) as folder:
        server, thread = start_http_server(port, host, registry=_AllWorkers(folder))
        try:
            yield {FOLDER: folder}
        finally:
            with suppress(OSError):
                server.shutdown()
            server.server_close()
            thread.join()
