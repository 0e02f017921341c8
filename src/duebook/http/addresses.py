"""Which address a request comes from, seen through the proxies in front of the server.

Holds: a header is believed only as far as proxies that are trusted have written it, so that no client chooses its own
address.
Source: docs/reference/settings.md, "Behind a proxy".
"""

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final

from litestar.types import HTTPScope

_FORWARDED_FOR: Final = b"x-forwarded-for"
_NETWORK_BITS: Final = 64
"""An IPv6 address counts as its network, which one client has all of."""


@dataclass(frozen=True, slots=True)
class Proxies:
    """The proxies that are trusted to say whom they ask for."""

    networks: tuple[IPv4Network | IPv6Network, ...] = ()

    def client(self, scope: HTTPScope) -> str | None:
        """The address of the nearest client that is no trusted proxy; None where the server is not asked by address.

        What is not an address ends the search, and the proxy that wrote it down is the client.
        """
        nearest = _address(scope["client"][0]) if scope["client"] else None
        if nearest is None:
            return None
        for written in self._written(scope["headers"]):
            before = _address(written) if self._trusts(nearest) else None
            if before is None:
                break
            nearest = before
        return str(nearest)

    def _written(self, headers: Iterable[tuple[bytes, bytes]]) -> Iterable[str]:
        """What the proxies wrote down, the nearest first."""
        if not self.networks:
            return ()
        lines = [value.decode("latin-1") for name, value in headers if name == _FORWARDED_FOR]
        return reversed(",".join(lines).split(","))

    def _trusts(self, address: IPv4Address | IPv6Address) -> bool:
        return any(address in network for network in self.networks)


NO_PROXIES: Final = Proxies()


def _address(text: str) -> IPv4Address | IPv6Address | None:
    """The address that a text names, an IPv4 address inside an IPv6 one as itself; None if it names none."""
    try:
        found = ip_address(text.strip())
    except ValueError:
        return None
    return found.ipv4_mapped or found if isinstance(found, IPv6Address) else found


def network(address: str | None) -> str | None:
    """What a client's address is counted as."""
    parsed = ip_address(address) if address is not None else None
    if isinstance(parsed, IPv6Address):
        return str(IPv6Network((int(parsed) >> _NETWORK_BITS << _NETWORK_BITS, _NETWORK_BITS)))
    return address
