"""How often logins may fail, with a clock of the test's own."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from duebook.http import throttle
from duebook.http.throttle import WITH_ADDRESS, WITH_PARTNER, Failures, Leniency, Throttle, TooManyFailedLogins

PARTNER, OTHER = UUID(int=1), UUID(int=2)


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        """The time that it shows."""
        return self.now


def waits(one: Throttle, address: str, partner: UUID | None = PARTNER) -> int:
    """How long a login has to wait; 0 if it may be tried."""
    try:
        one.check(address, partner)
    except TooManyFailedLogins as error:
        return error.retry_after_seconds
    return 0


def fail(one: Throttle, times: int, address: str, partner: UUID | None = PARTNER) -> None:
    """So many logins that failed."""
    for _ in range(times):
        one.failed(address, partner)


def test_an_address_that_fails_too_often_waits() -> None:
    """Given an address with as many failures as are borne, when it tries again, then it waits until one is forgotten,
    whichever partner it names; another address does not."""
    clock = Clock()
    one = Throttle(clock)
    fail(one, WITH_ADDRESS.failures - 1, "192.0.2.1")
    assert waits(one, "192.0.2.1") == 0
    fail(one, 1, "192.0.2.1", None)
    assert [waits(one, "192.0.2.1", partner) for partner in (PARTNER, OTHER, None)] == [20, 20, 20]
    assert waits(one, "192.0.2.2") == 0
    clock.now += 19.5
    assert waits(one, "192.0.2.1") == 1
    clock.now += 0.5
    assert waits(one, "192.0.2.1") == 0


def test_a_partner_that_many_addresses_try_is_theirs_no_more() -> None:
    """Given a partner that failed from many addresses, when they try it again, then they wait; they may try another
    partner, and an address that has not failed may try this one."""
    one = Throttle(Clock())
    addresses = [f"198.51.100.{number}" for number in range(WITH_PARTNER.failures)]
    for address in addresses:
        assert waits(one, address) == 0
        fail(one, 1, address)
    assert {waits(one, address) for address in addresses} == {5}
    assert {waits(one, address, OTHER) for address in addresses} == {0}
    assert waits(one, "203.0.113.1") == 0


def test_an_ipv6_client_counts_as_its_network() -> None:
    """Given a client that has a network of addresses, when it fails from each of them, then it waits all the same."""
    one = Throttle(Clock())
    for number in range(WITH_ADDRESS.failures):
        fail(one, 1, f"2001:db8:1:2::{number:x}", None)
    assert waits(one, "2001:db8:1:2:ffff::1") == 20
    assert waits(one, "2001:db8:1:3::1") == 0


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Given failures of more addresses and partners than are remembered, when counted, then the oldest are not."""
    monkeypatch.setattr(throttle, "MOST", 20)
    one = Throttle(Clock())
    fail(one, WITH_ADDRESS.failures, "192.0.2.1", None)
    for number in range(30):
        fail(one, 1, f"198.51.100.{number}", UUID(int=number))
    assert waits(one, "192.0.2.1", None) == 0
    assert [len(each._counts) for each in (one._of_address, one._of_partner)] == [20, 20]


@given(
    st.builds(Leniency, st.integers(1, 5), st.floats(0.5, 10)),
    st.lists(st.tuples(st.floats(0, 20), st.booleans()), max_size=60),
)
def test_no_more_failures_than_are_borne(leniency: Leniency, tried: list[tuple[float, bool]]) -> None:
    """Given any leniency, when logins fail whenever they may, then there are never more than the leniency and what was
    forgotten; and whoever waits as long as told may try."""
    failures: Failures[str] = Failures(leniency)
    now = total = 0.0
    for pause, obeys in tried:
        now += failures.wait("a", now) + 1e-6 if obeys else pause
        if failures.wait("a", now) == 0:
            failures.add("a", now)
            total += 1
        else:
            assert not obeys
        assert total <= leniency.failures + now / leniency.forgets_seconds + 1e-6
