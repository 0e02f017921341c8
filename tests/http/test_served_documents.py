"""The served OpenAPI documents: complete, and told so that a client can be made of them."""

from typing import Any

import httpx
import jsonschema_rs
import pytest

import duebook
from duebook.http.openapi import operations

NAMES = ("api", "layer", "thredfi")


@pytest.fixture(params=NAMES)
def document(request: pytest.FixtureRequest, client: httpx.Client) -> dict[str, Any]:
    """Each of the documents."""
    found: dict[str, Any] = client.get(f"/openapi/{request.param}.json").json()
    return found


def test_versions_are_said_once(document: dict[str, Any]) -> None:
    """Given a document, when its versions are read, then it is OpenAPI 3.1 of this version of the package."""
    assert (document["openapi"], document["info"]["version"]) == ("3.1.0", duebook.__version__)


def test_every_operation_can_be_called_by_a_name(document: dict[str, Any]) -> None:
    """Given the operations of a document, when read, then each has a name of its own and says what it does."""
    found = operations(document)
    assert len({one.described["operationId"] for one in found}) == len(found) > 0
    assert [one for one in found if not one.described.get("summary")] == []
    assert [one for one in found if not one.described["security"]] == []


def test_every_id_in_a_path_is_a_parameter(document: dict[str, Any]) -> None:
    """Given the paths of a document, when read, then each id in one is a required parameter that is a UUID."""
    for one in operations(document):
        in_path = {each["name"]: each for each in one.described.get("parameters", []) if each["in"] == "path"}
        assert in_path.keys() == set(one.names_in_path)
        assert [each for each in in_path.values() if not each["required"] or each["schema"]["format"] != "uuid"] == []


def test_every_shape_is_one_that_validators_read(document: dict[str, Any]) -> None:
    """Given the shapes of a document, when read as JSON Schema of 2020-12, then each is one."""
    for shape in document["components"]["schemas"].values():
        jsonschema_rs.meta.validate({"$schema": "https://json-schema.org/draft/2020-12/schema"} | shape)


def test_no_two_shapes_have_one_name(document: dict[str, Any]) -> None:
    """Given the shapes of a document, when their titles are read, then each is the name that the shape goes by."""
    shapes = document["components"]["schemas"]
    assert {name: shape.get("title", name) for name, shape in shapes.items()} == {name: name for name in shapes}


def _choices(value: Any) -> list[list[Any]]:
    """Every choice between shapes, wherever it stands."""
    match value:
        case list():
            return [each for one in value for each in _choices(one)]
        case dict():
            here = [value["oneOf"]] if "oneOf" in value else []
            return here + _choices(list(value.values()))
    return []


def test_what_may_be_null_says_so_in_its_type(document: dict[str, Any]) -> None:
    """Given a document, when its choices are read, then none is of one shape, nor of a simple one or null."""
    for choice in _choices(document):
        assert len(choice) > 1
        shapes = [one for one in choice if one != {"type": "null"}]
        if len(shapes) < len(choice) == 2:
            assert shapes[0].keys() & {"$ref", "enum", "const"}, choice


def test_links_name_what_is_there(document: dict[str, Any]) -> None:
    """Given the links of a document, when followed, then each names an operation, and all that its path needs."""
    named = {one.described["operationId"]: one for one in operations(document)}
    for one in named.values():
        for answer in one.described["responses"].values():
            for link in answer.get("links", {}).values():
                target = named[link["operationId"]]
                parameters = {each["name"] for each in target.described["parameters"]}
                assert set(target.names_in_path) <= link["parameters"].keys() <= parameters


@pytest.mark.parametrize(
    ("name", "maker", "targets"),
    [
        (
            "layer",
            "business.customers.post",
            {"business.customers.customer.get", "business.invoices.ar-aging.customer.get", "business.invoices.get"},
        ),
        ("thredfi", "create_business", {"get_business", "get_ar_aging", "get_ap_aging", "get_business_token"}),
    ],
)
def test_what_is_made_leads_to_what_can_be_asked_of_it(
    client: httpx.Client, name: str, maker: str, targets: set[str]
) -> None:
    """Given an operation that makes something, when its good answers are read, then they link to what its id opens."""
    found = {one.described["operationId"]: one for one in operations(client.get(f"/openapi/{name}.json").json())}
    for status in ("200", "201"):
        assert targets <= found[maker].described["responses"][status]["links"].keys()
