"""What an aging question is refused for, one class per sentence; the values ride along.

AgingError
|-- UnknownVersion
|-- NotClosed
|-- NotLater
|-- NoRateInForce
`-- NoSuchBand

Edges of bands have their own error, BadBands, beside Bands.
"""

from collections.abc import Iterable
from datetime import date


class AgingError(ValueError):
    """A question that has no answer. `field` names the part of the question that it is about."""

    field: str = ""


class UnknownVersion(AgingError):
    """A report is as known at a version from 0 to the latest."""

    field = "known_at"

    def __init__(self, known_at: int, latest: int) -> None:
        self.known_at, self.latest = known_at, latest
        super().__init__(f"version {known_at} is not between 0 and {latest}")


class NotClosed(AgingError):
    """A report as known when its day was closed needs books that are closed through that day (T16)."""

    field = "known_at"

    def __init__(self, as_of: date, closed_through: date | None) -> None:
        self.as_of, self.closed_through = as_of, closed_through
        how_far = f"they are closed through {closed_through}" if closed_through else "nothing is closed"
        super().__init__(f"the books are not closed through {as_of}: {how_far}")


class NotLater(AgingError):
    """What changed is asked from one version to the same or a later one."""

    field = "since"

    def __init__(self, since: int, known_at: int) -> None:
        self.since, self.known_at = since, known_at
        super().__init__(f"version {since} is later than version {known_at}")


class NoRateInForce(AgingError):
    """What is open in a currency is revalued at the rate in force on a day, so there has to be one (T11)."""

    field = "revalued_on"

    def __init__(self, currencies: Iterable[str], revalued_on: date) -> None:
        self.currencies, self.revalued_on = tuple(currencies), revalued_on
        super().__init__(f"no rate is in force on {revalued_on} for {', '.join(self.currencies)}")


class NoSuchBand(AgingError):
    """The bands of a report are counted from 0."""

    field = "band"

    def __init__(self, band: int, count: int) -> None:
        self.band, self.count = band, count
        super().__init__(f"there is no band {band}, but 0 to {count - 1}")
