"""Ids: version 7 UUIDs, which index in the order of time.

Source: RFC 9562, section 5.7.
"""

import secrets
import time
from typing import Final
from uuid import UUID

_RANDOM_BITS: Final = 74
_latest = 0


def new_id() -> UUID:
    """A version 7 UUID (RFC 9562): ids made by one process sort in the order in which they were made."""
    global _latest
    _latest = max(time.time_ns() // 1_000_000 << _RANDOM_BITS | secrets.randbits(_RANDOM_BITS), _latest + 1)
    millis, high, low = _latest >> _RANDOM_BITS, _latest >> 62 & 0xFFF, _latest & (1 << 62) - 1
    return UUID(int=millis << 80 | 0x7 << 76 | high << 64 | 0b10 << 62 | low)
