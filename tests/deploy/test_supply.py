"""The bill of materials lists what a server is made of, and nothing is under a licence that nobody looked at."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.deploy.machine import PROJECT
from tests.deploy.test_containerfile import pinned


def test_the_bill_of_materials_is_what_is_pinned() -> None:
    """Given the bill of materials of a server, when its components are read, then they are the pinned packages."""
    bom = json.loads((PROJECT / "build" / "duebook.cdx.json").read_text())
    there = {one["name"].lower().replace("_", "-"): one["version"] for one in bom["components"]}
    assert (bom["metadata"]["component"]["name"], there) == ("duebook", pinned("server.txt"))


@pytest.mark.parametrize(
    ("licences", "refused"),
    [
        ([{"expression": "MIT OR Apache-2.0"}], ""),
        ([{"license": {"id": "MIT"}}, {"license": {"name": "BSD License"}}], ""),
        ([{"license": {"id": "GPL-3.0-only"}}], "odd: 'GPL-3.0-only'"),
        ([{"expression": "MIT AND (AGPL-3.0-only OR MIT)"}], "odd: 'MIT AND (AGPL-3.0-only OR MIT)'"),
        ([], "odd: 'none is named'"),
    ],
)
def test_a_licence_that_is_not_permitted_is_named(licences: list[object], refused: str, tmp_path: Path) -> None:
    """Given a package's licences, when they are checked, then any that is not permitted ends the check and is named."""
    bom = tmp_path / "bom.json"
    bom.write_text(json.dumps({"components": [{"name": "odd", "version": "1", "licenses": licences}]}))
    done = subprocess.run(
        [sys.executable, "-m", "checks.licences", bom], cwd=PROJECT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr.partition(" is not")[0]) == (1 if refused else 0, refused)
