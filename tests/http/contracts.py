"""The published pages as facts, and whether an answer is one that a page promises."""

import json
from pathlib import Path
from typing import Any

import httpx
import jsonschema_rs

_FOLDER = Path(__file__).parent.parent / "contracts"


class Contract:
    """One published page: one operation and its shapes."""

    def __init__(self, name: str) -> None:
        self.document: dict[str, Any] = json.loads((_FOLDER / f"{name}.json").read_text())
        self.path: str
        ((self.path, item),) = self.document["paths"].items()
        self.operation: dict[str, Any] = item["get"]

    def schema(self, status: int) -> dict[str, Any]:
        """The shape that the page gives for a status. Raises KeyError for one that it does not name."""
        answer = self.operation["responses"][str(status)]
        return {**answer["content"]["application/json"]["schema"], "components": self.document["components"]}

    def check(self, answer: httpx.Response) -> None:
        """Raises if the page does not promise this answer, or if the answer says more than the page."""
        assert answer.headers["content-type"] == "application/json"
        body = answer.json()
        jsonschema_rs.validator_for(self.schema(answer.status_code), validate_formats=True).validate(body)
        assert _beyond(body, self.schema(answer.status_code), self.document) == []


def _beyond(body: Any, schema: dict[str, Any], document: dict[str, Any], at: str = "$") -> list[str]:
    """The paths in a body that its shape does not name."""
    if "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    if isinstance(body, list):
        return [one for item in body for one in _beyond(item, schema["items"], document, f"{at}[]")]
    if not isinstance(body, dict) or "properties" not in schema:
        return []
    named = schema["properties"]
    return [f"{at}.{name}" for name in body if name not in named] + [
        one
        for name, value in body.items()
        if name in named
        for one in _beyond(value, named[name], document, f"{at}.{name}")
    ]
