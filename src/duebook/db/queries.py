"""Named queries: SQL is written in .sql files beside the room that owns it, and found by its name.

A file is a run of blocks, each under a line `-- name: some_name`; the comment lines that follow belong to the block.
"""

import re
from importlib.resources import files
from types import SimpleNamespace

_NAME = re.compile(r"^-- name: ([a-z][a-z0-9_]*)$", re.MULTILINE)


class Queries(SimpleNamespace):
    """The queries of one file, each an attribute under its name."""

    def __getattr__(self, name: str) -> str:
        raise AttributeError(f"no query is named {name}")


def load(room: str, file: str = "queries.sql") -> Queries:
    """Read the named queries of a room such as "duebook.aging"."""
    head, *blocks = _NAME.split(files(room).joinpath(file).read_text(encoding="utf-8"))
    if head.strip():
        raise ValueError(f"{room}/{file} has text before its first '-- name:' line")
    names = blocks[::2]
    if len(set(names)) != len(names):
        raise ValueError(f"{room}/{file} names a query twice")
    return Queries(**{name: body.strip() for name, body in zip(names, blocks[1::2], strict=True)})
