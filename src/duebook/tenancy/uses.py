"""When keys are used: written down at most once an hour for each, beside the requests that use them.

Holds: no request waits for it, and none fails for it.
Source: docs/reference/tokens.md, "Keys of partners".
"""

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Final

import psycopg

from duebook.db.pool import Database
from duebook.tenancy.facts import KeyId
from duebook.tenancy.keys import note_use

_LOG: Final = logging.getLogger(__name__)
_HOUR_SECONDS: Final = 3600.0
_MOST_KEYS: Final = 10_000


class Uses:
    """The uses of keys that one process has seen."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.monotonic) -> None:
        self._database: Final = database
        self._clock: Final = clock
        self._noted_at: Final[dict[KeyId, float]] = {}
        self._writing: Final[set[asyncio.Task[None]]] = set()

    def saw(self, key_id: KeyId) -> None:
        """Note a use, unless one was noted within the hour."""
        now = self._clock()
        noted_at = self._noted_at.get(key_id)
        if noted_at is not None and now - noted_at < _HOUR_SECONDS:
            return
        if len(self._noted_at) >= _MOST_KEYS:
            self._noted_at.clear()
        self._noted_at[key_id] = now
        task = asyncio.create_task(self._write(key_id))
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)

    async def _write(self, key_id: KeyId) -> None:
        try:
            await note_use(self._database, key_id)
        except psycopg.Error as error:
            _LOG.warning("the use of key %s could not be noted: %s", key_id, " ".join(str(error).split()))
