"""A wire between a server and its database, which can be cut, stalled and made to lose answers.

Holds: it runs in a thread of its own, so that whoever waits for the server does not hold it up.
"""

import asyncio
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TypeVar

from tests.ports import free_port

T = TypeVar("T")
_CHUNK = 65_536


@dataclass(eq=False)
class _Wire:
    """One connection through the proxy: towards the server that asks, and towards the database."""

    near: asyncio.StreamWriter
    far: asyncio.StreamWriter
    loses_answer: bool = False

    def cut(self) -> None:
        """End it in both directions at once, with a reset."""
        for end in (self.near, self.far):
            with suppress(OSError):
                end.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            end.transport.abort()


@dataclass
class Proxy:
    """Passes on whatever comes to its port, until it is told otherwise."""

    to: int
    port: int = field(default_factory=free_port)
    lost: int = 0
    """How many answers it has lost so far."""
    _loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)
    _wires: set[_Wire] = field(default_factory=set)
    _flows: asyncio.Event = field(default_factory=asyncio.Event)
    _at: bytes = b""
    _losing: int = 0

    @classmethod
    @contextmanager
    def running(cls, to: int) -> Iterator["Proxy"]:
        """A proxy for the length of the block."""
        proxy = cls(to)
        thread = threading.Thread(target=proxy._run, daemon=True)
        thread.start()
        try:
            yield proxy
        finally:
            proxy._loop.call_soon_threadsafe(proxy._loop.stop)
            thread.join()

    def cut(self) -> int:
        """Cut every connection there is; returns how many there were."""
        return self._each(_Wire.cut)

    def half_close(self) -> int:
        """Tell the near end of every connection that nothing more comes, and leave the far one open."""
        return self._each(lambda wire: wire.near.write_eof())

    def stall(self) -> None:
        """Pass nothing on any more, in no direction, and close nothing: new connections too."""
        self._do(self._flows.clear)

    def flow(self) -> None:
        """Pass on what comes, and what has gathered."""
        self._do(self._flows.set)

    def lose(self, times: int, at: bytes) -> None:
        """The next so many connections that send this text are cut when its answer comes, which nobody gets."""

        def arm() -> None:
            self._at, self._losing = at, times

        self._do(arm)

    def _each(self, what: Callable[[_Wire], None]) -> int:
        def all_done() -> int:
            wires = [*self._wires]
            for wire in wires:
                what(wire)
            return len(wires)

        return self._do(all_done)

    def _do(self, what: Callable[[], T]) -> T:
        async def done() -> T:
            return what()

        return asyncio.run_coroutine_threadsafe(done(), self._loop).result()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._flows.set()
        listener = self._loop.run_until_complete(asyncio.start_server(self._pass, "127.0.0.1", self.port))
        self._loop.run_forever()
        listener.close()
        for wire in [*self._wires]:
            wire.cut()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(asyncio.sleep(0.01))
        self._loop.close()

    async def _pass(self, near: asyncio.StreamReader, near_end: asyncio.StreamWriter) -> None:
        try:
            far, far_end = await asyncio.open_connection("127.0.0.1", self.to)
        except OSError:
            near_end.transport.abort()
            return
        wire = _Wire(near_end, far_end)
        self._wires.add(wire)
        try:
            await asyncio.gather(self._out(near, wire), self._back(far, wire))
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            self._wires.discard(wire)
            wire.cut()

    async def _out(self, near: asyncio.StreamReader, wire: _Wire) -> None:
        while chunk := await near.read(_CHUNK):
            await self._flows.wait()
            if self._losing and self._at in chunk:
                self._losing -= 1
                wire.loses_answer = True
            wire.far.write(chunk)
            await wire.far.drain()
        wire.far.write_eof()

    async def _back(self, far: asyncio.StreamReader, wire: _Wire) -> None:
        while chunk := await far.read(_CHUNK):
            await self._flows.wait()
            if wire.loses_answer:
                self.lost += 1
                raise ConnectionResetError
            wire.near.write(chunk)
            await wire.near.drain()
        wire.near.write_eof()
