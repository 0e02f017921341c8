"""`duebook key`: make, list and revoke the keys that partners sign in with.

Source: docs/reference/tokens.md, "Keys of partners".
"""

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Final
from uuid import UUID

from cyclopts import App, Parameter

from duebook.cli.connection import USUAL, Where, on_database
from duebook.cli.exits import UsageError
from duebook.cli.output import print_json, print_table, raise_if_unprintable
from duebook.cli.partner import AsJson, print_key
from duebook.tenancy.actors import operator
from duebook.tenancy.facts import KeyId, PartnerId, Scope
from duebook.tenancy.keys import Key, create_key, keys, revoke_key

key = App(name="key", help="API keys of partners.")

_MOST_DAYS: Final = 36_500


@key.command
def create(
    partner_id: UUID,
    /,
    *,
    name: str,
    expires_on: date | None = None,
    expires_in: str | None = None,
    read_only: Annotated[bool, Parameter(negative=())] = False,
    as_json: AsJson = False,
    where: Where = USUAL,
) -> None:
    """Make one more API key for a partner, shown this once; its other keys go on.

    Parameters
    ----------
    partner_id
        The partner's id.
    name
        What the key is for, as lists show it.
    expires_on
        The last day on which it works, in UTC.
    expires_in
        How many days it works from now on.
    read_only
        Whether it only reads.
    """
    raise_if_unprintable("a key", name)
    expires_at = _expires_at(expires_on, expires_in)

    made, secret = on_database(
        where,
        lambda database: create_key(
            database,
            PartnerId(partner_id),
            name=name,
            scope=Scope.READ if read_only else Scope.FULL,
            expires_at=expires_at,
            by=operator("key create"),
        ),
    )
    if as_json:
        print_json(_fields(made) | {"api_key": secret})
    else:
        print_key({"key_id": made.id, "partner_id": made.partner_id}, secret)


@key.command(name="list")
def list_keys(partner_id: UUID, /, *, as_json: AsJson = False, where: Where = USUAL) -> None:
    """List the keys of a partner, the oldest first, never their secrets.

    Parameters
    ----------
    partner_id
        The partner's id.
    """
    found = on_database(where, lambda database: keys(database, PartnerId(partner_id)))
    if as_json:
        print_json([_fields(one) for one in found])
        return
    rows = [
        (str(one.id), one.name, one.scope, _state(one), _day(one.created_at), _last_day(one), _day(one.last_used_at))
        for one in found
    ]
    print_table(("key_id", "name", "scope", "state", "created", "last_day", "last_used"), rows)


@key.command
def revoke(key_id: UUID, /, *, where: Where = USUAL) -> None:
    """Revoke one key: it and all tokens made with it stop working at once.

    Parameters
    ----------
    key_id
        The key's id, as `duebook key list` shows it.
    """
    revoked = on_database(where, lambda database: revoke_key(database, KeyId(key_id), operator("key revoke")))
    print(f"{revoked.id} is revoked")


def _expires_at(on: date | None, days: str | None) -> datetime | None:
    if on is not None and days is not None:
        raise UsageError("--expires-on and --expires-in say when a key ends: give one of them")
    now = datetime.now(UTC)
    if days is not None:
        if not re.fullmatch("[0-9]{1,6}", days) or not 1 <= int(days) <= _MOST_DAYS:
            raise UsageError(f"--expires-in: {days!r} is not a whole number of days from 1 to {_MOST_DAYS}")
        return now + timedelta(days=int(days))
    if on is None:
        return None
    today = now.date()
    if not today <= on <= today + timedelta(days=_MOST_DAYS):
        raise UsageError(f"--expires-on: {on} is not a day from today on, within {_MOST_DAYS} days")
    return datetime.combine(on + timedelta(days=1), time(), UTC)


def _state(one: Key) -> str:
    if one.revoked_at:
        return "revoked"
    return "live" if one.is_live(datetime.now(UTC)) else "expired"


def _day(instant: datetime | None) -> str:
    return f"{instant.astimezone(UTC):%Y-%m-%d}" if instant else "–"


def _last_day(one: Key) -> str:
    return _day(one.expires_at - datetime.resolution if one.expires_at else None)


def _fields(one: Key) -> dict[str, object]:
    return {
        "key_id": one.id,
        "partner_id": one.partner_id,
        "name": one.name,
        "scope": one.scope,
        "state": _state(one),
        "created_at": one.created_at,
        "expires_at": one.expires_at,
        "revoked_at": one.revoked_at,
        "last_used_at": one.last_used_at,
    }
