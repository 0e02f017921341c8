"""Chain a business's versions by hash, so that a change made behind the ledger's back is found.

A version's hash is SHA-256 over the previous version's hash and the canonical text of what the version recorded. The
text holds digests in place of facts, so that personal data can be erased without breaking the chain.
Source: docs/reference/storage.md, "The hash of a version".
"""

import hashlib
import json
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any

Row = tuple[Any, ...]


def version_hash(
    previous: bytes,
    version: int,
    recorded_at: datetime,
    operation: str,
    actor: str,
    facts: Iterable[tuple[str, Row]],
    entries: Iterable[Row],
) -> bytes:
    """The hash of one version: `facts` are (table, row), each table's rows by first column, `entries` by sequence.

    `actor` is the JSON text that is stored.
    """
    digest = hashlib.sha256(previous)
    digest.update(f"{version}|{recorded_at.isoformat(timespec='microseconds')}|{operation}|{actor}\n".encode())
    for table, row in facts:
        digest.update(f"{table}|{hashlib.sha256(canonical_text(row).encode()).hexdigest()}\n".encode())
    for row in entries:
        digest.update(f"entry|{canonical_text(row)}\n".encode())
    return digest.digest()


def canonical_text(row: Row) -> str:
    """A row as text: its values in column order, as a JSON array of strings, nulls and booleans."""
    return json.dumps([_plain(value) for value in row], ensure_ascii=False, separators=(",", ":"))


def _plain(value: Any) -> str | bool | None:
    if isinstance(value, Decimal):
        return format(value, "f")
    return value if value is None or isinstance(value, bool) else str(value)
