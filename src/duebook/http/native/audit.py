"""Who changed what, when, and from where: page by page, and as a file.

Units: amounts are minor units, in the currency that the document names.
Holds: an answer is of the versions up to the one it carries; a file is read part after part and never held as a whole.
Source: docs/reference/api.md, "Audit".
"""

from datetime import datetime
from typing import Annotated, Final, NamedTuple
from uuid import UUID

import msgspec
from litestar import Response, get
from litestar.di import NamedDependency, Provide
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, QueryParameter, SkipValidation
from msgspec import Meta

from duebook.aging.errors import UnknownVersion
from duebook.aging.question import Moment, moment_before, moment_of
from duebook.exports.audit import Format, chunks
from duebook.http.callers import CallerRequest, signed_in
from duebook.http.inputs import BadInput, shown
from duebook.http.native.answers import answered_at
from duebook.http.native.errors import errors
from duebook.http.native.known import KnownAtText, known_at_of, moment
from duebook.http.native.paging import Cursor, Limit, bad_cursor, number
from duebook.http.native.paths import PATH
from duebook.http.native.refusals import known_parameters
from duebook.http.native.security import ANYONE
from duebook.http.services import Services, TheServices
from duebook.ledger.audit import Audited, Place, audited, page, pages
from duebook.ledger.audit_records import Record
from duebook.ledger.facts import DocumentId, PartyId
from duebook.ledger.heads import signed_head
from duebook.tenancy.facts import BusinessId
from duebook.tenancy.gate import ReadTx, read_tx

SinceText = Annotated[
    str | None,
    QueryParameter(
        description="Later than this version, or than this instant with its offset; all, if none is given",
        schema_extra={"type": "string", "one_of": None},
    ),
]


class AuditPage(msgspec.Struct, kw_only=True):
    """One page of changes, told by the write that made them."""

    since: int
    known_at: int
    records: Annotated[list[Record], Meta(description="By version; one that does not fit goes on on the next page")]
    next_cursor: str | None


class Question(NamedTuple):
    """Which changes are asked about."""

    since: int | datetime
    known_at: int | datetime | None
    party_id: UUID | None
    document_id: UUID | None

    async def of(self, tx: ReadTx) -> tuple[Moment, Audited]:
        """The same in these books, and up to when. Raises BadInput, UnknownVersion, NotLater."""
        later = await moment_of(tx, None, self.known_at)
        try:
            earlier = await moment_before(tx, later, self.since)
        except UnknownVersion as error:
            raise BadInput("since", shown(self.since), f"is a version from 0 to {error.latest}") from None
        whose = None if self.party_id is None else [PartyId(self.party_id)]
        which = None if self.document_id is None else [DocumentId(self.document_id)]
        return later, await audited(tx, earlier.known_at, later.known_at, whose, which)


async def _question(
    since: SinceText = None,
    known_at: KnownAtText = None,
    party_id: Annotated[
        UUID | None, QueryParameter(description="Of this party, and of the documents that are or were its")
    ] = None,
    document_id: Annotated[
        UUID | None,
        QueryParameter(description="Of this document, its allocations, and the documents that are aimed at it"),
    ] = None,
) -> Question:
    begin = 0 if since is None else moment("since", since)
    return Question(begin, known_at_of(known_at), party_id, document_id)


_QUESTION: Final = {"question": Provide(_question)}
TheQuestion = NamedDependency[Annotated[Question, SkipValidation]]


@get(
    f"{PATH}/audit",
    operation_id="list_audit",
    tags=["Audit"],
    summary="Who changed what, when, and from where",
    description="In the order in which it was recorded. A page holds up to `limit` changes.",
    guards=[signed_in, known_parameters],
    security=ANYONE,
    dependencies=_QUESTION,
    responses={200: ResponseSpec(AuditPage, generate_examples=False, description="One page")} | errors(),
)
async def list_audit(
    request: CallerRequest,
    services: TheServices,
    business_id: FromPath[UUID],
    question: TheQuestion,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Response[bytes]:
    """A page of the audit."""
    after = None if cursor is None else _place(cursor)
    async with read_tx(services.database, request.user, BusinessId(business_id)) as tx:
        later, which = await question.of(tx)
        if cursor and after and after.version <= which.since:
            raise bad_cursor(cursor)

        async def body() -> AuditPage:
            records, last = await page(tx, which, after, limit)
            return AuditPage(
                since=which.since,
                known_at=which.known_at,
                records=records,
                next_cursor=_written(last) if last else None,
            )

        asked = {"which": (which.since, question.party_id, question.document_id), "after": after, "limit": limit}
        return await answered_at(request, services, tx, later, asked, body)


def _export(form: Format, operation_id: str, summary: str, description: str) -> HTTPRouteHandler:
    file = ResponseSpec(str, generate_examples=False, description="The file", media_type=form.media_type)

    @get(
        f"{PATH}/audit.{form}",
        operation_id=operation_id,
        tags=["Audit"],
        summary=summary,
        description=description,
        guards=[signed_in, known_parameters],
        security=ANYONE,
        dependencies=_QUESTION,
        responses={200: file} | errors(),
    )
    async def export(
        request: CallerRequest, services: TheServices, business_id: FromPath[UUID], question: TheQuestion
    ) -> Response[bytes]:
        return await _file(request, services, BusinessId(business_id), question, form)

    return export


export_audit: Final = _export(
    Format.NDJSON,
    "export_audit",
    "The audit as a file of JSON lines",
    "A line for each record, and a last one with the signed head of the books.",
)
export_audit_csv: Final = _export(
    Format.CSV, "export_audit_csv", "The audit as a CSV file", "A line for each field of each change."
)


async def _file(
    request: CallerRequest, services: Services, business_id: BusinessId, question: Question, form: Format
) -> Response[bytes]:
    async with read_tx(services.database, request.user, business_id) as tx:
        _, which = await question.of(tx)
        head = await signed_head(tx, services.head_key) if services.head_key else None
    name = f"audit-{business_id}-{which.known_at}.{form}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private, no-store"}
    if head:
        headers["Duebook-Head"] = head.jws
    records = pages(services.database, request.user, business_id, which)
    request.scope["state"]["parts"] = chunks(records, form, head)  # sent after this answer's beginning
    return Response(b"", media_type=form.media_type, headers=headers)


def _written(place: Place) -> str:
    """A place as a cursor: the version, the kind of thing, and its id or its sequence."""
    return f"{place.version}.{place.kind}.{place.id or place.sequence}"


def _place(cursor: str) -> Place:
    """The place that a cursor names. Raises BadInput."""
    version, kind, which = [*cursor.split("."), "", "", ""][:3]
    try:
        named = msgspec.convert(which, UUID) if "-" in which else None
        place = Place(number(version), number(kind), named, 0 if named else number(which))
    except (ValueError, msgspec.ValidationError):
        raise bad_cursor(cursor) from None
    if not place.is_one:
        raise bad_cursor(cursor)
    return place
