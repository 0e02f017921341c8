"""What an import leaves behind for Prometheus: a file that its node exporter reads, for a command ends before a scrape.

Source: docs/reference/metrics.md, "Of an import"; the node exporter's textfile collector.
"""

import os
from pathlib import Path
from typing import Final

from prometheus_client import CollectorRegistry, Gauge, write_to_textfile

from duebook.cli.exits import UsageError
from duebook.cli.import_files import Intake
from duebook.cli.import_writing import Written

OF_IMPORT: Final = CollectorRegistry()

_ROWS: Final = Gauge("duebook_import_rows", "Rows and documents that could be read.", registry=OF_IMPORT)
_PROBLEMS: Final = Gauge("duebook_import_problems", "Problems that were found.", registry=OF_IMPORT)
_DOCUMENTS: Final = Gauge("duebook_import_documents", "Documents that were recorded.", registry=OF_IMPORT)
_DONE: Final = Gauge("duebook_import_done", "Whether it was recorded: 1, or 0 if refused.", registry=OF_IMPORT)
_ENDED: Final = Gauge("duebook_import_end_seconds", "When it ended, in seconds since 1970.", registry=OF_IMPORT)


def check_place(file: Path) -> None:
    """Raises UsageError for a file that the exporter would not read, or that cannot be made."""
    if file.suffix != ".prom" or not os.access(file.parent, os.W_OK):
        raise UsageError(
            f"--metrics-file: {str(file)!r} is not named *.prom, or not in a folder that can be written to"
        )


def leave(file: Path, intake: Intake, written: Written) -> None:
    """Say in the file how the import ended, in place of what the last one said."""
    _ROWS.set(sum(one.rows for one in intake.files))
    _PROBLEMS.set(len(written.problems))
    _DOCUMENTS.set(written.added.total() if written.done else 0)
    _DONE.set(written.done)
    _ENDED.set_to_current_time()
    write_to_textfile(str(file), OF_IMPORT)
