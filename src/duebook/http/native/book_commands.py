"""Commands about the books as a whole: rates, where they begin, how far they are closed."""

import re
from datetime import date
from decimal import Decimal
from typing import Annotated, Final

from msgspec import Meta

from duebook.http.inputs import BadInput, shown
from duebook.http.native.command_base import Asked
from duebook.http.native.shapes import Currency, Given, currency_of
from duebook.ledger import commands, facts
from duebook.ledger.facts import Late

_DECIMAL: Final = re.compile(r"[0-9]{1,15}(\.[0-9]{1,15})?")

RateText = Annotated[
    str,
    Meta(
        max_length=31,
        description="Base currency for one unit, as a plain decimal such as 1.0845",
        extra_json_schema={"extra": {"pattern": f"^{_DECIMAL.pattern}$"}},
    ),
]


class NewRate(Given, kw_only=True, frozen=True):
    """What one unit of a currency is worth in base currency, from a day until the next quote."""

    currency: Currency
    quoted_on: date
    rate: RateText

    def asked(self, at: str) -> facts.Rate:
        """The same, as the ledger has it. Raises BadInput; `at` is where it stands."""
        if not _DECIMAL.fullmatch(self.rate):
            rule = "is a decimal number as text, such as 1.0845, with at most 15 digits on either side of the point"
            raise BadInput(f"{at}.rate", shown(self.rate), rule)
        return facts.Rate(currency_of(f"{at}.currency", self.currency), self.quoted_on, Decimal(self.rate))


class PutRates(Asked, kw_only=True, frozen=True):
    """Add rates, or correct those quoted for the same currency and day; what is booked already stays as it is."""

    rates: Annotated[list[NewRate], Meta(min_length=1, max_length=10_000)]

    def asked(self, at: str) -> commands.PutRates:
        """What the ledger is asked for."""
        return commands.PutRates(tuple(one.asked(f"{at}.rates[{place}]") for place, one in enumerate(self.rates)))


class StartBooks(Asked, kw_only=True, frozen=True):
    """Say from which day on the books are kept: opening items count from it."""

    on: date

    def asked(self, at: str) -> commands.StartBooks:  # noqa: ARG002 - nothing in it can be wrong by itself
        """What the ledger is asked for."""
        return commands.StartBooks(self.on)


class CloseBooks(Asked, kw_only=True, frozen=True):
    """Close the books through a day, from the next write on; an earlier day than before, or null, opens them again."""

    through_on: date | None
    late: Annotated[Late, Meta(description="What becomes of a change in a closed period")] = Late.REFUSE

    def asked(self, at: str) -> commands.CloseBooks:  # noqa: ARG002 - nothing in it can be wrong by itself
        """What the ledger is asked for."""
        return commands.CloseBooks(self.through_on, self.late)
