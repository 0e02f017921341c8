"""Counts of attacks over a whole run, and the line at its end that says them: a plugin of every run of the tests.

Where several processes share the tests, each tells its counts to the one that hands them out.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import pytest

_MADE: Final = pytest.StashKey[Counter[str]]()
"""How often each kind of attack was tried in this run, and under `leaks` how often one got anything."""

_LEAKS: Final = "leaks"
_OUTPUT: Final = "attacks"
_SHOWN: Final = 20


@dataclass
class Attack:
    """The attempts of one test, and what they got."""

    attempts: int = 0
    leaks: list[str] = field(default_factory=list)

    def tried(self, what: str, *got: str) -> None:
        """Count an attempt; `got` says what it ought not to have got."""
        self.attempts += 1
        self.leaks += [f"{what}: {one}" for one in got]

    def failed(self, at_least: int) -> None:
        """See that no attempt got anything, and that there were as many as there were when the test was written."""
        assert not self.leaks, "\n".join(self.leaks[:_SHOWN])
        assert self.attempts >= at_least, f"{self.attempts} attempts"


@pytest.fixture
def attack(request: pytest.FixtureRequest) -> Iterator[Attack]:
    """What a test counts its attempts with."""
    attack = Attack()
    yield attack
    made = request.config.stash[_MADE]
    made[request.path.stem.removeprefix("test_").replace("_", " ")] += attack.attempts
    made[_LEAKS] += len(attack.leaks)


def pytest_configure(config: pytest.Config) -> None:
    """Begin to count."""
    config.stash[_MADE] = Counter()


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Tell the counts to the process that hands out the tests, if there is one."""
    if hasattr(session.config, "workeroutput"):
        made = session.config.stash[_MADE]
        session.config.workeroutput[_OUTPUT] = dict(made)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take the counts of a process that is done; one that died has told none."""
    node.config.stash[_MADE].update(getattr(node, "workeroutput", {}).get(_OUTPUT, {}))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what was tried, and what it got."""
    made = terminalreporter.config.stash[_MADE]
    leaks = made.pop(_LEAKS, 0)
    if made:
        kinds = ", ".join(f"{kind} {times:,}" for kind, times in sorted(made.items()))
        terminalreporter.write_line(f"attacks: {made.total():,} attempts, {leaks:,} leaks ({kinds})")
