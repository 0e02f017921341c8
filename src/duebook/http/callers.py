"""Who asks, and from where: guards that let a request pass only with good credentials."""

from dataclasses import replace
from typing import Any

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.datastructures import State
from litestar.handlers.base import BaseRouteHandler

from duebook.http.services import Services
from duebook.http.shell import client_address, request_id
from duebook.oauth.errors import NoCredentials, PartnerOnly
from duebook.oauth.tokens import Login, caller_of, live, login_of
from duebook.tenancy.facts import Caller

CallerRequest = Request[Caller, None, State]
"""A request behind a guard: its `user` is the caller."""


async def signed_in(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    """Good credentials; that their key is live is left to the gate which opens the books.

    Raises AuthError, TooManyFailedLogins.
    """
    services: Services = connection.app.state.services
    authorization = connection.headers.get("authorization")
    login = login_of(authorization)
    if login is None:
        caller = await caller_of(services.keyring, authorization)
    else:
        caller = await services.logins.caller(login, client_address(connection))
    connection.scope["user"] = _seen(services, connection, caller)


async def live_caller(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Good credentials of a live key, where no books are opened. Raises AuthError, KeyRevoked."""
    await signed_in(connection, handler)
    services: Services = connection.app.state.services
    connection.scope["user"] = await live(services.keyring, connection.scope["user"])


async def live_partner(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """A live caller that is not bound to one business. Raises AuthError, KeyRevoked, PartnerOnly."""
    await live_caller(connection, handler)
    if connection.scope["user"].business_id is not None:
        raise PartnerOnly


async def token_holder(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    """A token, good or not, and no partner's id and key. Raises NoCredentials."""
    if not connection.headers.get("authorization", "").lower().startswith("bearer "):
        raise NoCredentials("Bearer")


async def key_holder(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    """A partner's id and key themselves, no token. Raises NoCredentials, BadSecret, TooManyFailedLogins."""
    services: Services = connection.app.state.services
    connection.scope["user"] = await by_key(services, connection, login_of(connection.headers.get("authorization")))


async def by_key(services: Services, connection: ASGIConnection[Any, Any, Any, Any], login: Login | None) -> Caller:
    """The caller with this id and key. Raises NoCredentials, BadSecret, TooManyFailedLogins."""
    if login is None:
        raise NoCredentials("Basic")
    return _seen(services, connection, await services.logins.fresh(login, client_address(connection)))


def _seen(services: Services, connection: ASGIConnection[Any, Any, Any, Any], caller: Caller) -> Caller:
    """The caller with what is known of its request; that its key is used is noted."""
    if caller.key_id is not None:
        services.uses.saw(caller.key_id)
    return replace(caller, address=client_address(connection), request_id=request_id(connection))
