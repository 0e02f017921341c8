"""`duebook serve`: run the server, and with it the embedded database unless another one is named."""

from typing import Annotated

from cyclopts import Parameter
from cyclopts.validators import Number

from duebook.cli.connection import USUAL, Where, external_url, folder, supervised_url, wait_until_fit
from duebook.cli.serving import HERE, NO_METRICS, Listen, MetricsAt, begin, run_server


def serve(
    *,
    listen: Listen = HERE,
    workers: Annotated[int, Parameter(help="Processes that answer.", validator=Number(gte=1, lte=256))] = 1,
    metrics: MetricsAt = NO_METRICS,
    where: Where = USUAL,
) -> None:
    """Run the server until Ctrl-C. The embedded database is started, migrated and stopped along with it."""
    log_format = begin(listen).log_format
    url = external_url(where)
    with metrics.answered() as counting:
        if url is not None:
            wait_until_fit(url)
            run_server(url, listen, workers, log_format, lambda: _say(listen), counting=counting)
            return
        home = folder(where)
        with supervised_url(home) as url:
            run_server(url, listen, workers, log_format, lambda: _say(listen), home, counting)


def _say(listen: Listen) -> None:
    print(f"Duebook listens on {listen.url} (Ctrl-C stops it)")
