"""A business and its books, written and read through Thredfi's dialect."""

from dataclasses import dataclass
from typing import Any

import httpx

from tests.http.world import Platform, bearer, business_token, new_business

ELSEWHERE = "00000000-0000-7000-8000-000000000000"
"""An id of nothing."""


@dataclass(frozen=True)
class Thredfi:
    """A client of the dialect that holds a business token, and the token's business."""

    client: httpx.Client
    headers: dict[str, str]
    business_id: str

    def ask(self, method: str, path: str, **request: Any) -> httpx.Response:
        """The answer about something of the business."""
        headers = self.headers | request.pop("headers", {})
        address = f"/v1/platform/businesses/{self.business_id}/{path}"
        return self.client.request(method, address, headers=headers, **request)

    def get(self, path: str, **query: Any) -> Any:
        """What is found."""
        answer = self.ask("GET", path, params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def send(self, method: str, path: str, body: Any = None, status: int = 200, **headers: str) -> Any:
        """What comes of a body."""
        answer = self.ask(method, path, json=body, headers=headers)
        assert answer.status_code == status, answer.text
        return answer.json()

    def post(self, path: str, body: Any = None, status: int = 201, **headers: str) -> Any:
        """What is made; with status 200, what was there."""
        return self.send("POST", path, body, status, **headers)

    def refused(self, method: str, path: str, body: Any, status: int = 400, **headers: str) -> Any:
        """Why a request is refused, with nothing written."""
        before = self.version()
        answer = self.ask(method, path, json=body, headers=headers)
        assert answer.status_code == status, answer.text
        assert before == self.version()
        assert answer.json()["request_id"] == answer.headers["x-request-id"]
        return answer.json()

    def version(self) -> int:
        """How many writes there have been, as our own API tells."""
        answer = self.client.get(f"/api/v1/businesses/{self.business_id}/versions", headers=self.headers)
        assert answer.status_code == 200, answer.text
        versions = answer.json()["versions"]
        return len(versions)

    def aging(self, side: str = "ar", **query: Any) -> Any:
        """The report, which a live client is given by itself and every other in an array."""
        found = self.get(f"insights/{side}-aging/", **query)
        (report,) = found if isinstance(found, list) else [found]
        return report


def new_thredfi(client: httpx.Client, platform: Platform, *, wire_profile: str = "published", **fields: Any) -> Thredfi:
    """A new business with empty books."""
    business_id = new_business(client, platform, **fields)
    token = business_token(client, platform, business_id, wire_profile=wire_profile)
    return Thredfi(client, bearer(token), business_id)
