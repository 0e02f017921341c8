"""The time zones that a business's day can begin in: those of the IANA database, by name.

Holds: a name means the same on every machine. `localtime` and `posixrules` are whatever a machine is set to, `Factory`
is a zone not set yet, and those below `right` and `posix` are other editions of the same zones.
Source: docs/reference/thredfi.md, "Businesses".
"""

from functools import cache
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

from duebook.tenancy.errors import UnknownTimeZone

_NO_ZONES: Final = {"localtime", "posixrules", "Factory"}


def zone(name: str) -> ZoneInfo:
    """The zone of this name. Raises UnknownTimeZone."""
    if name not in _names():
        raise UnknownTimeZone(name)
    return ZoneInfo(name)


@cache
def _names() -> frozenset[str]:
    names = available_timezones() - _NO_ZONES
    return frozenset(name for name in names if not name.startswith(("right/", "posix/")))
