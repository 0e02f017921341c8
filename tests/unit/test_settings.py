"""The table of settings: what is known, what is refused, and what is shown of it."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from duebook.http.settings import TABLE, TRACES_TO, USUAL, BadSettings, Settings, said, settings_of
from duebook.ledger.head_keys import HEAD_KEY, make_key
from duebook.watch.logs import LogFormat

SECRET = "hunter2"


def refused(environment: dict[str, str]) -> list[str]:
    """What is wrong with an environment."""
    with pytest.raises(BadSettings) as raised:
        settings_of(environment)
    return [str(problem) for problem in raised.value.problems]


def test_what_is_not_set_is_as_usual() -> None:
    """Given an environment without settings of ours, when it is read, then all is as usual, also where that differs."""
    others = {"PATH": "/bin", "duebook_x": "1", "DUEBOOK_TEST_PG_BIN": "/nowhere"}
    assert settings_of(others) == USUAL
    assert settings_of(others, Settings(log_format=LogFormat.TEXT)).log_format == LogFormat.TEXT
    assert settings_of({"DUEBOOK_LOG_FORMAT": "json"}, Settings(log_format=LogFormat.TEXT)).log_format == LogFormat.JSON


@pytest.mark.parametrize("setting", TABLE, ids=lambda setting: setting.name)
def test_a_slip_of_the_pen_is_refused_and_the_setting_named(setting: object) -> None:
    """Given a setting's name without one of its letters, when read, then it is refused, and the setting is named."""
    name: str = getattr(setting, "name")  # noqa: B009
    if name.startswith("DUEBOOK_"):
        slip = name[:-3] + name[-2:]
        assert refused({slip: SECRET}) == [f"{slip}: is not a setting; the nearest that is one is {name}"]


def test_a_head_key_is_read_before_the_server_listens(tmp_path: Path) -> None:
    """Given no file, one with a key, and one that others can read, when settings are read, then each is told."""
    file = tmp_path / "head.pem"
    assert refused({HEAD_KEY: str(file)}) == [f"{HEAD_KEY}: {str(file)!r} cannot be read: No such file or directory"]
    make_key(file)
    assert settings_of({HEAD_KEY: str(file)}).head_key is not None
    assert settings_of({HEAD_KEY: ""}).head_key is None
    file.chmod(0o644)
    assert refused({HEAD_KEY: str(file)}) == [
        f"{HEAD_KEY}: {str(file)!r} is open to other users than its owner: close it with chmod 600"
    ]


def test_several_problems_are_said_at_once() -> None:
    """Given four settings that are wrong, when they are read, then each is named with its value and its rule."""
    assert refused(
        {
            "DUEBOOK_ALLOWED_ORIGINS": "https://app.example/",
            "DUEBOOK_LAYER_REQUESTS_PER_SECOND": "-1",
            "DUEBOOK_LOG_FORMAT": "xml",
            "DUEBOOK_WORKERS": "2",
        }
    ) == [
        "DUEBOOK_WORKERS: is not a setting; the nearest that is one is "
        + re.findall("is one is (.*)", refused({"DUEBOOK_WORKERS": ""})[0])[0],
        "DUEBOOK_ALLOWED_ORIGINS: 'https://app.example/' is not an origin: write https://app.example or "
        "https://app.example:8443, in small letters, no path",
        "DUEBOOK_LAYER_REQUESTS_PER_SECOND: '-1' is not a whole number from 0 to 1000000",
        "DUEBOOK_LOG_FORMAT: 'xml' is neither json nor text",
    ]


@pytest.mark.parametrize("name", [one.name for one in TABLE if one.is_secret and one.name.startswith("DUEBOOK_")])
def test_what_may_hold_a_password_is_never_shown(name: str) -> None:
    """Given a URL with a password, when it cannot be read or is shown in a log, then the password is nowhere."""
    [problem] = refused({name: f"postgresql://user:{SECRET}@[host"})
    assert problem.startswith(f"{name}: cannot be read")
    assert SECRET not in problem
    assert said({name: f"postgresql://user:{SECRET}@host/db"}) == {name: "(set)"}


def test_other_settings_are_shown_as_they_are() -> None:
    """Given settings, when shown in a log, then those that are made stand there, and nothing else."""
    assert said({"PATH": "/bin", "DUEBOOK_LOG_FORMAT": "text", "DUEBOOK_ALLOWED_ORIGINS": ""}) == {
        "DUEBOOK_LOG_FORMAT": "text"
    }


@pytest.mark.parametrize("name", TRACES_TO)
@pytest.mark.parametrize("given", ["collector:4318", "ftp://collector", "http://", "http://[x"])
def test_a_collector_has_the_url_of_one(name: str, given: str) -> None:
    """Given what is not the URL of a collector, when traces are to be sent there, then it is refused, and not shown."""
    assert refused({name: given}) == [f"{name}: is not the URL of a collector, such as http://127.0.0.1:4318"]
    assert settings_of({name: "http://127.0.0.1:4318"}).traced
    assert not settings_of({name: ""}).traced


def test_traces_need_what_they_are_made_with(monkeypatch: pytest.MonkeyPatch) -> None:
    """Given an install without the extra, when traces are wanted, then it is said how to get it."""
    monkeypatch.delitem(sys.modules, "opentelemetry.exporter.otlp.proto.http.trace_exporter", raising=False)
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.http", None)
    assert refused({TRACES_TO[0]: "http://127.0.0.1:4318"}) == [
        f"{TRACES_TO[0]}: needs what traces are made with: pip install 'duebook[otel]'"
    ]


def test_nothing_of_traces_is_loaded_unless_they_are_wanted() -> None:
    """Given no collector, when a server is loaded, then nothing of OpenTelemetry is."""
    code = "import sys, duebook.http.app; print(*(one for one in sys.modules if one.startswith('opentelemetry')))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "\n"
