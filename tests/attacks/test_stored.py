"""What one client has had kept, another client reads: whatever it is, no answer breaks on it.

Our own API keeps free JSON with parties and documents, in which the dialects keep fields of theirs.
"""

from typing import Any, Final

import httpx
import pytest

from tests.attacks.dialects import DOCUMENTS, OPERATIONS, named
from tests.attacks.tally import Attack
from tests.http.native_world import about
from tests.http.plausible import Plausible
from tests.http.surface import new_surface
from tests.http.world import Platform, bearer, partner_token

FIELDS: Final = sorted(
    {
        name
        for document in (DOCUMENTS["layer"], DOCUMENTS["thredfi"])
        for shape in document["components"]["schemas"].values()
        for name in shape.get("properties", {})
    }
    | {"dated"}
)
"""Every name under which a dialect might look for something of its own."""

ODD: Final[dict[str, Any]] = {
    "number": 7,
    "text": "a",
    "list": [],
    "numbers": [7],
    "object": {},
    "lines": [{"a": 1}],
}
"""JSON that is not what a field is."""


@pytest.mark.parametrize("value", ODD)
def test_free_json_breaks_no_answer(client: httpx.Client, platform: Platform, attack: Attack, value: str) -> None:
    """Given free JSON under every name that a dialect has, when anything is read, then it is answered."""
    surface = new_surface(client, platform)
    odd = dict.fromkeys(FIELDS, ODD[value])
    edits = [
        about("edit_document", side=side, kind=kind, document={"id": surface.known[name]}, body=odd)
        for side, charged in (("receivable", "invoice"), ("payable", "bill"))
        for kind in ("charge", "payment", "credit", "refund", "write_off")
        for name in [charged if kind == "charge" else f"{side} {kind}"]
    ]
    for one in edits:
        surface.books.do(one)
    for side, whose in (("receivable", "customer"), ("payable", "vendor")):
        surface.books.do(about("put_party", side=side, id=surface.known[whose], name="Odd", profile=odd))
    header = bearer(partner_token(client, platform))
    for dialect, found in OPERATIONS.items():
        plausible = Plausible(DOCUMENTS[dialect], surface)
        for operation in (one for one in found if one.method == "get"):
            path = operation.path.format(**surface.ids(operation))
            answer = client.get(path, params=plausible.query(operation), headers=header)
            attack.tried(named(operation), *([answer.text] if answer.status_code >= 500 else []))
    attack.failed(at_least=75)
