"""The documentation names what there is, and what it links to exists."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from litestar import Litestar
from prometheus_client import REGISTRY

from duebook.cli import app as cli
from duebook.cli.import_metrics import OF_IMPORT
from duebook.http import layer, native, thredfi
from duebook.http.openapi import document
from duebook.http.settings import TABLE

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted([ROOT / "README.md", ROOT / "SECURITY.md", *DOCS.rglob("*.md")])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_to_a_file(page: Path) -> None:
    """Given a page, when it links to a file of the project, then the file is there."""
    targets = re.findall(r"\]\(([^)#]+)", page.read_text(encoding="utf-8"))
    files = [target for target in targets if "://" not in target]
    assert [target for target in files if not (page.parent / target).exists()] == []


def test_every_page_that_the_code_names_is_there() -> None:
    """Given the pages that docstrings and comments name as their source, when looked for, then they are there."""
    sources = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "src").rglob("*.*") if path.suffix != ".pyc")
    pages = sorted(set(re.findall(r"docs/[a-z0-9/-]+\.md", sources)))
    assert pages
    assert [page for page in pages if not (ROOT / page).exists()] == []


def test_every_command_is_described() -> None:
    """Given the commands of the command line, when its page is read, then each is on it."""
    text = (DOCS / "howto" / "command-line.md").read_text(encoding="utf-8")
    assert [name for name, _, _ in cli._COMMANDS if f"duebook {name}" not in text] == []


def test_every_setting_is_described() -> None:
    """Given the table of settings, when their page is read, then each is on it, and no other."""
    text = (DOCS / "reference" / "settings.md").read_text(encoding="utf-8")
    named = set(re.findall(r"DUEBOOK_[A-Z_]+(?<!_)", text)) - {"DUEBOOK_TEST"}
    assert {one.name for one in TABLE if one.name not in text} == set()
    assert named == {one.name for one in TABLE if one.name.startswith("DUEBOOK_")}


def test_every_setting_is_in_the_table() -> None:
    """Given the variables of ours that the code names, when the table of settings is read, then each is in it."""
    sources = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "src").rglob("*.py"))
    known = {one.name for one in TABLE}
    assert set(re.findall(r'"(DUEBOOK_[A-Z_]+)(?<!_)"', sources)) <= known


def test_every_metric_is_described() -> None:
    """Given the metrics that a server exposes, when their page is read, then each is on it, and no other."""
    text = (DOCS / "reference" / "metrics.md").read_text(encoding="utf-8")
    counted = [one for of in (REGISTRY, OF_IMPORT) for one in of.collect() if one.name.startswith("duebook_")]
    exposed = {f"{one.name}_total" if one.type == "counter" else one.name for one in counted}
    assert set(re.findall(r"^\| `(duebook_\w+)`", text, re.MULTILINE)) == exposed | {"duebook_release"}
    used = re.findall(r"duebook_\w+", (DOCS / "howto" / "watch-a-server.md").read_text(encoding="utf-8"))
    assert {one.removesuffix("_bucket") for one in used} <= exposed


@pytest.mark.parametrize(
    ("name", "build", "slash"),
    [("layer", layer.build, False), ("thredfi", thredfi.build, True), ("api", native.build_api, False)],
)
def test_every_route_is_described(name: str, build: Callable[[], Litestar], slash: bool) -> None:
    """Given the routes of a dialect, when its page is read, then each path is on it as it is published."""
    text = (DOCS / "reference" / f"{name}.md").read_text(encoding="utf-8")
    paths = document(build(), trailing_slash=slash)["paths"]
    assert [path for path in paths if _shortened(path) not in text] == []


def _shortened(path: str) -> str:
    """What comes after the business, which pages leave away."""
    return re.sub(r"^(/api)?/v1(/platform)?/businesses/\{\w+\}/(?=.)", "", path)
