"""What is counted in a soak, minute by minute, and what makes it fail.

Units: seconds where a name says so.
Holds: latency is counted from the moment a request was due, connecting included.
Source: docs/reference/limits.md.
"""

from collections import Counter
from dataclasses import dataclass, field
from statistics import quantiles
from typing import Final

LATENCY_SECONDS: Final = 20.0
"""What limits.md promises for a request that is accepted."""
FAIR: Final = 0.5
"""What part of its fair share every business has accepted in every minute: of all that it asks, if that is less than an
equal part of all that is accepted, else of that part."""


@dataclass
class Minute:
    """What became of the requests that ended in one minute."""

    seconds: float = 0.0
    accepted: Counter[int] = field(default_factory=Counter)
    """By the place of the business."""
    refused: Counter[int] = field(default_factory=Counter)
    """503 with Retry-After."""
    wrong: Counter[str] = field(default_factory=Counter)
    """Whatever must not be."""
    latencies: list[float] = field(default_factory=list)
    """Of what was accepted."""

    def asked(self, business: int) -> int:
        """What one business asked."""
        return self.accepted[business] + self.refused[business]

    def part(self, business: int) -> float:
        """How much of it was accepted."""
        return self.accepted[business] / max(1, self.asked(business))

    def percentile(self, hundredth: int) -> float:
        """So many of a hundred accepted requests took no longer."""
        return quantiles(self.latencies, n=100)[hundredth - 1] if len(self.latencies) > 1 else 0.0

    def failures(self, businesses: int) -> list[str]:
        """What makes the soak fail."""
        found = [f"{many} times {what}" for what, many in self.wrong.items()]
        if self.latencies and max(self.latencies) > LATENCY_SECONDS:
            found.append(f"an accepted request took {max(self.latencies):.1f} s")
        for business in range(businesses):
            fair = min(self.asked(business), self.accepted.total() / businesses)
            if self.accepted[business] < FAIR * fair:
                found.append(
                    f"business {business} had {self.accepted[business]} accepted of a fair share of {fair:.0f}"
                )
        return found

    def __str__(self) -> str:
        """All of it in one line."""
        accepted, refused, wrong = (one.total() for one in (self.accepted, self.refused, self.wrong))
        times = "/".join(f"{1000 * self.percentile(one):,.0f}" for one in (50, 95, 99))
        others = [self.part(place) for place in self.accepted if place]
        return (
            f"accepted {accepted / self.seconds:6.1f}/s  busy {refused / self.seconds:6.1f}/s  other {wrong}  "
            f"p50/p95/p99 {times} ms, longest {max(self.latencies, default=0):.2f} s  "
            f"accepted of the busy business {self.part(0):.0%}, of the others at least {min(others, default=1):.0%}"
        )
