"""Whom a request comes from, by the peer and by what proxies say."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from duebook.http.addresses import NO_PROXIES, Proxies
from duebook.http.settings import TRUSTED_PROXIES, BadSettings, settings_of

PROXIES = settings_of({TRUSTED_PROXIES: "10.0.0.0/8, 192.0.2.7,2001:db8:1::/48"}).proxies


def client(proxies: Proxies, peer: str | None, *forwarded: str) -> str | None:
    """The address of a client that connects from `peer` with these lines of X-Forwarded-For."""
    headers = [(b"x-forwarded-for", one.encode("latin-1")) for one in forwarded]
    scope: Any = {"client": (peer, 40000) if peer else None, "headers": headers}
    return proxies.client(scope)


@pytest.mark.parametrize(
    ("peer", "forwarded", "expected"),
    [
        ("198.51.100.1", [], "198.51.100.1"),
        ("198.51.100.1", ["203.0.113.9"], "198.51.100.1"),
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", ["203.0.113.9"], "203.0.113.9"),
        ("10.0.0.1", ["1.1.1.1, 203.0.113.9"], "203.0.113.9"),
        ("10.0.0.1", ["203.0.113.9, 192.0.2.7, 10.2.3.4"], "203.0.113.9"),
        ("10.0.0.1", ["1.1.1.1", "203.0.113.9"], "203.0.113.9"),
        ("10.0.0.1", ["10.9.9.9,10.8.8.8"], "10.9.9.9"),
        ("10.0.0.1", ["203.0.113.9, unknown"], "10.0.0.1"),
        ("10.0.0.1", ["203.0.113.9, 192.0.2.7:443, 10.2.3.4"], "10.2.3.4"),
        ("10.0.0.1", ["203.0.113.9, , 10.2.3.4"], "10.2.3.4"),
        ("10.0.0.1", [""], "10.0.0.1"),
        ("10.0.0.1", ["\xff"], "10.0.0.1"),
        ("::ffff:10.0.0.1", ["::ffff:203.0.113.9"], "203.0.113.9"),
        ("2001:db8:1::5", ["2001:DB8:2:0::9"], "2001:db8:2::9"),
        ("2001:db8:1::5", ["[2001:db8:2::9]"], "2001:db8:1::5"),
        (None, ["203.0.113.9"], None),
        ("a.socket", ["203.0.113.9"], None),
    ],
)
def test_the_client_is_the_nearest_that_is_no_trusted_proxy(
    peer: str | None, forwarded: list[str], expected: str | None
) -> None:
    """Given trusted proxies, when a request comes, then its client is the nearest address that none of them has."""
    assert client(PROXIES, peer, *forwarded) == expected


@given(st.text(st.characters(max_codepoint=255)), st.ip_addresses().map(str))
def test_without_trusted_proxies_no_header_is_believed(line: str, peer: str) -> None:
    """Given no trusted proxies, when a client sends any header, then its address is that of the connection."""
    assert client(NO_PROXIES, peer, line) == client(NO_PROXIES, peer)


@given(st.text(st.characters(max_codepoint=255)), st.ip_addresses(network="203.0.113.0/24").map(str))
def test_what_a_client_sends_stands_behind_what_the_proxy_writes(line: str, address: str) -> None:
    """Given a trusted proxy, when it adds its client to any header, then what was there before changes nothing."""
    assert client(PROXIES, "192.0.2.7", f"{line},{address}") == address


@pytest.mark.parametrize(
    "given", ["proxy.example", "10.0.0.1/8", "10.0.0.0/33", "*", "10.0.0.1:80", "10.0.0.1 10.0.0.2"]
)
def test_what_is_neither_address_nor_network_is_refused(given: str) -> None:
    """Given a list with something else in it, when a server is set to it, then the setting and the part are named."""
    with pytest.raises(BadSettings) as raised:
        settings_of({TRUSTED_PROXIES: f"192.0.2.7,{given}"})
    [problem] = raised.value.problems
    assert (problem.name, problem.value) == (TRUSTED_PROXIES, given)
