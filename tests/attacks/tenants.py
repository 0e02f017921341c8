"""Businesses whose books must not be seen or changed by others: all that is theirs can be told from all else.

Whatever text is in a victim's books holds a mark, whatever amount is in them is of digits that no one else's has, and
all of its ids are known.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import uuid4

import httpx
import psycopg
from psycopg import sql

from duebook.db.embedded import Urls
from duebook.http.openapi import Operation
from tests.attacks.dialects import DOCUMENTS, OPERATIONS
from tests.http.plausible import Plausible
from tests.http.surface import Surface, new_surface
from tests.http.world import Platform, bearer, partner_token

TIMES: Final = 7_919
"""What a victim's amounts are multiples of."""

_DIGITS: Final = re.compile(
    "|".join(f"{amount * TIMES}|{amount * TIMES / 100:.2f}" for amount in (9_000, 3_000, 1_000))
)
_UUID: Final = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
_CREATING: Final = re.compile(r".*/(customers|vendors|invoices|bills|payments|bill-payments|\w+-credits|refunds)/?")


@dataclass
class Tenant:
    """A business, and what tells that something is its own."""

    surface: Surface
    mark: str
    header: Mapping[str, str]
    ids: set[str] = field(default_factory=set)
    decoys: dict[str, str] = field(default_factory=dict)

    @property
    def business(self) -> str:
        """Its id."""
        return self.surface.known["business"]

    def external_ids(self, kind: str, *, payable: bool) -> list[str]:
        """What its own client calls things of a kind; some of several kinds, if there are none of this."""
        whose, charge = ("bo", "bill-1") if payable else ("ann", "invoice-1")
        named = {"customer": "ann", "party": "ann", "vendor": "bo", "invoice": "invoice-1", "charge": "invoice-1"}
        named |= {"bill": "bill-1", "payment": "payment-1", "credit": "credit-1", "document": "invoice-1"}
        return [f"{self.mark}{one}" for one in ([named[kind]] if kind in named else [whose, charge, "payment-1"])]

    def own_ids(self, kind: str, *, payable: bool) -> list[str]:
        """Its ids of things of a kind; of several kinds, if there are none of this."""
        kinds = [kind, "invoice", "customer", "payment", "allocation", "write_off", "refund"]
        found = [self.surface.id(one, payable=payable) for one in kinds]
        return found[:1] if found[0] in self.surface.known.values() else found[1:]

    def key(self, operation: Operation) -> str:
        """The idempotency key with which it has asked for something."""
        return f"{self.mark}-{operation.described['operationId']}"

    def decoy(self, value: str) -> str:
        """What is never there, in place of something of its own; the same each time."""
        new = str(uuid4()) if _UUID.fullmatch(value) else value.replace(self.mark, f"d{uuid4().hex[:9]}")
        return self.decoys.setdefault(value, new)

    def seen_in(self, text: str, sent: Iterable[str]) -> list[str]:
        """What of its own is in an answer, but for what the request held, and what its client calls things."""
        known = {*sent, *self.external_ids("", payable=True), *self.external_ids("", payable=False)}
        for one in sorted(known, key=len, reverse=True):
            text = text.replace(one, "")
        found = [one for one in (self.mark,) if one in text]
        return found + [one for one in _UUID.findall(text) if one in self.ids] + _DIGITS.findall(text)


def new_tenant(client: httpx.Client, platform: Platform, urls: Urls) -> Tenant:
    """A victim with one of everything, and with its mark in every text that any dialect takes and in its keys."""
    mark = f"m{uuid4().hex[:9]}"
    tenant = Tenant(new_surface(client, platform, mark, TIMES), mark, bearer(partner_token(client, platform)))
    made = 0
    for dialect in ("layer", "thredfi"):
        plausible = Plausible(DOCUMENTS[dialect], tenant.surface)
        for one in OPERATIONS[dialect]:
            if one.method == "post" and _CREATING.fullmatch(one.path):
                path = one.path.format(**tenant.surface.ids(one))
                body = marked(DOCUMENTS[dialect], one, plausible, mark)
                headers = {**tenant.header, "Idempotency-Key": tenant.key(one)}
                made += client.post(path, headers=headers, json=body).status_code == 201
    assert made >= 15, made
    with psycopg.connect(urls.superuser) as connection:
        tenant.ids = {tenant.business, *tenant.surface.known.values()}
        for table, column in (("party", "id"), ("document", "id"), ("allocation", "id")):
            query = sql.SQL("SELECT {}::text FROM {} WHERE business_id = %s").format(
                *map(sql.Identifier, (column, table))
            )
            tenant.ids |= {found for (found,) in connection.execute(query, [tenant.business])}
    return tenant


def marked(document: dict[str, Any], operation: Operation, plausible: Plausible, mark: str) -> Any:
    """A plausible body in which every free text there may be is there, with a mark."""
    shapes = document["components"]["schemas"]
    schema = operation.described["requestBody"]["content"]["application/json"]["schema"]
    return _marked(shapes, schema, plausible.body(operation), mark, "")


_FREE: Final = {"format", "enum", "pattern", "const"}
_NOT_FREE: Final = re.compile(r".*(_id|_at|_on|date|currency|method|processor|status|type|country|email|terms|reason)")


def _marked(shapes: dict[str, Any], schema: dict[str, Any], value: Any, mark: str, name: str) -> Any:
    while "$ref" in schema:
        schema = shapes[schema["$ref"].rpartition("/")[2]]
    match value:
        case dict():
            fields = schema.get("properties", {})
            added = {one: f"{mark} said" for one, shape in fields.items() if one not in value and _is_free(shape, one)}
            inside = {one: _marked(shapes, fields.get(one, {}), inner, mark, one) for one, inner in value.items()}
            return inside | added
        case [first, *_]:
            return [_marked(shapes, schema.get("items", {}), first, mark, name)]
        case str() if _UUID.fullmatch(value) and "format" not in schema:
            return f"{mark}{value}" if name.endswith("external_id") else f"{mark} said"
    return value


def _is_free(shape: dict[str, Any], name: str) -> bool:
    text = "string" in (shape.get("type"), *(shape["type"] if isinstance(shape.get("type"), list) else ()))
    return text and not _FREE & shape.keys() and not _NOT_FREE.fullmatch(name)


def books_of(urls: Urls, business: str) -> dict[str, str]:
    """A digest of every row that a business has, by table."""
    with psycopg.connect(urls.superuser) as connection:
        tables = connection.execute(
            "SELECT table_name FROM information_schema.columns"
            " WHERE table_schema = 'public' AND column_name = 'business_id' ORDER BY table_name"
        ).fetchall()
        found = {}
        for (table,) in tables:
            query = sql.SQL("SELECT md5(string_agg(t::text, '|' ORDER BY t::text)) FROM {} AS t WHERE business_id = %s")
            found[table] = str(connection.execute(query.format(sql.Identifier(table)), [business]).fetchone())
    return found
