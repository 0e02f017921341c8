"""A business and its books, written and read through our own API."""

from dataclasses import dataclass
from typing import Any

import httpx

from tests.http.world import Platform, new_business

Command = dict[str, Any]


@dataclass(frozen=True)
class Books:
    """A client of the API, and a business of its own."""

    client: httpx.Client
    platform: Platform
    business_id: str

    def ask(self, method: str, path: str, **request: Any) -> httpx.Response:
        """The answer about something of the business."""
        url = f"/api/v1/businesses/{self.business_id}/{path}"
        return self.client.request(method, url, auth=self.platform.basic, **request)

    def get(self, path: str, **query: Any) -> Any:
        """What is found."""
        answer = self.ask("GET", path, params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def do(self, *commands: Command, status: int = 201) -> Any:
        """What became of commands; with status 200, they changed nothing."""
        answer = self.ask("POST", "commands", json={"commands": commands})
        assert answer.status_code == status, answer.text
        return answer.json()

    def id(self, *commands: Command) -> str:
        """The id that the last of these commands made or changed."""
        found: str = self.do(*commands)["results"][-1]["id"]
        return found

    def refused(self, *commands: Command, status: int = 409) -> Any:
        """Why commands are refused, with nothing written."""
        before = self.version()
        answer = self.ask("POST", "commands", json={"commands": commands})
        assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json"), answer.text
        assert self.version() == before
        return answer.json()

    def version(self) -> int:
        """The latest version of the books."""
        found: int = self.get("books")["known_at"]
        return found

    def document(self, external_id: str, **query: Any) -> Any:
        """A document by its external id."""
        (found,) = self.get("documents", external_id=external_id, **query)["documents"]
        return found

    def open(self, external_id: str, as_of: str = "2025-12-31", **query: Any) -> int:
        """What is open of a document on a day."""
        found: int = self.document(external_id, as_of=as_of, **query)["open_minor"]
        return found


def new_books(client: httpx.Client, platform: Platform, **fields: Any) -> Books:
    """A new business in dollars with empty books."""
    return Books(client, platform, new_business(client, platform, **fields))


def charge(external_id: str, amount_minor: int = 10_000, **fields: Any) -> Command:
    """An invoice of 10 January 2025, due on 9 February, of Ann's."""
    asked = {
        "command": "add_charge",
        "side": "receivable",
        "external_id": external_id,
        "party": {"external_id": "ann", "name": "Ann"},
        "issued_on": "2025-01-10",
        "due_on": "2025-02-09",
        "currency": "USD",
        "amount_minor": amount_minor,
    }
    return {name: value for name, value in (asked | fields).items() if value is not None}


def payment(external_id: str, amount_minor: int, *parts: tuple[str, int], **fields: Any) -> Command:
    """A payment of 1 March 2025 for charges named by their external ids, of Ann's."""
    asked = {
        "command": "add_settlement",
        "side": "receivable",
        "kind": "payment",
        "external_id": external_id,
        "party": {"external_id": "ann", "name": "Ann"},
        "settled_on": "2025-03-01",
        "currency": "USD",
        "amount_minor": amount_minor,
        "allocations": [{"charge": {"external_id": name}, "amount_minor": part} for name, part in parts],
    }
    return {name: value for name, value in (asked | fields).items() if value is not None}


def about(command: str, **fields: Any) -> Command:
    """A command about receivables."""
    return {"command": command, "side": "receivable"} | fields


def named(external_id: str) -> dict[str, str]:
    """A document by its external id."""
    return {"external_id": external_id}
