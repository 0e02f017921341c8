"""Clients that nobody wrote: made of an OpenAPI document by openapi-python-client, and loaded."""

import importlib
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from duebook.http.openapi import operations
from tests.http.surface import snake

_CONFIG: Final[dict[str, Any]] = {
    "post_hooks": [],
    "content_type_overrides": {"application/x-ndjson": "text/plain"},
}
"""The code is run, not read: nothing formats it. A file of JSON lines is a text to it."""


class Generated:
    """A client: a package with a module for each operation of the document that it was made of."""

    def __init__(self, package: ModuleType, folder: Path, document: dict[str, Any]) -> None:
        self._package, self._folder = package, folder
        self.closing = ExitStack()
        self.operations = {one.described["operationId"]: one for one in operations(document)}

    def client(self, base_url: str, authorization: str) -> Any:
        """A client that sends this header, and raises at an answer that is not in the document."""
        prefix, _, token = authorization.partition(" ")
        made = self._package.AuthenticatedClient(
            base_url=base_url, token=token, prefix=prefix, raise_on_unexpected_status=True, timeout=30
        )
        return self.closing.enter_context(made)

    def operation(self, operation_id: str) -> ModuleType:
        """The module of an operation."""
        (found,) = self._folder.glob(f"api/*/{snake(operation_id)}.py")
        return importlib.import_module(f"{self._package.__name__}.api.{found.parent.name}.{found.stem}")

    def model(self, name: str) -> Any:
        """A shape of the document, as a class."""
        return getattr(importlib.import_module(f"{self._package.__name__}.models"), name)


@contextmanager
def generated(name: str, document: dict[str, Any], folder: Path) -> Iterator[Generated]:
    """The client that is made of a document, all of it loaded, in a folder that can be imported from meanwhile.

    Raises AssertionError if the generator had anything to say about the document.
    """
    source, config = folder / f"{name}.json", folder / "config.json"
    source.write_text(json.dumps(document))
    config.write_text(json.dumps(_CONFIG))
    arguments = ["--path", source, "--config", config, "--output-path", folder / name, "--meta", "none"]
    done = subprocess.run(
        [sys.executable, "-m", "openapi_python_client", "generate", *map(str, arguments), "--fail-on-warning"],
        capture_output=True,
        text=True,
        check=False,
    )
    said = (done.stdout + done.stderr).replace(f"Generating {folder / name}", "").strip()
    assert done.returncode == 0, said
    assert said == "", said
    sys.path.insert(0, str(folder))
    try:
        made = Generated(importlib.import_module(name), folder / name, document)
        for operation_id in made.operations:
            made.operation(operation_id)
        with made.closing:
            yield made
    finally:
        sys.path.remove(str(folder))
