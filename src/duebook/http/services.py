"""What the routes of one worker process share, and how a handler asks for it."""

from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from litestar.datastructures import State
from litestar.di import NamedDependency, Provide

from duebook.db.pool import Database
from duebook.http.answers import Answers
from duebook.http.logins import Logins
from duebook.oauth.keys import Keyring
from duebook.tenancy.uses import Uses


@dataclass(frozen=True, slots=True)
class Services:
    """The database, the keys that tokens and heads are signed with, who signs in, and answers already given."""

    database: Database
    keyring: Keyring
    logins: Logins
    uses: Uses
    head_key: Ed25519PrivateKey | None = None
    answers: Answers = field(default_factory=Answers)


def _services(state: State) -> Services:
    services: Services = state.services
    return services


DEPENDENCIES = {"services": Provide(_services, sync_to_thread=False)}
TheServices = NamedDependency[Services]
"""A handler with a parameter `services: TheServices` is given them."""
