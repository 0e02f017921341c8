"""Named queries: SQL is written in .sql files beside the room that owns it, and found by its name.

A file is a run of blocks, each under a line `-- name: some_name`; the comment lines that follow belong to the block.
In place of a line `-- insert: some_name` stands the text of that block, which comes earlier in the file: what several
queries have in common is written once.
"""

import re
from importlib.resources import files
from types import SimpleNamespace

_NAME = re.compile(r"^-- name: ([a-z][a-z0-9_]*)$", re.MULTILINE)
_INSERT = re.compile(r"^-- insert: ([a-z][a-z0-9_]*)$", re.MULTILINE)


class Queries(SimpleNamespace):
    """The queries of one file, each an attribute under its name."""

    def __getattr__(self, name: str) -> str:
        raise AttributeError(f"no query is named {name}")


def load(room: str, file: str = "queries.sql") -> Queries:
    """Read the named queries of a room such as "duebook.aging"."""
    head, *blocks = _NAME.split(files(room).joinpath(file).read_text(encoding="utf-8"))
    if head.strip():
        raise ValueError(f"{room}/{file} has text before its first '-- name:' line")
    queries = Queries()
    for name, body in zip(blocks[::2], blocks[1::2], strict=True):
        if name in vars(queries):
            raise ValueError(f"{room}/{file} names a query twice")
        setattr(queries, name, _INSERT.sub(lambda inserted: getattr(queries, inserted[1]), body.strip()))
    return queries
