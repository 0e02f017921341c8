"""`duebook serve`: run the server, and with it the embedded database unless another one is named."""

from typing import Annotated

from cyclopts import Parameter
from cyclopts.validators import Number

from duebook.cli.connection import USUAL, Where, external_url, folder, raise_if_unfit
from duebook.cli.serving import HERE, Listen, run_server, wait_for_port
from duebook.db.embedded import owned
from duebook.db.migrate import migrate


def serve(
    *,
    listen: Listen = HERE,
    workers: Annotated[int, Parameter(help="Processes that answer.", validator=Number(gte=1, lte=256))] = 1,
    where: Where = USUAL,
) -> None:
    """Run the server until Ctrl-C. The embedded database is started, migrated and stopped along with it."""
    wait_for_port(listen)
    url = external_url(where)
    if url is not None:
        raise_if_unfit(url)
        run_server(url, listen, workers, lambda: _say(listen))
        return
    with owned(folder(where)) as urls:
        migrate(urls.owner)
        run_server(urls.serve, listen, workers, lambda: _say(listen))


def _say(listen: Listen) -> None:
    print(f"Duebook listens on {listen.url} (Ctrl-C stops it)")
