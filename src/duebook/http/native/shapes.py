"""The pieces that commands are made of, read strictly, and what the ledger calls them.

Units: amounts are minor units (int) of the currency named; dates are calendar days, YYYY-MM-DD.
Holds: a field that a shape does not have is refused, not ignored.
Source: docs/reference/api.md, "Commands".
"""

from collections.abc import Iterable
from datetime import date
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from litestar.params import QueryParameter
from msgspec import Meta

from duebook import days
from duebook.http.inputs import BadInput, shown
from duebook.ledger import commands, facts
from duebook.money import MAX_MINOR, MIN_MINOR, UnknownCurrency, exponent

_INT64: Final = {"format": "int64", "maximum": None}
"""In place of a maximum, which would be written as a float, and so as one more than the largest that fits."""

Minor = Annotated[int, Meta(ge=MIN_MINOR, le=MAX_MINOR, extra_json_schema={"extra": _INT64 | {"minimum": None}})]
PositiveMinor = Annotated[
    int, Meta(ge=0, le=MAX_MINOR, description="Minor units, zero or more", extra_json_schema={"extra": _INT64})
]
ExternalId = Annotated[str, Meta(min_length=1, max_length=255, description="The id in the client's own system")]
ExternalIdFilter = Annotated[
    str | None,
    QueryParameter(description="The id in the client's own system", schema_extra={"type": "string", "one_of": None}),
]
Name = Annotated[str, Meta(min_length=1, max_length=255)]
Text = Annotated[str, Meta(max_length=255)]
Currency = Annotated[str, Meta(min_length=3, max_length=3, description="Three capital letters (ISO 4217)")]
Number = Annotated[int, Meta(ge=1, le=32_767, description="Counted from 1")]
Free = Annotated[dict[str, Any], Meta(description="Free JSON, at most 10 KiB and 32 levels deep, given back as it is")]


class Given(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Part of what a client says."""


class Tag(Given, kw_only=True, frozen=True):
    """A label on a party or a document; a key and a value are on it once."""

    key: Name
    value: Name
    key_name: Name | None = None
    value_name: Name | None = None


class Terms(Given, kw_only=True, frozen=True):
    """Due so many days after the document's day, or after the end of that month."""

    net_days: Annotated[int, Meta(ge=0, le=10_000)]
    end_of_month: bool = False

    @property
    def asked(self) -> days.Terms:
        """The same, as the ledger has it."""
        return days.Terms(self.net_days, self.end_of_month)


class Instalment(Given, kw_only=True, frozen=True):
    """One due date of a charge with its share of the amount."""

    due_on: date
    amount_minor: PositiveMinor

    @property
    def asked(self) -> facts.Instalment:
        """The same, as the ledger has it."""
        return facts.Instalment(self.due_on, self.amount_minor)


class PartyName(Given, kw_only=True, frozen=True):
    """A party by its id, or by an external id that makes it, under this name, if it is not there."""

    id: UUID | None = None
    external_id: ExternalId | None = None
    name: Annotated[Name | None, Meta(description="Of a party that is made; its external id without it")] = None

    def asked(self, at: str) -> commands.PartyRef:
        """The same, as the ledger has it. Raises BadInput; `at` is where it stands."""
        if self.id is not None and self.external_id is None and self.name is None:
            return facts.PartyId(self.id)
        if self.external_id is not None and self.id is None:
            return commands.NewParty(self.external_id, self.name or self.external_id)
        raise BadInput(at, shown(self), "is named by id alone, or by external_id with a name")


class DocumentName(Given, kw_only=True, frozen=True):
    """A document by its id, or by the external id that it has on its side and among its kind."""

    id: UUID | None = None
    external_id: ExternalId | None = None

    def asked(self, at: str) -> commands.DocumentRef:
        """The same, as the ledger has it. Raises BadInput; `at` is where it stands."""
        if self.id is not None and self.external_id is None:
            return facts.DocumentId(self.id)
        if self.external_id is not None and self.id is None:
            return self.external_id
        raise BadInput(at, shown(self), "is named by id or by external_id, and not by both")


class NewAllocation(Given, kw_only=True, frozen=True):
    """Part of a payment or credit for one charge, on the day stated or else on the first that fits.

    Between two currencies `amount_minor` is in the charge's and `source_minor` in the payment's or credit's; if one of
    them is left out, it comes from the rates of the day.
    """

    charge: DocumentName
    amount_minor: PositiveMinor | None = None
    source_minor: PositiveMinor | None = None
    effective_on: date | None = None
    instalment: Number | None = None

    def asked(self, at: str) -> commands.NewAllocation:
        """The same, as the ledger has it. Raises BadInput; `at` is where it stands."""
        if self.amount_minor is None and self.source_minor is None:
            raise BadInput(f"{at}.amount_minor", "", "is required without source_minor")
        return commands.NewAllocation(
            charge=self.charge.asked(f"{at}.charge"),
            amount_minor=self.amount_minor,
            source_minor=self.source_minor,
            effective_on=self.effective_on,
            instalment=self.instalment,
        )


Allocations = Annotated[list[NewAllocation], Meta(max_length=1_000)]
Instalments = Annotated[list[Instalment], Meta(max_length=1_000)]
Tags = Annotated[list[Tag], Meta(max_length=100)]


def allocations_of(at: str, given: Iterable[NewAllocation]) -> tuple[commands.NewAllocation, ...]:
    """The allocations, as the ledger has them. Raises BadInput; `at` is where the list stands."""
    return tuple(one.asked(f"{at}[{place}]") for place, one in enumerate(given))


def tags_of(given: Iterable[Tag]) -> tuple[facts.Tag, ...]:
    """The tags as the ledger keeps them: a key and a value once, as they are named last."""
    tags = (facts.Tag(tag.key, tag.value, tag.key_name, tag.value_name) for tag in given)
    return tuple({(tag.key, tag.value): tag for tag in tags}.values())


def currency_of(at: str, code: str) -> str:
    """The code of a currency. Raises BadInput."""
    try:
        exponent(code)
    except UnknownCurrency:
        raise BadInput(at, shown(code), "is the code of a currency (ISO 4217), such as USD") from None
    return code
