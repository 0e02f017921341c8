"""The page on the command line has every command and every option of it."""

import re
from pathlib import Path

import pytest

from tests.cli.conftest import Run

PAGE = Path(__file__).parents[2] / "docs" / "howto" / "command-line.md"
COMMANDS = [
    *("serve", "migrate", "partner create", "partner list", "partner rotate-key"),
    *("business create", "business list", "business show", "import", "aging", "explain", "changes", "tie-out"),
    *("close", "start", "rates import", "rates list", "versions", "audit", "verify", "demo"),
    *("partner events", "partner adopt", "heads new-key", "heads public-key", "heads sign"),
]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_is_on_the_page(command: str, run: Run) -> None:
    """Given a command, when its help is read, then each option it shows is on the page, and so is its name."""
    page = PAGE.read_text(encoding="utf-8")
    options = set(re.findall(r"--[a-z-]+", run(f"{command} --help").out))
    assert f"duebook {command}" in page
    assert [option for option in sorted(options) if option not in page] == []
