"""Try something on many made-up histories, and show the smallest that makes it fail.

DUEBOOK_TEST_EXAMPLES says on how many. Seeds count from 0 where tests must not vary, from anywhere otherwise; a failure
names its seed.
"""

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from pprint import pformat
from random import Random, SystemRandom

import pytest
from hypothesis import settings

from tests.oracle.histories import made_up
from tests.oracle.said import Apply, Charge, History, Saying, Settle


def trials(share: float = 1, longest: int = 20) -> Iterator[tuple[int, History]]:
    """Histories with their seeds: this share of the number of examples."""
    first = 0 if settings().derandomize else SystemRandom().randrange(2**32)
    for seed in range(first, first + max(5, round(settings().max_examples * share))):
        yield seed, made_up(Random(seed), longest)


async def holds(trial: Callable[[History], Awaitable[None]], share: float = 1, longest: int = 20) -> None:
    """See that a trial of each history passes; raises what the smallest history raises that fails like the first."""
    for seed, history in trials(share, longest):
        failure = await _failure(trial, history)
        if failure:
            smallest = await _smallest(trial, history, failure)
            again = await _failure(trial, smallest) or failure
            again.add_note(f"seed {seed}, of {len(history)} writes these are needed:\n{pformat(smallest, width=120)}")
            raise again


async def _failure(trial: Callable[[History], Awaitable[None]], history: History) -> BaseException | None:
    try:
        await trial(history)
    except (Exception, pytest.fail.Exception) as failure:
        return failure
    return None


async def _smallest(trial: Callable[[History], Awaitable[None]], history: History, failure: BaseException) -> History:
    """Leave out whatever is not needed for a failure of the same kind, until nothing more can be."""
    shorter: History | None = history
    while shorter is not None:
        history, shorter = shorter, None
        for candidate in _less(history):
            if type(await _failure(trial, candidate)) is type(failure):
                shorter = candidate
                break
    return history


def _less(history: History) -> Iterator[History]:
    """The history without one of its writes, its sayings, or of the allocations that come with one; the last first."""
    for place in reversed(range(len(history))):
        before, write, after = history[:place], history[place], history[place + 1 :]
        yield before + after
        for number, saying in reversed(list(enumerate(write))):
            if len(write) > 1:
                yield (*before, write[:number] + write[number + 1 :], *after)
            for less in _less_said(saying):
                yield (*before, (*write[:number], less, *write[number + 1 :]), *after)


def _less_said(saying: Saying) -> Iterator[Saying]:
    if isinstance(saying, Charge) and saying.settles:
        yield replace(saying, settles=())
    if isinstance(saying, Settle | Apply):
        for number in range(len(saying.shares)):
            yield replace(saying, shares=saying.shares[:number] + saying.shares[number + 1 :])
