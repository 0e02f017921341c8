"""The command line: one module per command, thin over the functions that the routes call."""

from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command, of this process unless `arguments` are given; returns the exit code.

    Loading the program is part of it, so that Ctrl-C ends that without a trace as well.
    """
    try:
        from duebook.cli import app
    except KeyboardInterrupt:
        return 130
    return app.main(arguments)


__all__ = ["main"]
