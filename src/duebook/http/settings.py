"""What the environment says: every variable that is ours, in one table, checked before anything is started.

Holds: a variable that is not known, or that cannot be meant, is refused before the server listens, all at once; what
may hold a password is never shown.
Source: docs/reference/settings.md.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from ipaddress import ip_network
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import psycopg
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from psycopg.conninfo import conninfo_to_dict

from duebook.db.pool import BACKUP_URL, DATABASE_URL, MIGRATE_URL
from duebook.http.addresses import NO_PROXIES, Proxies
from duebook.http.origins import ANY, NO_ORIGINS, Origins
from duebook.ledger.head_keys import HEAD_KEY, BadHeadKey, private_key
from duebook.oauth.claims import ISSUER
from duebook.oauth.outside import BadKeySet, TrustedIssuer, keys_of
from duebook.watch.logs import LogFormat
from duebook.watch.traces import is_installed

ALLOWED_ORIGINS: Final = "DUEBOOK_ALLOWED_ORIGINS"
"""Lists origins, with commas between them."""

LOG_FORMAT: Final = "DUEBOOK_LOG_FORMAT"
"""How a server writes its log."""

REQUESTS_PER_SECOND: Final = "DUEBOOK_LAYER_REQUESTS_PER_SECOND"
"""How many requests of a second one partner has in Layer's dialect; 0 for no limit."""

TRUSTED_ISSUER: Final = "DUEBOOK_TRUSTED_ISSUER"
"""Who else signs tokens, as they name it."""

TRUSTED_KEYS: Final = "DUEBOOK_TRUSTED_KEYS"
"""Where that issuer's key set is: a file, or an https address."""

TRUSTED_AUDIENCE: Final = "DUEBOOK_TRUSTED_AUDIENCE"
"""What that issuer calls this service."""

TRUSTED_PROXIES: Final = "DUEBOOK_TRUSTED_PROXIES"
"""Lists addresses and networks of proxies that say whom they ask for, with commas between them."""

TRACES_TO: Final = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
"""The standard's names for where traces are sent."""

_OF_ISSUER: Final = (TRUSTED_ISSUER, TRUSTED_KEYS, TRUSTED_AUDIENCE)
_THIS_MACHINE: Final = ("127.0.0.1", "::1", "localhost")
_OURS: Final = "DUEBOOK_"
_OF_TESTS: Final = "DUEBOOK_TEST_"
_MOST_REQUESTS: Final = 1_000_000
_ORIGIN: Final = re.compile(r"(https?)://(?:[a-z0-9_.-]+|\[[0-9a-f:.]+\])(?::([1-9][0-9]{0,4}))?")
_OF_ADDRESS: Final = re.compile("[!-~]+")
_USUAL_PORTS: Final = {"http": 80, "https": 443}


class BadSetting(ValueError):
    """A setting is known and can be read, and something can come of it. `value` is left out where it may be secret."""

    def __init__(self, name: str, value: str | None, rule: str) -> None:
        self.name, self.value, self.rule = name, value, rule
        super().__init__(f"{name}: {rule}" if value is None else f"{name}: {value!r} {rule}")


class BadSettings(ValueError):
    """Every setting holds by itself; `problems` are those that do not."""

    def __init__(self, problems: list[BadSetting]) -> None:
        self.problems = problems
        super().__init__("; ".join(map(str, problems)))


@dataclass(frozen=True, slots=True)
class Settings:
    """What a server is set to."""

    origins: Origins = NO_ORIGINS
    requests_per_second: int = 500
    proxies: Proxies = NO_PROXIES
    log_format: LogFormat = LogFormat.JSON
    outside: TrustedIssuer | None = None
    head_key: Ed25519PrivateKey | None = None
    traced: bool = False


USUAL: Final = Settings()


def settings_of(environment: Mapping[str, str], usual: Settings = USUAL) -> Settings:
    """What the environment says, and the usual where it says nothing. Raises BadSettings."""
    found, problems = {}, list(_unknown(environment))
    for setting in TABLE:
        if setting.name in environment:
            try:
                found[setting.field] = setting.read(environment[setting.name])
            except BadSetting as problem:
                problems.append(problem)
    outside = {name: found.pop(name) for name in _OF_ISSUER if name in found}
    if any(name in environment for name in _OF_ISSUER):
        rule = f"is not set, and an outside issuer needs all of {', '.join(_OF_ISSUER)}"
        problems += [BadSetting(name, None, rule) for name in _OF_ISSUER if name not in environment]
    if problems:
        raise BadSettings(problems)
    if outside:
        found["outside"] = TrustedIssuer(*(outside[name] for name in _OF_ISSUER))
    found.pop("", None)
    return replace(usual, traced=any(environment.get(name) for name in TRACES_TO), **found)


def said(environment: Mapping[str, str]) -> dict[str, str]:
    """The settings that the environment makes, for a log: of what may hold a password only that it is set."""
    return {
        setting.name: "(set)" if setting.is_secret else environment[setting.name]
        for setting in TABLE
        if environment.get(setting.name)
    }


def _unknown(environment: Mapping[str, str]) -> Iterator[BadSetting]:
    known = [setting.name for setting in TABLE]
    for name in sorted(environment):
        if name.startswith(_OURS) and not name.startswith(_OF_TESTS) and name not in known:
            nearest = get_close_matches(name, known, n=1, cutoff=0)
            yield BadSetting(name, None, f"is not a setting; the nearest that is one is {nearest[0]}")


def _database_url(name: str) -> Callable[[str], None]:
    def read(given: str) -> None:
        try:
            conninfo_to_dict(given)
        except psycopg.ProgrammingError:  # what the driver says would quote the URL, and with it a password
            rule = "cannot be read; it looks like postgresql://user@host:5432/database"
            raise BadSetting(name, None, rule) from None

    return read


def _head_key(given: str) -> Ed25519PrivateKey | None:
    try:
        return private_key(Path(given)) if given else None
    except BadHeadKey as bad:
        raise BadSetting(HEAD_KEY, given, bad.rule) from None


def _issuer(given: str) -> str:
    if not given.strip() or given == ISSUER:
        raise BadSetting(TRUSTED_ISSUER, given, "is not the name of another issuer, as its tokens have it in `iss`")
    return given


def _audience(given: str) -> str:
    if not given.strip():
        raise BadSetting(TRUSTED_AUDIENCE, given, "is not what tokens of the issuer have in `aud`")
    return given


def _issuer_keys(given: str) -> str:
    """Where a key set is. A file is read now and can be; an address is asked when there is a token to check."""
    if "://" not in given:
        try:
            keys_of(Path(given).read_bytes())
        except OSError as error:
            raise BadSetting(TRUSTED_KEYS, given, f"cannot be read: {error.strerror}") from None
        except BadKeySet as error:
            raise BadSetting(TRUSTED_KEYS, given, f"is no key set: {error}") from None
        return given
    try:
        url = urlsplit(given)
        url.port  # noqa: B018
        (url.hostname or "").encode("idna")
    except ValueError:
        raise BadSetting(TRUSTED_KEYS, None, "is not an address") from None
    if not _OF_ADDRESS.fullmatch(given):
        raise BadSetting(TRUSTED_KEYS, None, "holds signs that an address has in encoded form only")
    if url.username is not None or url.password is not None:
        raise BadSetting(TRUSTED_KEYS, None, "holds a user or a password, which a key set needs none of")
    if url.hostname and (url.scheme == "https" or (url.scheme == "http" and url.hostname in _THIS_MACHINE)):
        return given
    raise BadSetting(TRUSTED_KEYS, given, "is neither a file nor an https address (http only for this machine)")


def _log_format(given: str) -> LogFormat:
    if given not in tuple(LogFormat):
        raise BadSetting(LOG_FORMAT, given, f"is neither {' nor '.join(LogFormat)}")
    return LogFormat(given)


def _collector(name: str) -> Callable[[str], None]:
    def read(given: str) -> None:
        try:
            url = urlsplit(given)
            is_one = not given or (url.scheme in ("http", "https") and bool(url.hostname))
        except ValueError:
            is_one = False
        if not is_one:
            raise BadSetting(name, None, "is not the URL of a collector, such as http://127.0.0.1:4318")
        if given and not is_installed():
            raise BadSetting(name, None, "needs what traces are made with: pip install 'duebook[otel]'")

    return read


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


@dataclass(frozen=True, slots=True)
class Setting:
    """A variable, what reads its text or raises BadSetting, and which field of Settings it fills, if it fills one."""

    name: str
    read: Callable[[str], Any]
    field: str = ""
    is_secret: bool = False


TABLE: Final = (
    Setting(DATABASE_URL, _database_url(DATABASE_URL), is_secret=True),
    Setting(MIGRATE_URL, _database_url(MIGRATE_URL), is_secret=True),
    Setting(BACKUP_URL, _database_url(BACKUP_URL), is_secret=True),
    Setting(ALLOWED_ORIGINS, _origins, "origins"),
    Setting(REQUESTS_PER_SECOND, _requests, "requests_per_second"),
    Setting(TRUSTED_ISSUER, _issuer, TRUSTED_ISSUER),
    Setting(TRUSTED_KEYS, _issuer_keys, TRUSTED_KEYS),
    Setting(TRUSTED_AUDIENCE, _audience, TRUSTED_AUDIENCE),
    Setting(TRUSTED_PROXIES, _proxies, "proxies"),
    Setting(HEAD_KEY, _head_key, "head_key"),
    Setting(LOG_FORMAT, _log_format, "log_format"),
    *(Setting(name, _collector(name), is_secret=True) for name in TRACES_TO),
)
"""Every variable that is ours. What has no field is checked here and read where it is used."""
