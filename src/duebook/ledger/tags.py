"""Tags as a business defines them: what keys and values are called, and which values are archived.

Holds: a tag that a party or a document is given is defined from that version on; it keeps the first name that it is
given until it is defined with another.
Source: docs/reference/storage.md, "Tags".
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from duebook.db.queries import load
from duebook.ledger.commands import DefineTag
from duebook.ledger.facts import Tag, TagDefinition
from duebook.tenancy.gate import ReadTx, WriteTx

_QUERIES: Final = load("duebook.ledger", "tags.sql")

TagName = tuple[str, str | None]
"""A key and a value of it; the key itself without one."""


async def definitions(tx: ReadTx | WriteTx, names: Iterable[tuple[str, str | None]]) -> dict[TagName, TagDefinition]:
    """What is said of these tags and of their keys, as far as anything is."""
    pairs = sorted({(key, value or "") for key, value in names})
    if not pairs:
        return {}
    keys, values = zip(*pairs, strict=True)
    asked = {"business_id": tx.business.id, "keys": list(keys), "values": list(values)}
    found = await (await tx.connection.execute(_QUERIES.definitions, asked)).fetchall()
    return {(row.key, row.value): _definition(row) for row in found}


async def keys(tx: ReadTx | WriteTx) -> list[TagDefinition]:
    """All keys that are defined."""
    rows = await tx.connection.execute(_QUERIES.keys, {"business_id": tx.business.id})
    return [_definition(row) for row in await rows.fetchall()]


async def values_of(tx: ReadTx | WriteTx, key: str) -> list[TagDefinition]:
    """All values of a key that are defined."""
    rows = await tx.connection.execute(_QUERIES.values_of_key, {"business_id": tx.business.id, "key": key})
    return [_definition(row) for row in await rows.fetchall()]


def as_defined(tags: Iterable[Tag], known: Mapping[TagName, TagDefinition]) -> tuple[Tag, ...]:
    """Tags with the names of their definitions; with their own where nothing is said of them."""
    return tuple(_as_defined(tag, known) for tag in tags)


async def added(tx: WriteTx, used: Sequence[Tag], asked: Sequence[DefineTag]) -> list[TagDefinition]:
    """What a write adds to the definitions: of the tags that it gives to something, and of what it defines."""
    wanted = [one for tag in used for one in (DefineTag(tag.key, None, tag.key_name), _value(tag))]
    names = [(one.key, one.value) for one in (*wanted, *asked)]
    before = await definitions(tx, names)
    after = dict(before)
    for one in wanted:
        known = after.get((one.key, one.value))
        if known is None or known.name is None:
            after[one.key, one.value] = _changed(known, one, tx.version + 1)
    for one in asked:
        after.setdefault((one.key, None), TagDefinition(one.key, None))
        after[one.key, one.value] = _changed(after.get((one.key, one.value)), one, tx.version + 1)
    return [one for name, one in after.items() if one != before.get(name)]


def _value(tag: Tag) -> DefineTag:
    return DefineTag(tag.key, tag.value, tag.value_name)


def _changed(known: TagDefinition | None, asked: DefineTag, version: int) -> TagDefinition:
    known = known or TagDefinition(asked.key, asked.value)
    archived = known.archived_version
    if asked.archived is not None:
        archived = (archived or version) if asked.archived else None
    named = known.name if asked.name is None else asked.name
    return replace(known, name=named, archived_version=archived, archived_at=known.archived_at if archived else None)


def _as_defined(tag: Tag, known: Mapping[TagName, TagDefinition]) -> Tag:
    key, value = known.get((tag.key, None)), known.get((tag.key, tag.value))
    return replace(
        tag,
        key_name=key.name if key else tag.key_name,
        value_name=value.name if value else tag.value_name,
        archived_at=value.archived_at if value else None,
    )


def _definition(row: Any) -> TagDefinition:
    return TagDefinition(row.key, row.value, row.display_name, row.archived_version, row.archived_at)
