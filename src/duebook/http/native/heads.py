"""The signed head of the books: what a platform keeps elsewhere, so that nobody can write them anew.

Source: docs/reference/api.md, "The head of the books"; docs/howto/prove-the-books.md.
"""

from uuid import UUID

from litestar import Response, get
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath

from duebook.http.callers import CallerRequest, signed_in
from duebook.http.native.answers import answered
from duebook.http.native.errors import errors
from duebook.http.native.paths import PATH
from duebook.http.native.refusals import known_parameters
from duebook.http.native.security import ANYONE
from duebook.http.services import TheServices
from duebook.ledger.head_keys import NoHeadKey
from duebook.ledger.heads import SignedHeads, signed_head
from duebook.tenancy.facts import BusinessId
from duebook.tenancy.gate import read_tx


@get(
    f"{PATH}/head",
    operation_id="get_head",
    tags=["Books"],
    summary="How far the books have come, signed",
    description="Keep it elsewhere: `duebook verify --heads` finds books that do not pass through it any more.",
    guards=[signed_in, known_parameters],
    security=ANYONE,
    responses={200: ResponseSpec(SignedHeads, generate_examples=False, description="The head of one business")}
    | errors(),
)
async def get_head(request: CallerRequest, services: TheServices, business_id: FromPath[UUID]) -> Response[bytes]:
    """The number and the hash of the latest version. Raises NoHeadKey."""
    async with read_tx(services.database, request.user, BusinessId(business_id)) as tx:
        if services.head_key is None:
            raise NoHeadKey
        return answered(await signed_head(tx, services.head_key))
