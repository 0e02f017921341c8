"""The command line: one module per command, thin over the functions that the routes call."""

from duebook.cli.app import main

__all__ = ["main"]
