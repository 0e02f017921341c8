"""Whatever a stranger writes is read or refused: each fuzz target on a few examples, and what was found so far."""

from typing import Final

import pytest
from hypothesis import settings

from duebook.http import inputs
from duebook.http.thredfi import filters
from tests.fuzz.targets import TARGETS

_EXAMPLES: Final = {"importers": 10, "commands": 30}
"""How many are tried of a target that takes long, in an ordinary run; a hundred of the others."""


@pytest.mark.parametrize("name", TARGETS)
def test_whatever_is_given_is_read_or_refused(name: str) -> None:
    """Given a fuzz target, when it is tried on generated input, then nothing is raised but the refusals it names."""
    asked = settings().max_examples
    settings(max_examples=asked * _EXAMPLES.get(name, 100) // 100)(TARGETS[name])()


def test_an_amount_of_thousands_of_digits_is_refused() -> None:
    """Given more digits than Python would take for a number, when a filter has them, then they are no whole cents."""
    with pytest.raises(inputs.BadInput, match="is whole cents"):
        filters.cents("min_amount", "9" * 5_000)
