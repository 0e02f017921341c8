"""A machine to try the files of `deploy/` on: this one's programs, under an empty layer that takes every change.

Needs root, for the layer (overlayfs) and the change of root. Nothing outside the layer is written, and the layer is
memory, so nothing is left. A stage of a container file and what systemd would start run in it as they are written.
"""

import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

PROJECT = Path(__file__).parents[2]
_CONTINUED = "\\\n"
_USUAL = Path("/usr/share/base-passwd")
_LISTED = {"passwd": "passwd.master", "shadow": "passwd.master", "group": "group.master", "gshadow": "group.master"}
_PATH = "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"


@dataclass(frozen=True)
class Machine:
    """An empty layer over this machine; `root` is what it sees as `/`."""

    root: Path

    def run(
        self, command: Sequence[str], *, user: str = "0:0", cwd: str = "/", environment: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run a command to its end, as a user and with an environment of nothing but what is said."""
        return subprocess.run(
            self._entered(command, user, cwd), env=_bare(environment), capture_output=True, text=True, check=False
        )

    def start(self, command: Sequence[str], *, user: str, environment: Mapping[str, str]) -> subprocess.Popen[str]:
        """Run a command beside the test, without any privilege; its output comes by `stdout`."""
        return subprocess.Popen(
            self._entered(command, user, "/"),
            env=_bare(environment),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def path(self, inside: str | Path) -> Path:
        """Where a path inside is seen from outside."""
        return self.root / str(inside).lstrip("/")

    def _entered(self, command: Sequence[str], user: str, cwd: str) -> list[str]:
        script = 'cd "$0" && exec "$@"'
        bound = [] if user == "0:0" else ["setpriv", *_without_privileges(user), "--"]
        return ["chroot", str(self.root), *bound, "/bin/sh", "-c", script, cwd, *command]


def _without_privileges(user: str) -> list[str]:
    uid, _, gid = user.partition(":")
    return ["--reuid", uid, "--regid", gid or uid, "--clear-groups", "--no-new-privs", "--bounding-set", "-all"]


def _bare(environment: Mapping[str, str] | None) -> dict[str, str]:
    """What a step or a service finds in its environment, besides how this machine reaches its package registry."""
    registry = {name: value for name, value in os.environ.items() if name.startswith(("PIP_", "SSL_CERT_"))}
    return {"PATH": _PATH, "HOME": "/root", **registry, **(environment or {})}


@contextmanager
def machine(*accounts: str) -> Iterator[Machine]:
    """An empty layer for the length of the block, with the accounts of every Debian machine and those that are named.

    This interpreter is its `python3`, whoever may reach it here.
    """
    with ExitStack() as stack:
        home = Path(tempfile.mkdtemp(prefix="duebook-machine-"))
        stack.callback(home.rmdir)

        def mount(*arguments: str | Path) -> None:
            subprocess.run(["mount", *map(str, arguments)], check=True)
            stack.callback(subprocess.run, ["umount", "--lazy", "--recursive", str(arguments[-1])], check=True)

        mount("-t", "tmpfs", "-o", "mode=755", "tmpfs", home)
        upper, work, root = home / "upper", home / "work", home / "root"
        for folder in (upper, work, root):
            folder.mkdir()
        mount("-t", "overlay", "-o", f"lowerdir=/,upperdir={upper},workdir={work}", "overlay", root)
        mount("-t", "proc", "proc", root / "proc")
        mount("--rbind", "/dev", root / "dev")
        subprocess.run(["mount", "--make-rslave", root / "dev"], check=True)  # what ends there does not end here
        mount("-t", "tmpfs", "-o", "mode=1777", "tmpfs", root / "tmp")
        if sys.base_prefix != "/usr":
            mount("--bind", "-o", "ro", sys.base_prefix, root / "usr" / "local")
            subprocess.run(["chroot", root, "ldconfig"], check=True)  # its library is found by where it lies now
        for name in ("passwd", "group", "shadow", "gshadow"):
            _forget_accounts(root / "etc" / name, accounts)
        yield Machine(root)


def _forget_accounts(file: Path, kept_too: Sequence[str]) -> None:
    usual = {line.partition(":")[0] for line in (_USUAL / _LISTED[file.name]).read_text().splitlines()} | {*kept_too}
    kept = [line for line in file.read_text().splitlines(keepends=True) if line.partition(":")[0] in usual]
    file.write_text("".join(kept))


@dataclass(frozen=True)
class Image:
    """What a container file leaves: a machine, and how it is started."""

    machine: Machine
    user: str
    environment: dict[str, str]
    command: list[str]
    healthcheck: list[str]


@dataclass
class _Stage:
    machine: Machine
    user: str = "0:0"
    cwd: str = "/"
    environment: dict[str, str] = field(default_factory=dict)
    words: dict[str, list[str]] = field(default_factory=dict)


def instructions(containerfile: Path) -> list[tuple[str, str]]:
    """The instructions of a container file in order: (word, rest)."""
    lines = [line for line in containerfile.read_text().splitlines() if line.strip() and not line.startswith("#")]
    return [
        (word, rest.strip())
        for word, _, rest in (line.partition(" ") for line in "\n".join(lines).replace(_CONTINUED, " ").splitlines())
    ]


def built(containerfile: Path, context: Path, stack: ExitStack) -> Image:
    """Take the steps of every stage, each on a machine of its own. Raises AssertionError with what a step said."""
    stages: dict[str, _Stage] = {}
    stage: _Stage | None = None
    for word, rest in instructions(containerfile):
        if word == "FROM":
            stage = _Stage(stack.enter_context(machine()))
            stages[rest.partition(" AS ")[2]] = stage
            continue
        assert stage is not None
        _take(stage, word, rest, context, stages)
    assert stage is not None
    words = stage.words
    return Image(stage.machine, stage.user, stage.environment, words["ENTRYPOINT"] + words["CMD"], words["HEALTHCHECK"])


def _take(stage: _Stage, word: str, rest: str, context: Path, stages: Mapping[str, _Stage]) -> None:
    match word:
        case "WORKDIR":
            stage.cwd = rest
            stage.machine.path(rest).mkdir(parents=True)
        case "ENV":
            name, _, value = rest.partition("=")
            stage.environment[name] = value.replace("$PATH", _PATH)
        case "USER":
            stage.user = rest
        case "COPY":
            _copy(stage, rest.split(), context, stages)
        case "RUN":
            done = stage.machine.run(
                ["/bin/sh", "-c", rest], user=stage.user, cwd=stage.cwd, environment=stage.environment
            )
            assert done.returncode == 0, f"RUN {rest}\n{done.stdout}{done.stderr}"
        case "ENTRYPOINT" | "CMD" | "HEALTHCHECK":
            stage.words[word] = json.loads(rest[rest.index("[") :])
        case "EXPOSE":
            pass
        case _:
            raise AssertionError(f"the test does not know {word}")


def _copy(stage: _Stage, words: list[str], context: Path, stages: Mapping[str, _Stage]) -> None:
    *froms, target = words
    source = context
    if froms[0].startswith("--from="):
        source = stages[froms.pop(0).removeprefix("--from=")].machine.root
    into = stage.machine.path(Path(stage.cwd, target))
    for one in froms:
        found = source / one.lstrip("/")
        if found.is_dir():
            shutil.copytree(found, into, symlinks=True, dirs_exist_ok=True)
        else:
            into.mkdir(parents=True, exist_ok=True)
            shutil.copy2(found, into)


def context(folder: Path) -> Path:
    """The files of the project that an image may be made of, in a folder of their own, as the last commit has them."""
    ignored = (PROJECT / "deploy" / "Containerfile.dockerignore").read_text().splitlines()
    wanted = [line.removeprefix("!") for line in ignored if line.startswith("!")]
    files = subprocess.run(
        ["git", "ls-files", "--", *wanted], cwd=PROJECT, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    for one in files:
        target = folder / one
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(PROJECT / one, target)
    return folder


def unit(name: str) -> dict[str, list[str]]:
    """The settings of the [Service] section of a unit: a name may stand more than once."""
    found: dict[str, list[str]] = {}
    text = (PROJECT / "deploy" / "systemd" / name).read_text()
    for line in text.partition("[Service]\n")[2].partition("\n[")[0].splitlines():
        if "=" in line and not line.startswith("#"):
            key, _, value = line.partition("=")
            found.setdefault(key, []).append(value)
    return found


def command_of(name: str) -> list[str]:
    """What systemd starts for a unit."""
    return shlex.split(unit(name)["ExecStart"][-1])
