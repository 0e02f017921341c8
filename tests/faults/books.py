"""Businesses that clients write to, and what the server says of them."""

import time
from dataclasses import dataclass
from typing import Any

import httpx

from tests.http.world import Platform, bearer, new_business, partner_token


@dataclass(frozen=True)
class Books:
    """A business, where it is served, and a token for it."""

    url: str
    business_id: str
    token: dict[str, str]

    def get(self, path: str, **query: Any) -> Any:
        """What the server answers, to one who comes again when told to."""
        answer = httpx.get(f"{self.url}{path}", headers=self.token, params=query, timeout=40)
        if answer.status_code == 503:
            time.sleep(int(answer.headers["retry-after"]))
            return self.get(path, **query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def open(self) -> dict[str, int]:
        """What each customer owes, by the aging report of our own API."""
        report = self.get(f"/api/v1/businesses/{self.business_id}/reports/aging", side="receivable", credits="net")
        return {row["external_id"]: row["total_minor"] for row in report["rows"]}

    def open_in_all(self) -> int:
        """What is owed in all, by the aging report in Thredfi's dialect."""
        (report,) = self.get(f"/v1/platform/businesses/{self.business_id}/insights/ar-aging/")
        owed: int = report["total_outstanding_cents"]
        return owed


def new_books(url: str, platform: Platform, many: int) -> list[Books]:
    """So many businesses with empty books."""
    with httpx.Client(base_url=url, timeout=40) as client:
        token = bearer(partner_token(client, platform))
        return [Books(url, new_business(client, platform), token) for _ in range(many)]
