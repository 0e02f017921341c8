"""Tag dimensions and their values in Layer's dialect, and what objects show of their tags."""

from typing import Any, Final
from uuid import UUID, uuid4, uuid5

import httpx
import pytest

from duebook.db.pool import connected
from duebook.ledger.verify import verify
from duebook.tenancy.facts import OPERATOR, BusinessId
from duebook.tenancy.gate import read_tx
from tests.http.layer_world import Layer, invoice, new_layer
from tests.http.world import Platform, apart

DIMENSIONS: Final = "tags/dimensions"


@pytest.fixture
def books(client: httpx.Client, platform: Platform) -> Layer:
    """Empty books."""
    return new_layer(client, platform)


def region(books: Layer) -> str:
    """The path of the values of a dimension."""
    made = books.post(DIMENSIONS, {"key": "region", "display_name": "Region"})
    return f"{DIMENSIONS}/{made['id']}/values"


def shown(books: Layer, made: dict[str, Any]) -> list[tuple[str, str | None, str, str | None]]:
    """What an object shows of its tags by itself: keys, values and what they are called."""
    names = ("key", "dimension_display_name", "value", "value_display_name")
    return [tuple(tag[name] for name in names) for tag in made["transaction_tags"]]


def version(books: Layer) -> int:
    """The version of the books."""
    url = f"/api/v1/businesses/{books.business_id}/reports/aging"
    known: int = books.client.get(url, headers=books.headers, params={"side": "receivable"}).json()["known_at"]
    return known


def test_a_dimension_is_defined_and_found(books: Layer) -> None:
    """Given a key, when defined, then it is found by its id and in the list, with an id that is always the same."""
    made = books.post(DIMENSIONS, {"key": "region", "display_name": "Region"})
    assert made == {
        "type": "Tag_Dimension",
        "id": str(uuid5(UUID(books.business_id), "dimension\0region")),
        "key": "region",
        "display_name": "Region",
    }
    other = books.post(DIMENSIONS, {"key": "Area"})
    assert other["display_name"] is None
    assert books.get(f"{DIMENSIONS}/{made['id']}")["data"] == made
    assert books.get(DIMENSIONS)["data"] == [other, made]


def test_a_value_is_defined_archived_and_listed(books: Layer) -> None:
    """Given a dimension, when values are defined and one is archived, then lists leave it out unless asked for it."""
    values = region(books)
    north = books.post(values, {"label": "north"})
    assert north == {
        "type": "Tag_Value_Definition",
        "id": str(uuid5(UUID(books.business_id), "definition\0region\0north")),
        "dimension_id": values.split("/")[2],
        "key": "region",
        "value": "north",
        "display_name": "north",
        "archived_at": None,
    }
    old = books.post(values, {"label": "old", "display_name": "Old land", "is_archived": True})
    assert (old["display_name"], old["archived_at"] is not None) == ("Old land", True)
    assert books.get(values)["data"] == [north]
    assert books.get(values, include_archived=True)["data"] == [north, old]
    archived = books.post(f"{values}/{north['id']}/archive", None, status=200)
    assert archived["archived_at"] is not None
    assert books.post(f"{values}/{north['id']}/archive", None, status=200) == archived
    assert books.post(f"{values}/{north['id']}/unarchive", None, status=200) == north


def test_a_definition_is_repeated_and_changed(books: Layer) -> None:
    """Given definitions, when sent again, then 200 and no version; with other content they are changed in place."""
    values = region(books)
    north = books.post(values, {"label": "north", "display_name": "North"})
    before = version(books)
    assert books.post(DIMENSIONS, {"key": "region"}, status=200)["display_name"] == "Region"
    assert books.post(values, {"label": "north"}, status=200) == north
    assert version(books) == before
    assert books.post(DIMENSIONS, {"key": "region", "display_name": "Where"}, status=200)["display_name"] == "Where"
    changed = books.post(values, {"label": "north", "display_name": "Up", "is_archived": True}, status=200)
    assert (changed["id"], changed["display_name"]) == (north["id"], "Up")
    assert books.post(values, {"label": "north", "display_name": "Top"}, status=200) == changed | {
        "display_name": "Top"
    }
    assert version(books) == before + 3


def test_a_tag_that_is_used_defines_itself(books: Layer) -> None:
    """Given no definitions, when an object is tagged, then its tags are defined, with the ids that it shows."""
    tags = [{"key": "team", "value": "red", "value_display_name": "The reds"}, {"key": "team", "value": "blue"}]
    made = books.post("invoices", invoice("1", tags=tags))
    (dimension,) = books.get(DIMENSIONS)["data"]
    values = books.get(f"{DIMENSIONS}/{dimension['id']}/values")["data"]
    assert [(one["value"], one["display_name"]) for one in values] == [("blue", None), ("red", "The reds")]
    assert {(tag["dimension_id"], tag["definition_id"]) for tag in made["transaction_tags"]} == {
        (dimension["id"], one["id"]) for one in values
    }
    again = books.post("invoices", invoice("2", tags=[{"key": "team", "value": "red", "value_display_name": "Other"}]))
    assert shown(books, again) == [("team", None, "red", "The reds")]
    books.post("customers", {"company_name": "Ann", "tags": [{"key": "size", "value": "big"}]})
    assert [one["key"] for one in books.get(DIMENSIONS)["data"]] == ["size", "team"]


def test_objects_show_what_their_tags_are_called_now(books: Layer) -> None:
    """Given tagged objects, when their tags are named and archived, then each shows it, and its entity tag changes."""
    tags = [{"key": "region", "value": "north"}]
    customer = books.post("customers", {"external_id": "ann", "company_name": "Ann", "tags": tags})
    made = books.post("invoices", invoice("1", customer_external_id="ann", tags=tags))
    detail = f"invoices/ar-aging/customer/{customer['id']}"
    before = books.ask("GET", detail)
    assert shown(books, before.json()["customer"]) == [("region", None, "north", None)]
    values = region_of(books)
    named = books.post(values, {"label": "north", "display_name": "North", "is_archived": True}, status=200)
    books.post(DIMENSIONS, {"key": "region", "display_name": "Region"}, status=200)
    after = books.ask("GET", detail)
    assert after.headers["etag"] != before.headers["etag"]
    (tag,) = after.json()["customer"]["transaction_tags"]
    assert tag == {
        "id": tag["id"],
        "key": "region",
        "dimension_display_name": "Region",
        "value": "north",
        "value_display_name": "North",
        "dimension_id": values.split("/")[2],
        "definition_id": named["id"],
        "archived_at": named["archived_at"],
    }
    for path in (f"customers/{customer['id']}", f"invoices/{made['id']}"):
        assert books.get(path)["data"]["transaction_tags"] == [tag]
    assert books.get("invoices")["data"][0]["transaction_tags"] == [tag]


def region_of(books: Layer) -> str:
    """The path of the values of the only dimension."""
    (dimension,) = books.get(DIMENSIONS)["data"]
    return f"{DIMENSIONS}/{dimension['id']}/values"


def test_sending_a_document_again_is_no_change_after_its_tags_were_named(books: Layer) -> None:
    """Given an invoice whose tag was named since, when it is sent again, then 200 and nothing is written."""
    asked = invoice("1", tags=[{"key": "region", "value": "north"}])
    books.post("invoices", asked)
    books.post(region_of(books), {"label": "north", "display_name": "North"}, status=200)
    before = version(books)
    books.post("invoices", asked, status=200)
    assert version(books) == before


def test_reports_are_filtered_by_a_value_that_nothing_carries_yet(books: Layer) -> None:
    """Given a value that is defined and not used, when a report is filtered by it, then it is empty; else refused."""
    books.post("invoices", invoice("1"))
    books.post(region(books), {"label": "north"})
    report = books.get("reports/unified/ar-aging", tag_filter="region:north")["data"]
    assert [row["row_key"] for row in report["rows"]] == ["total"]
    assert books.ask("GET", "reports/unified/ar-aging", params={"tag_filter": "region:south"}).status_code == 400


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "key"),
        ({"key": ""}, "key"),
        ({"key": "x" * 256}, "key"),
        ({"key": 1}, "key"),
        ({"key": "a", "display_name": ""}, "display_name"),
    ],
)
def test_a_bad_dimension_is_refused(books: Layer, body: dict[str, Any], field: str) -> None:
    """Given a dimension that breaks a rule, when it is sent, then 400 that names the field, and nothing is written."""
    assert books.refused(DIMENSIONS, body)["meta"]["field"] == field
    assert books.get(DIMENSIONS)["data"] == []


@pytest.mark.parametrize(
    ("body", "field"),
    [({}, "label"), ({"label": ""}, "label"), ({"label": "a", "is_archived": "yes"}, "is_archived")],
)
def test_a_bad_value_is_refused(books: Layer, body: dict[str, Any], field: str) -> None:
    """Given a value that breaks a rule, when it is sent, then 400 that names the field, and nothing is written."""
    values = region(books)
    assert books.refused(values, body)["meta"]["field"] == field
    assert books.get(values, include_archived=True)["data"] == []


def test_what_is_not_there_answers_always_the_same(
    client: httpx.Client, books: Layer, platform: Platform, other_platform: Platform
) -> None:
    """Given a dimension or a value that is unknown or another business's, when asked for, then one and the same 404."""
    values = region(books)
    north = books.post(values, {"label": "north"})
    other, foreign = new_layer(client, platform), new_layer(client, other_platform)
    theirs = Layer(client, foreign.headers, books.business_id)
    dimension = values.removesuffix("/values")
    answers = [
        books.ask("GET", f"{DIMENSIONS}/{uuid4()}"),
        books.ask("GET", f"{DIMENSIONS}/{north['id']}"),
        books.ask("GET", f"{DIMENSIONS}/no-id"),
        books.ask("POST", f"{DIMENSIONS}/{uuid4()}/values", json={"label": "x"}),
        books.ask("POST", f"{values}/{uuid4()}/archive"),
        other.ask("GET", dimension),
        other.ask("GET", values),
        other.ask("POST", values, json={"label": "x"}),
        foreign.ask("POST", f"{values}/{north['id']}/archive"),
        theirs.ask("GET", DIMENSIONS),
        theirs.ask("GET", dimension),
        theirs.ask("POST", DIMENSIONS, json={"key": "x"}),
        theirs.ask("POST", f"{values}/{north['id']}/unarchive"),
    ]
    assert {one.status_code for one in answers} == {404}
    assert len({one.content for one in answers}) == 1
    assert books.get(values)["data"] == [north]


def test_definitions_are_part_of_the_chain(books: Layer, database_url: str) -> None:
    """Given definitions, named, archived and used, when the books are verified, then nothing is found."""
    values = region(books)
    books.post(values, {"label": "größer", "is_archived": True})
    books.post("invoices", invoice("1", tags=[{"key": "region", "value": "north"}]))

    async def found() -> list[str]:
        async with (
            connected(database_url, readers=1, writers=1) as database,
            read_tx(database, OPERATOR, BusinessId(UUID(books.business_id))) as tx,
        ):
            return [str(one) async for one in verify(tx)]

    assert apart(found()) == []
