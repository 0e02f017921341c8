"""Partners that sign in with their id and a key.

Holds: a key that was found good is not looked up again for a while where books are opened, since the gate asks whether
it is live; what it opens without a gate, `fresh` looks up. A key that has signed in lately does not wait for failures
of others.
Source: docs/reference/tokens.md, "Failed logins".
"""

import hashlib
import time
from typing import Final

from duebook.db.pool import Database
from duebook.http.throttle import Throttle
from duebook.oauth.errors import BadSecret
from duebook.oauth.known import Known
from duebook.oauth.tokens import Login
from duebook.tenancy.facts import Caller
from duebook.tenancy.keys import caller_of_secret

KNOWN_SECONDS: Final = 60
LATELY_SECONDS: Final = 7 * 86_400


class Logins:
    """The logins that one worker process sees."""

    def __init__(self, database: Database) -> None:
        self._database: Final = database
        self._throttle: Final = Throttle()
        self._known: Final[Known[bytes, Caller]] = Known()
        self._signed_in: Final[Known[bytes, bool]] = Known()

    async def caller(self, login: Login, address: str | None) -> Caller:
        """Who signs in, to open books. Raises BadSecret, TooManyFailedLogins."""
        return self._known.get(_digest(login)) or await self.fresh(login, address)

    async def fresh(self, login: Login, address: str | None) -> Caller:
        """Who signs in, as the key stands now. Raises BadSecret, TooManyFailedLogins."""
        digest = _digest(login)
        if not self._signed_in.get(digest):
            self._throttle.check(address, login.partner_id)
        found = await caller_of_secret(self._database, login.partner_id, login.secret) if login.partner_id else None
        if found is None:
            self._signed_in.drop(digest)
            self._throttle.failed(address, login.partner_id)
            raise BadSecret
        self._signed_in.put(digest, True, time.time() + LATELY_SECONDS)
        self._known.put(digest, found, time.time() + KNOWN_SECONDS)
        return found


def _digest(login: Login) -> bytes:
    return hashlib.sha256(f"{login.partner_id}:{login.secret}".encode()).digest()
