"""Say what everything that is pinned is licensed under: `python -m checks.licences BOM`, a CycloneDX bill of materials.

Prints a table, and ends with 1 if something is under a licence that is not named here.
"""

import json
import sys
from pathlib import Path
from typing import Any, Final

PERMITTED: Final = {
    "0BSD",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "ISC",
    "MIT",
    "MIT-0",
    "PSF-2.0",
    "Python-2.0",
    # Changes to their own files are to be published; we change none, and a Python program only imports them.
    "LGPL-3.0-only",
    "MPL-2.0",
}
NAMES: Final = {
    "3-Clause BSD License": "BSD-3-Clause",
    "BSD License": "BSD-3-Clause",
    "License :: OSI Approved :: Apache Software License": "Apache-2.0",
    "License :: OSI Approved :: BSD License": "BSD-3-Clause",
    "License :: OSI Approved :: ISC License (ISCL)": "ISC",
    "License :: OSI Approved :: MIT License": "MIT",
    "License :: OSI Approved :: Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "License :: OSI Approved :: Python Software Foundation License": "PSF-2.0",
}
"""What packages say that do not use the SPDX list's names."""


UNREAD: Final = {"protobuf": "BSD-3-Clause", "rich-click": "MIT"}
"""Packages that name their licence where the bill of materials does not look."""


def licences(component: dict[str, Any]) -> list[str]:
    """The licences that a component names, all of which hold; of a choice, the whole expression."""
    found = [one.get("expression") or _name(one["license"]) for one in component.get("licenses", ())]
    return sorted(set(found)) or [UNREAD.get(component["name"], "none is named")]


def _name(licence: dict[str, Any]) -> str:
    said: str = licence.get("id") or licence["name"]
    return NAMES.get(said, said)


def is_permitted(licence: str) -> bool:
    """Whether each licence of an expression is among those permitted."""
    words = licence.replace("(", " ").replace(")", " ").split()
    return all(word in PERMITTED for word in words if word not in ("AND", "OR"))


def main() -> int:
    """Print the table; returns the exit code."""
    bom = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    rows = [(one["name"], one["version"], licences(one)) for one in bom["components"]]
    print("| package | version | licence |\n| --- | --- | --- |")
    for name, version, found in sorted(rows, key=lambda row: row[0].lower()):
        print(f"| {name} | {version} | {', '.join(found)} |")
    refused = [(name, one) for name, _, found in rows for one in found if not is_permitted(one)]
    for name, one in refused:
        print(f"{name}: {one!r} is not a licence that checks/licences.py permits", file=sys.stderr)
    return 1 if refused else 0


if __name__ == "__main__":
    sys.exit(main())
