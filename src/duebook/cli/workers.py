"""The process that listens and keeps the workers: `python -m duebook.cli.workers ADDRESS PORT WORKERS LIFELINE`.

The database's URL comes by the environment. LIFELINE is the reading end of a pipe whose other end only the supervising
process holds: when that is gone, however it went, this process stops as well.
"""

import os
import signal
import sys
from threading import Thread

from duebook.db.pool import DATABASE_URL
from duebook.http.server import serve


def main() -> None:
    """Serve until told to stop."""
    address, port, workers, lifeline = sys.argv[1:]
    Thread(target=_stop_without_supervisor, args=(int(lifeline),), daemon=True).start()
    serve(os.environ[DATABASE_URL], address, int(port), int(workers))


def _stop_without_supervisor(lifeline: int) -> None:
    os.read(lifeline, 1)
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    main()
