"""A client of HTTP/1.1 that costs little, since it shares the machine with the server that it loads.

Units: seconds where a name says so.
"""

import asyncio
from dataclasses import dataclass, field
from typing import Final

ANSWER_SECONDS: Final = 60.0


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes


_Ends = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass
class Wires:
    """Connections to one address, kept for the next request as long as the server keeps them."""

    host: str
    port: int
    _idle: list[_Ends] = field(default_factory=list)

    async def ask(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        """One answer. Raises OSError, EOFError for a new connection that ends without one, TimeoutError."""
        request = self._head(method, path, headers, body) + body
        async with asyncio.timeout(ANSWER_SECONDS):
            if ends := self._kept():
                try:
                    return await self._exchanged(ends, request)
                except (OSError, EOFError):
                    pass  # the server may end one that rests, and has then not read what came in that moment
            return await self._exchanged(await asyncio.open_connection(self.host, self.port), request)

    async def _exchanged(self, ends: _Ends, request: bytes) -> Answer:
        try:
            answer = await _exchange(*ends, request)
        except BaseException:
            ends[1].transport.abort()
            raise
        if answer.headers.get("connection") == "close":
            ends[1].close()
        else:
            self._idle.append(ends)
        return answer

    def _kept(self) -> _Ends | None:
        while self._idle:
            ends = self._idle.pop()
            if not ends[0].at_eof() and not ends[1].is_closing():
                return ends
            ends[1].close()
        return None

    def _head(self, method: str, path: str, headers: dict[str, str], body: bytes) -> bytes:
        said = {"Host": f"{self.host}:{self.port}", "Content-Length": str(len(body)), **headers}
        lines = "".join(f"{name}: {value}\r\n" for name, value in said.items())
        return f"{method} {path} HTTP/1.1\r\n{lines}\r\n".encode()

    def close(self) -> None:
        """End all that are kept."""
        for _, writer in self._idle:
            writer.transport.abort()


async def _exchange(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes) -> Answer:
    writer.write(request)
    first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().strip().split("\r\n")
    pairs = (line.split(":", 1) for line in lines)
    headers = {name.lower(): value.strip() for name, value in pairs}
    body = await reader.readexactly(int(headers["content-length"]))
    return Answer(int(first.split()[1]), headers, body)
