"""What commands print, word for word."""

import pytest

from tests.cli.conftest import Run
from tests.cli.transcript import played, recorded


@pytest.mark.parametrize("name", ["file", "usage"])
def test_without_a_database(name: str, run: Run) -> None:
    """Given files alone, when the commands are run, then each says what the transcript says."""
    transcript = recorded(name)
    assert played(transcript, run, {}) == transcript


def test_books(run: Run, partner: str, business: str) -> None:
    """Given a business with empty books, when files are imported and aged, then each command says its part."""
    transcript = recorded("books")
    assert played(transcript, run, {"PARTNER": partner, "BUSINESS": business}) == transcript
