"""`duebook heads`: sign how far all chains have come, with a key that is not in the database; make and show that key.

Source: docs/howto/prove-the-books.md.
"""

import asyncio
import os
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated
from uuid import UUID

from cyclopts import App, Parameter

from duebook.cli.connection import USUAL, Where, head_key_of, opened, serving_url
from duebook.cli.exits import CommandRefused
from duebook.cli.output import print_json, remark
from duebook.ledger.head_keys import HEAD_KEY, key_id, make_key, public_pem
from duebook.ledger.heads import SignedHeads, signed_head, signed_heads
from duebook.tenancy.facts import OPERATOR, BusinessId
from duebook.tenancy.gate import read_tx

heads = App(name="heads", help="Sign how far the books have come, and the keys for it.")


@heads.command
def sign(
    *,
    business: Annotated[UUID | None, Parameter(help="Only this business; else all businesses and partners.")] = None,
    where: Where = USUAL,
) -> None:
    """Print the signed heads of all chains, as JSON: keep it where nobody reaches who can reach the database."""

    async def run(url: str) -> SignedHeads:
        key = head_key_of(where)
        async with opened(url) as database:
            if business:
                async with read_tx(database, OPERATOR, BusinessId(business)) as tx:
                    return await signed_head(tx, key)
            async with database.readers.connection() as connection:
                return await signed_heads(connection, key, database.clock())

    with serving_url(where) as url:
        print_json(asyncio.run(run(url)))


@heads.command
def new_key(file: Path, /) -> None:
    """Make a key to sign heads with, in a new file that only its owner reads.

    Parameters
    ----------
    file
        Where to; a file that is there is never overwritten.
    """
    try:
        key = make_key(file)
    except FileExistsError:
        raise CommandRefused(f"{file} is there already, and heads may have been signed with it: name another") from None
    print(f"key_id  {key_id(key.public_key())}")
    remark(f"Signing begins when {HEAD_KEY} names the file.")


@heads.command(name="public-key")
def show_public_key(*, where: Where = USUAL) -> None:
    """Print the public key that heads are checked with, in PEM."""
    # Only an embedded database has a key of its own, and makes it when it is first asked for.
    with nullcontext() if os.environ.get(HEAD_KEY) else serving_url(where):
        print(public_pem(head_key_of(where).public_key()), end="")
