"""The demonstration as a stranger meets it: one command, lines to paste, a second start."""

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec

from tests.cli.conftest import Run, read_until

STAND_IN = Path(__file__).with_name("curl.py")
LAST = "Ctrl-C stops it."

Start = Callable[..., "subprocess.Popen[str]"]


def test_a_stranger_s_first_and_second_start(start: Start, home: Path, port: int, run: Run, tmp_path: Path) -> None:
    """Given nothing, when started, then every line it prints works; started again, it has the same key and books."""
    first = start("demo", "--port", str(port), "--data-dir", str(home))
    said = read_until(first, LAST)
    assert said.startswith("Receivable as of 20")
    answers = pasted(said, tmp_path)
    assert len(answers) >= 15
    closer = re.findall(r"^duebook (.*)$", said, re.MULTILINE)
    explained, changed = run(closer[0]), run(f"{closer[1]} --json")
    assert (explained.code, changed.code, len(closer)) == (0, 0, 5)
    assert "INV-90002 part 4" in explained.out
    assert {one["kind"] for one in changed.json["entries"]} >= {
        "return",
        "write_off",
        "recovery",
        "refund",
        "due_change",
    }
    key, books = named(said, "partner_id", "api_key"), named(said, "business_id")
    assert (home / "demo.json").stat().st_mode & 0o777 == 0o600
    first.send_signal(signal.SIGINT)
    out, err = first.communicate(timeout=30)
    assert (first.returncode, out, err) == (0, "", "Stopping.\n")

    [business] = run(f"business list --data-dir {home} --json").json
    report = run(f"aging receivable --business {business['business_id']} --data-dir {home} --format json").json
    assert [business["business_id"]] == books
    *_, last = run(f"versions --business {business['business_id']} --data-dir {home} --json").json
    assert (last["actor"]["operator"], last["actor"]["command"]) == (True, "demo")
    [total] = report["totals"]
    assert f" {total['total'] / 100:,.2f}\n" in said
    [answer] = msgspec.json.decode(answers["what customers owe, without unapplied money"])
    assert answer["total_outstanding_cents"] == sum(total["buckets"])
    assert len(report["rows"]) > 30

    second = start("demo", "--port", str(port), "--data-dir", str(home))
    again = read_until(second, LAST)
    assert (named(again, "partner_id", "api_key"), named(again, "business_id")) == (key, books)
    assert lines_of(again) == lines_of(said)
    second.send_signal(signal.SIGTERM)
    assert second.wait(timeout=30) == 0


def test_books_of_one_s_own_are_left_alone(run: Run, home: Path, port: int) -> None:
    """Given a folder with books in it, when a demonstration is to be made there, then it is refused."""
    run(f"partner create Mine --data-dir {home}")
    ended = run(f"demo --port {port} --data-dir {home}")
    assert (ended.code, ended.err) == (
        1,
        f"duebook: {home} holds books that are not a demonstration: choose another --data-dir\n",
    )


def named(said: str, *names: str) -> list[str]:
    """The values printed behind these names."""
    return [value for name in names for value in re.findall(rf"^{name} +(\S+)$", said, re.MULTILINE)]


def lines_of(said: str) -> list[tuple[str, str]]:
    """The lines to paste, each behind what it asks for."""
    return re.findall(r"^# (.*)\n(.*)$", said, re.MULTILINE)


def pasted(said: str, folder: Path) -> dict[str, str]:
    """What a shell answers to the lines, pasted one after the other, by what each asks for; an error status fails."""
    (folder / ".curlrc").write_text("fail\n", encoding="utf-8")
    if shutil.which("curl") is None:
        (folder / "curl").write_text(f'#!/bin/sh\nexec "{sys.executable}" "{STAND_IN}" "$@"\n', encoding="utf-8")
        (folder / "curl").chmod(0o755)
    environment = os.environ | {"CURL_HOME": str(folder), "PATH": f"{folder}:{os.environ['PATH']}"}
    lines = lines_of(said)
    script = "\n".join(f"{{ {line}; }} > {folder}/{place}" for place, (_, line) in enumerate(lines))
    ended = subprocess.run(
        ["/bin/sh", "-eu", "-c", script], env=environment, capture_output=True, text=True, check=False
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    answers = {what: (folder / str(place)).read_text(encoding="utf-8") for place, (what, _) in enumerate(lines)}
    return {what: answer for what, answer in answers.items() if answer}
