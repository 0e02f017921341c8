"""What a demonstration keeps beside its database: whose books they are, and the key to them.

The database holds only the key's digest, so the demonstration keeps the key itself, to print commands that work again
after a restart. Nobody but the owner of the folder can read the file.
"""

import os
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from uuid import UUID

import msgspec

_FILE = "demo.json"


@dataclass(frozen=True, slots=True)
class Kept:
    """One demonstration. `made_for` is the day its history runs up to; `complete` once all of it is recorded."""

    partner_id: UUID
    api_key: str
    business_id: UUID
    made_for: date
    complete: bool


def load(folder: Path) -> Kept | None:
    """What is kept in the folder, if anything is."""
    try:
        return msgspec.json.decode((folder / _FILE).read_bytes(), type=Kept)
    except FileNotFoundError:
        return None


def keep(folder: Path, kept: Kept) -> None:
    """Put it into the folder, all of it or nothing."""
    scratch = folder / f"{_FILE}.new"
    scratch.unlink(missing_ok=True)
    with os.fdopen(os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(msgspec.json.encode(kept))
        file.flush()
        os.fsync(file.fileno())
    scratch.replace(folder / _FILE)
