"""Walks through both dialects: whatever is done in whatever order, answers are as the document says, and what was made
is found again.

Each step is an operation of the served document about things that are there; a body is one that means something, one
that was generated, or a mixture. What a good answer links to is read back at once.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.checks import negative_data_rejection, positive_data_acceptance

from duebook.http import layer, thredfi
from duebook.http.openapi import Operation, document, operations
from tests.http.cases import WALKS, cases_of
from tests.http.plausible import Plausible
from tests.http.surface import Surface, new_surface
from tests.http.world import Platform, bearer, findings, partner_token

STEPS: Final = 12
NOT_CHECKED: Final = [positive_data_acceptance, negative_data_rejection]
"""Rules between fields are not in the document, and bad values have been replaced by good ones."""


class Dialect:
    """A document, what schemathesis makes of it, and the operations to walk through."""

    def __init__(self, made: dict[str, Any]) -> None:
        self.document = made
        self.by_id = {one.described["operationId"]: one for one in operations(made)}
        self.operations = [one for one in self.by_id.values() if one.names_in_path and "token" not in one.path]
        self._schema = cases_of(made)
        self._cases: dict[str, st.SearchStrategy[Case[Any]]] = {}

    def case(self, operation: Operation, **parts: Any) -> Case[Any]:
        """One request."""
        return self._schema[operation.path][operation.method].Case(**parts)

    def cases(self, operation: Operation) -> st.SearchStrategy[Case[Any]]:
        """Requests of which each part is one that the document allows."""
        name = operation.described["operationId"]
        if name not in self._cases:
            described = self._schema[operation.path][operation.method]
            self._cases[name] = described.as_strategy(generation_mode=GenerationMode.POSITIVE)
        return self._cases[name]


DIALECTS: Final = {
    "layer": Dialect(document(layer.build(), trailing_slash=False)),
    "thredfi": Dialect(document(thredfi.build(), trailing_slash=True)),
}


@dataclass
class Walk:
    """One walk through a dialect, on a surface that it adds to."""

    dialect: Dialect
    surface: Surface
    server: str
    headers: dict[str, Any]
    draw: Callable[[st.SearchStrategy[Any]], Any]
    written: Counter[bool]

    def step(self) -> None:
        """Do one thing, and read back what it links to."""
        operation = self.draw(st.sampled_from(self.dialect.operations))
        case = self.draw(self.dialect.cases(operation))
        case.path_parameters = self.surface.ids(operation)
        whole = Plausible(self.dialect.document, self.surface).body(operation)
        if whole is not None:
            bodies = (whole, whole, mixed(whole, case.body, self.draw), case.body)
            case.body = self.draw(st.sampled_from(bodies))
            case.media_type = "application/json"
        answer = self.ask(case)
        if operation.method != "get":
            self.written[answer.status_code < 300] += 1
        links = operation.described["responses"].get(str(answer.status_code), {}).get("links", {})
        for name, link in links.items():
            self.follow(operation, case, answer.json(), self.dialect.by_id[name], link["parameters"])

    def ask(self, case: Case[Any]) -> Any:
        """The answer, which is as the document says."""
        return case.call_and_validate(self.server, headers=self.headers, excluded_checks=NOT_CHECKED)

    def follow(
        self,
        maker: Operation,
        case: Case[Any],
        made: dict[str, Any],
        target: Operation,
        parameters: Mapping[str, str],
    ) -> None:
        """Keep the id of what was made, for the steps after; and read what a link leads to, if it leads to reading."""
        given = {name: value_at(place, made, case.path_parameters or {}) for name, place in parameters.items()}
        new = next(name for name, place in parameters.items() if place.startswith("$response"))
        if new in target.names_in_path:
            self.surface.learn(target, new, given[new])
        if target.method != "get":
            return
        in_path = {name: given[name] for name in target.names_in_path}
        query = {name: value for name, value in given.items() if name not in in_path}
        found = self.ask(self.dialect.case(target, path_parameters=in_path, query=query))
        assert found.status_code == 200
        if target.path.rstrip("/") == f"{maker.path.rstrip('/')}/{{{new}}}":
            assert thing(found.json(), given[new]) == thing(made, given[new])


def mixed(whole: Any, generated: Any, draw: Callable[[st.SearchStrategy[Any]], Any]) -> Any:
    """A body that means something, with some of the fields that another one has beside its own."""
    if not isinstance(whole, dict) or not isinstance(generated, dict):
        return whole
    more = sorted(generated.keys() - whole.keys())
    taken = draw(st.lists(st.sampled_from(more), unique=True, max_size=3)) if more else []
    return whole | {name: generated[name] for name in taken}


def value_at(place: str, made: Any, asked: Mapping[str, Any]) -> str:
    """The value that an expression of a link stands for."""
    if place.startswith("$request.path."):
        return str(asked[place.removeprefix("$request.path.")])
    for name in place.removeprefix("$response.body#/").split("/"):
        made = made[name]
    return str(made)


def thing(answer: dict[str, Any], identity: str) -> dict[str, Any]:
    """The object with this id in an answer: the answer itself, or what it holds."""
    return next(one for one in (answer, *answer.values()) if isinstance(one, dict) and one.get("id") == identity)


@pytest.mark.parametrize("name", DIALECTS)
def test_wherever_a_walk_leads_answers_are_as_the_document_says(
    client: httpx.Client, server: str, database_url: str, platform: Platform, name: str
) -> None:
    """Given a business, when anything is done in any order, then what is made is found again, and books stay right."""
    headers: dict[str, Any] = bearer(partner_token(client, platform))
    written: Counter[bool] = Counter()

    @WALKS
    @given(st.data())
    def walks(data: st.DataObject) -> None:
        walk = Walk(DIALECTS[name], new_surface(client, platform), server, headers, data.draw, written)
        for _ in range(STEPS):
            walk.step()
        assert findings(database_url, walk.surface.known["business"]) == []

    walks()
    assert 2 * written[True] >= written[False]
