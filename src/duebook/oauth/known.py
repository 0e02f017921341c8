"""What a process has found to be true and takes for true a while longer, without asking again.

Units: instants are seconds since 1970.
Holds: never more than so many; when there would be more, all are found out anew.
"""

import time
from collections.abc import Callable, Hashable
from typing import Final, Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

MOST: Final = 4096


class Known(Generic[K, V]):
    """Values under keys, each until an instant."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock: Final = clock
        self._found: Final[dict[K, tuple[V, float]]] = {}

    def get(self, key: K) -> V | None:
        """The value under this key, if there is one whose time is not over."""
        value, until = self._found.get(key, (None, 0.0))
        return value if self._clock() < until else None

    def put(self, key: K, value: V, until: float) -> None:
        """Take the value for true until then."""
        if len(self._found) >= MOST:
            self._found.clear()
        self._found[key] = (value, until)

    def drop(self, key: K) -> None:
        """Find out anew what is true of this one."""
        self._found.pop(key, None)

    def forget(self) -> None:
        """Find out everything anew."""
        self._found.clear()
