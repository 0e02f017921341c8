"""`duebook signing-keys`: the keys that tokens are signed with, which change by themselves, and out of turn.

Source: docs/reference/tokens.md, "Signing keys".
"""

from datetime import UTC, datetime
from typing import Annotated

from cyclopts import App, Parameter

from duebook.cli.connection import USUAL, Where, on_database
from duebook.cli.output import print_json, print_table
from duebook.cli.partner import AsJson
from duebook.oauth.rotation import rotate, turns_of

signing_keys = App(name="signing-keys", help="The keys that tokens are signed with.")


@signing_keys.command(name="list")
def list_signing_keys(*, as_json: AsJson = False, where: Where = USUAL) -> None:
    """List all signing keys that ever were, in the order in which they sign, and what each does now."""
    found = on_database(where, turns_of)
    if as_json:
        print_json(
            [
                {
                    "kid": turn.id,
                    "state": state,
                    "created_at": turn.created_at,
                    "signs_from": turn.signs_from,
                    "retired_at": turn.retired_at,
                }
                for turn, state in found
            ]
        )
        return
    rows = [(turn.id, state, *map(_time, (turn.created_at, turn.signs_from, turn.retired_at))) for turn, state in found]
    print_table(("kid", "state", "created", "signs_from", "retired"), rows)


@signing_keys.command(name="rotate")
def rotate_signing_key(
    *, at_once: Annotated[bool, Parameter(negative=())] = False, as_json: AsJson = False, where: Where = USUAL
) -> None:
    """Change the signing key before its time. Tokens go on, unless it is done at once.

    Parameters
    ----------
    at_once
        For a key that got into wrong hands: all tokens end within seconds, and whoever needs one asks for another.
    """
    turn = on_database(where, lambda database: rotate(database, at_once=at_once))
    if as_json:
        print_json({"kid": turn.id, "signs_from": turn.signs_from})
        return
    print(f"{turn.id} signs from {_time(turn.signs_from)} on")


def _time(instant: datetime | None) -> str:
    return f"{instant.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" if instant else "–"
