"""Who attacks whom, over a real server: the fixtures of the tests of the server, and what every attacker knows."""

from tests.http.conftest import business, client, other_platform, platform

__all__ = ["business", "client", "other_platform", "platform"]
