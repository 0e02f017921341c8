"""Insert many rows as the tenant whose transaction it is.

COPY is refused under row-level security, so many rows are copied to a temporary table and inserted from there; few
rows are inserted one by one in a pipeline, which is quicker than making that table.
"""

from collections.abc import Iterable, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import Any, Final

from psycopg import sql

from duebook.db.pool import Connection

Columns = tuple[str, ...]

FEW: Final = 200


def together(connection: Connection, batches: Iterable[Sequence[Any]]) -> AbstractAsyncContextManager[Any]:
    """Send what follows in one go, unless one of the batches is so large that it will be copied."""
    return nullcontext() if any(len(batch) > FEW for batch in batches) else connection.pipeline()


async def insert(
    connection: Connection, table: str, columns: Columns, key: tuple[Any, ...], rows: Sequence[tuple[Any, ...]]
) -> None:
    """Insert rows into a table; `key` holds the values of the first columns, the same for all rows."""
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    target = sql.Identifier(table)
    if len(rows) <= FEW:
        statement = sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(
            target, names, sql.SQL(", ").join([sql.Placeholder()] * len(columns))
        )
        for row in rows:
            await connection.execute(statement, (*key, *row))
        return
    stage = sql.Identifier(f"stage_{table}")
    await connection.execute(
        sql.SQL("CREATE TEMPORARY TABLE {} ON COMMIT DROP AS SELECT {} FROM {} WITH NO DATA").format(
            stage, names, target
        )
    )
    async with (
        connection.cursor() as cursor,
        cursor.copy(sql.SQL("COPY {} ({}) FROM STDIN").format(stage, names)) as copy,
    ):
        for row in rows:
            await copy.write_row((*key, *row))
    await connection.execute(sql.SQL("INSERT INTO {} ({}) SELECT {} FROM {}").format(target, names, names, stage))
