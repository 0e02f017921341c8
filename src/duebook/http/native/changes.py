"""What changed in an aging report between two versions, and which documents caused it.

Units: minor units of the currency each row and entry names.
Holds: in base and document currency, a party's sums before and the entries between add up to its sums after.
Source: docs/reference/api.md, "What changed"; docs/rule.md, T12.
"""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Response, get
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, QueryParameter
from msgspec import Meta

from duebook.aging.changes import ChangedRow, ChangeEntry, Standing, changes
from duebook.aging.errors import UnknownVersion
from duebook.aging.question import moment_of
from duebook.http.callers import CallerRequest, signed_in
from duebook.http.inputs import BadInput, shown
from duebook.http.native.aging import Bands, Unapplied
from duebook.http.native.answers import answered_at
from duebook.http.native.errors import errors
from duebook.http.native.known import moment
from duebook.http.native.paths import PATH
from duebook.http.native.question import QUESTION, TheQuestion
from duebook.http.native.refusals import known_parameters
from duebook.http.native.report_facts import ReportFacts, asked_of, report_facts
from duebook.http.native.security import ANYONE
from duebook.http.native.shapes import Minor
from duebook.http.services import TheServices
from duebook.ledger.facts import EntryKind, Kind
from duebook.tenancy.facts import BusinessId
from duebook.tenancy.gate import read_tx

Since = Annotated[
    str,
    QueryParameter(
        description="A version, or an instant with its offset: the earlier of the two", schema_extra={"type": "string"}
    ),
]


class StandingData(msgspec.Struct, kw_only=True):
    """What a party's row says."""

    bands_minor: Bands
    unapplied_minor: Unapplied
    total_minor: Minor


class ChangedData(msgspec.Struct, kw_only=True):
    """A party in one currency, before and after; zeros where it had no row."""

    party_id: UUID
    external_id: str | None
    name: str
    currency: str
    before: StandingData
    after: StandingData


class NamedData(msgspec.Struct, kw_only=True):
    """A document, as it was called at the later version."""

    id: UUID
    kind: Kind
    number: str | None


class EntryData(msgspec.Struct, kw_only=True):
    """An entry recorded between the two: a change to an item of `document`, made by `cause`."""

    version: int
    recorded_at: datetime
    operation: str
    party_id: UUID
    document: NamedData
    cause: NamedData
    kind: EntryKind
    effective_on: date
    due_on: date
    band: Annotated[int, Meta(description="The place of the band of the item's days late")]
    unapplied: bool
    currency: str
    amount_minor: Annotated[Minor, Meta(description="Positive raises what is owed")]


class ChangesAnswer(ReportFacts, kw_only=True):
    """What changed from version `since` to version `known_at`."""

    since: int
    rows: Annotated[list[ChangedData], Meta(description="Parties that changed, by name")]
    entries: Annotated[list[EntryData], Meta(description="In the order in which they were recorded")]


@get(
    f"{PATH}/reports/aging/changes",
    operation_id="list_aging_changes",
    tags=["Reports"],
    summary="What changed in the aging report between two versions",
    description=(
        "The parameters of the report at the later version, and the earlier one. A revalued report changes with its "
        "rates too; its entries are in document currency."
    ),
    guards=[signed_in, known_parameters],
    security=ANYONE,
    dependencies=QUESTION,
    responses={200: ResponseSpec(ChangesAnswer, generate_examples=False, description="The changes")} | errors(409),
)
async def list_aging_changes(
    request: CallerRequest, services: TheServices, business_id: FromPath[UUID], question: TheQuestion, since: Since
) -> Response[bytes]:
    """What changed between two versions."""
    begin = moment("since", since)
    async with read_tx(services.database, request.user, BusinessId(business_id)) as tx:
        later = await moment_of(tx, question.as_of, question.known_at)
        try:
            earlier = await moment_of(tx, later.as_of, begin)
        except UnknownVersion as error:
            raise BadInput("since", shown(since), f"is a version from 0 to {error.latest}") from None
        query = replace(question, as_of=later.as_of, known_at=later.known_at)

        async def body() -> ChangesAnswer:
            found = await changes(tx, query, earlier.known_at)
            return ChangesAnswer(
                **await report_facts(tx, query, later, found.after.rates),
                since=earlier.known_at,
                rows=[_row(one) for one in found.rows],
                entries=[_entry(one) for one in found.entries],
            )

        return await answered_at(request, services, tx, later, asked_of(query) | {"since": earlier.known_at}, body)


def _row(row: ChangedRow) -> ChangedData:
    return ChangedData(
        party_id=row.party_id,
        external_id=row.external_id,
        name=row.name,
        currency=row.currency,
        before=_standing(row.before),
        after=_standing(row.after),
    )


def _standing(one: Standing) -> StandingData:
    return StandingData(bands_minor=list(one.bands), unapplied_minor=one.unapplied_minor, total_minor=one.total_minor)


def _entry(entry: ChangeEntry) -> EntryData:
    return msgspec.convert(
        replace(entry, recorded_at=entry.recorded_at.astimezone(UTC)), EntryData, from_attributes=True
    )
