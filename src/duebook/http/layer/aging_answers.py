"""What all aging endpoints share: the effective date, and an answer that is given again as long as it holds (T13).

Source: docs/reference/layer.md, "Aging".
"""

import re
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, time
from typing import Annotated, Any, Final
from uuid import UUID

from litestar import Response
from litestar.params import QueryParameter

from duebook.days import day_of
from duebook.http.answers import AnswerKey, answer
from duebook.http.callers import CallerRequest
from duebook.http.encoded import encoded
from duebook.http.inputs import BadInput
from duebook.http.layer.refusals import BadEffectiveDate
from duebook.http.services import Services
from duebook.http.stamps import stamp
from duebook.tenancy.facts import BusinessId
from duebook.tenancy.gate import ReadTx, read_tx

EffectiveDate = Annotated[
    str | None,
    QueryParameter(
        description="The day to age as of, a date or a time stamp; today where the business is, if none is given",
        schema_extra={"type": "string", "format": "date-time", "one_of": None},
    ),
]

Body = Callable[[date], Awaitable[Any]]
"""Makes the body for a day."""

_OFFSET_WITH_ITS_PLUS_LOST: Final = re.compile(r"(:\d\d(?:\.\d+)?) (\d\d:\d\d)$")


async def aged(
    request: CallerRequest,
    services: Services,
    business_id: UUID,
    question: str,
    effective_date: str | None,
    asked: Callable[[ReadTx], Awaitable[Body]],
    **parameters: str,
) -> Response[bytes]:
    """The answer to a question about a day; `asked` looks up what it is about, which must be there every time.

    Raises BadEffectiveDate, TenancyError, and what `asked` and the body raise.
    """
    given = None if effective_date is None else _effective(effective_date)
    profile = request.user.wire_profile
    async with read_tx(services.database, request.user, BusinessId(business_id)) as tx:
        as_of = tx.business.today(tx.now) if given is None else day_of(given, tx.business.zone)
        body = await asked(tx)

        async def made() -> bytes:
            return encoded(await body(as_of))

        named = tuple(sorted(parameters.items()))
        key = AnswerKey("layer", question, profile, tx.business.id, as_of, tx.version, named)
        return await answer(request, services.answers, key, made)


def midnight(day: date) -> datetime:
    """A day as the time stamp that stands for it."""
    return datetime.combine(day, time(0), UTC)


def _effective(text: str) -> date | datetime:
    """The date or the instant; in a query, a plus that was not written %2B has become a space."""
    try:
        return stamp("effective_date", _OFFSET_WITH_ITS_PLUS_LOST.sub(r"\1+\2", text))
    except BadInput as error:
        raise BadEffectiveDate(error.field, error.value, error.rule) from None
