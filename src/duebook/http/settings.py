"""What the environment says to a server, beside its database.

Holds: a setting that cannot be meant is refused before the server listens.
Source: docs/reference/settings.md.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_network
from typing import Final

from duebook.http.addresses import NO_PROXIES, Proxies
from duebook.http.origins import ANY, NO_ORIGINS, Origins

ALLOWED_ORIGINS: Final = "DUEBOOK_ALLOWED_ORIGINS"
"""Lists origins, with commas between them."""

REQUESTS_PER_SECOND: Final = "DUEBOOK_LAYER_REQUESTS_PER_SECOND"
"""How many requests of a second one partner has in Layer's dialect; 0 for no limit."""

TRUSTED_PROXIES: Final = "DUEBOOK_TRUSTED_PROXIES"
"""Lists addresses and networks of proxies that say whom they ask for, with commas between them."""

_MOST_REQUESTS: Final = 1_000_000
_ORIGIN: Final = re.compile(r"(https?)://(?:[a-z0-9_.-]+|\[[0-9a-f:.]+\])(?::([1-9][0-9]{0,4}))?")
_USUAL_PORTS: Final = {"http": 80, "https": 443}


class BadSetting(ValueError):
    """A setting can be read, and something can come of it."""

    def __init__(self, name: str, value: str, rule: str) -> None:
        self.name, self.value, self.rule = name, value, rule
        super().__init__(f"{name}: {value!r} {rule}")


@dataclass(frozen=True, slots=True)
class Settings:
    """What a server is set to."""

    origins: Origins = NO_ORIGINS
    requests_per_second: int = 500
    proxies: Proxies = NO_PROXIES


USUAL: Final = Settings()


def settings_of(environment: Mapping[str, str]) -> Settings:
    """What the environment says, and the usual where it says nothing. Raises BadSetting."""
    return Settings(
        _origins(environment.get(ALLOWED_ORIGINS, "")),
        _requests(environment.get(REQUESTS_PER_SECOND, str(USUAL.requests_per_second))),
        _proxies(environment.get(TRUSTED_PROXIES, "")),
    )


def _requests(given: str) -> int:
    if not re.fullmatch("[0-9]{1,7}", given) or int(given) > _MOST_REQUESTS:
        raise BadSetting(REQUESTS_PER_SECOND, given, f"is not a whole number from 0 to {_MOST_REQUESTS}")
    return int(given)


def _proxies(given: str) -> Proxies:
    networks = []
    for one in filter(None, map(str.strip, given.split(","))):
        try:
            networks.append(ip_network(one))
        except ValueError:
            rule = "is neither an address nor a network: write 192.0.2.7, 10.0.0.0/8 or 2001:db8::/32"
            raise BadSetting(TRUSTED_PROXIES, one, rule) from None
    return Proxies(tuple(networks))


def _origins(given: str) -> Origins:
    origins = frozenset(origin.strip() for origin in given.split(",") if origin.strip())
    if ANY in origins and len(origins) > 1:
        raise BadSetting(ALLOWED_ORIGINS, ANY, "allows any origin, so it stands alone")
    for origin in origins - {ANY}:
        if broken := _broken(origin):
            raise BadSetting(ALLOWED_ORIGINS, origin, broken)
    return Origins(origins)


def _broken(origin: str) -> str:
    """Why no browser would ever send this origin; empty if one would."""
    found = _ORIGIN.fullmatch(origin)
    if found is None:
        return "is not an origin: write https://app.example or https://app.example:8443, in small letters, no path"
    scheme, port = found.group(1), int(found.group(2) or 0)
    if port > 65535:
        return "names a port that does not exist"
    if port == _USUAL_PORTS[scheme]:
        return f"names the port that {scheme} has anyway, which browsers leave away"
    return ""
