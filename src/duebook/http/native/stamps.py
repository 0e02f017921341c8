"""When a thing was recorded, as our own API shows it."""

from datetime import UTC, datetime

import msgspec

from duebook.ledger.history import Stamps


class Recorded(msgspec.Struct):
    """In which version something was recorded, and when."""

    version: int
    recorded_at: datetime


def created(stamps: Stamps) -> Recorded:
    """The first version that has it."""
    return Recorded(stamps.place.version, stamps.created_at.astimezone(UTC))


def updated(stamps: Stamps) -> Recorded:
    """The last version that changed it."""
    return Recorded(stamps.updated_in, stamps.updated_at.astimezone(UTC))
