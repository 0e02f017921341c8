"""Buckets of requests, with a clock of the test's own."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from duebook.http.layer.limits import general
from duebook.http.limits import Limits, Rate, Refusals, Standing, TooManyRequests
from duebook.http.settings import REQUESTS_PER_SECOND, USUAL, BadSettings, settings_of

FEW = Rate(per_second=3, holds=5, starts_with=2)


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        """The time that it shows."""
        return self.now


def passed(limits: Limits, asked: int, client: str = "a", rate: Rate = FEW) -> int:
    """How many requests of so many are let through."""
    count = 0
    for _ in range(asked):
        try:
            limits.take(client, rate)
        except TooManyRequests:
            continue
        count += 1
    return count


def test_a_bucket_starts_with_some_and_is_filled_up_each_second() -> None:
    """Given a bucket that starts with 2, gets 3 a second and holds 5, when asked for more, then no more is given."""
    clock = Clock()
    limits = Limits(clock)
    assert passed(limits, 10) == 2
    clock.now = 1000.99
    assert passed(limits, 10) == 0
    clock.now = 1001.0
    assert passed(limits, 10) == 3
    clock.now = 1060.0
    assert passed(limits, 10) == 5


def test_what_is_left_is_said() -> None:
    """Given a bucket, when requests are taken, then each is told what is left and the second in which there is more."""
    clock = Clock()
    clock.now = 1000.5
    limits = Limits(clock)
    assert limits.take("a", FEW) == Standing(3, 1, 1001)
    assert limits.take("a", FEW) == Standing(3, 0, 1001)
    with pytest.raises(TooManyRequests) as raised:
        limits.take("a", FEW)
    assert raised.value.standing == Standing(3, 0, 1001)


def test_each_client_has_a_bucket_of_its_own() -> None:
    """Given one client whose bucket is empty, when another asks, then it is let through."""
    limits = Limits(Clock())
    assert passed(limits, 3, "a") == 2
    assert passed(limits, 3, "b") == 2


def test_a_clock_that_is_put_back_gives_nothing() -> None:
    """Given an empty bucket, when the clock goes an hour back, then only what its seconds add is there."""
    clock = Clock()
    limits = Limits(clock)
    assert passed(limits, 5) == 2
    clock.now -= 3600
    assert passed(limits, 5) == 0
    clock.now += 1
    assert passed(limits, 5) == 3


def test_the_published_figures() -> None:
    """Given the usual setting, when a partner asks on and on, then 100 pass in the first second, then 500 in each."""
    clock = Clock()
    limits = Limits(clock)
    rate = general(USUAL.requests_per_second)
    assert passed(limits, 2000, rate=rate) == 100
    clock.now += 1
    assert passed(limits, 2000, rate=rate) == 500
    clock.now += 100
    assert passed(limits, 2000, rate=rate) == 500


@given(
    st.builds(Rate, st.integers(1, 9), st.integers(1, 9), st.integers(0, 9)),
    st.lists(st.tuples(st.floats(0, 3), st.integers(1, 20)), max_size=20),
)
def test_never_more_than_the_start_and_what_was_added(rate: Rate, asked: list[tuple[float, int]]) -> None:
    """Given any rate, when asked at any times, then no more passes than it started with and the seconds have added."""
    clock = Clock()
    limits = Limits(clock)
    total = 0
    for wait, times in asked:
        clock.now += wait
        total += passed(limits, times, rate=rate)
    seconds = int(clock.now) - 1000
    assert total <= rate.starts_with + seconds * rate.per_second


@pytest.mark.parametrize("figure", ["", "-1", "1.5", "many", "1000001", "\u0663"])
def test_a_figure_that_is_none_is_refused(figure: str) -> None:
    """Given what is no whole number, or too large a one, when a server is set to it, then it is refused and named."""
    with pytest.raises(BadSettings, match=REQUESTS_PER_SECOND):
        settings_of({REQUESTS_PER_SECOND: figure})


def test_refusals_are_counted_by_the_second() -> None:
    """Given refusals in two seconds, when counted, then each is told its place in its own."""
    times = iter([1.0, 1.5, 1.9, 2.0, 2.1])
    refusals = Refusals(clock=lambda: next(times))
    assert [refusals.count() for _ in range(5)] == [1, 2, 3, 1, 2]
