"""A business with one of everything that paths name by an id, and those ids as a document's paths ask for them."""

import re
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID, uuid4, uuid5

import httpx

from duebook.http.layer.tags import definition_id, dimension_id
from duebook.http.openapi import Operation
from duebook.tenancy.facts import BusinessId
from tests.http.native_world import Books, Command, about, charge, named, new_books, payment
from tests.http.world import Platform

_HUMP: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")
_SIDES: Final = {"receivable": ("ann", "invoice", "customer"), "payable": ("bo", "bill", "vendor")}
_TAG: Final = {"key": "region", "value": "north"}
_OF_A_SIDE: Final = ("allocation", "transaction", "refund_payment", "payment", "credit", "refund", "write_off")


def snake(name: str) -> str:
    """A name of a document with underscores, as one dialect and all generated clients have it."""
    return re.sub(r"\W+", "_", _HUMP.sub("_", name)).lower()


def is_payable(operation: Operation) -> bool:
    """Whether an operation is about what the business owes."""
    return any(word in operation.path for word in ("/bill", "/vendor", "/ap-", "-bill-"))


@dataclass(frozen=True)
class Surface:
    """A business, and the ids of what is in it: `receivable payment` and so on."""

    books: Books
    known: dict[str, str]

    def ids(self, operation: Operation) -> dict[str, str]:
        """The ids that an operation's path asks for, by their names there; of what there is not, that of nothing."""
        payable = is_payable(operation)
        return {name: self.id(snake(name).removesuffix("_id"), payable=payable) for name in operation.names_in_path}

    def has_all(self, operation: Operation) -> bool:
        """Whether everything that an operation's path names is there."""
        return set(self.ids(operation).values()) <= set(self.known.values())

    def id(self, kind: str, *, payable: bool) -> str:
        """The id of something of a kind, on one side of the books."""
        return self.known.get(_name(kind, payable=payable), str(uuid4()))

    def learn(self, operation: Operation, name: str, identity: str) -> None:
        """From now on, this is the id that an operation's path asks for by this name."""
        self.known[_name(snake(name).removesuffix("_id"), payable=is_payable(operation))] = identity


def _name(kind: str, *, payable: bool) -> str:
    word = next((one for one in _OF_A_SIDE if kind.endswith(one)), kind)
    return f"{'payable' if payable else 'receivable'} {word}" if word in _OF_A_SIDE else word


def new_surface(client: httpx.Client, platform: Platform) -> Surface:
    """A new business, in whose books either side has a party with a charge, a payment, a credit and so on."""
    books = new_books(client, platform)
    commands: dict[str, Command] = {}
    for side, (external_id, charged, party) in _SIDES.items():
        number = f"{charged}-1"
        whose: dict[str, Any] = {"side": side, "party": {"external_id": external_id, "name": external_id.title()}}
        commands |= {
            party: about("put_party", side=side, external_id=external_id, name=external_id.title(), tags=[_TAG]),
            f"into_{party}": about("put_party", side=side, name="Cy"),
            charged: charge(number, 9_000, **whose),
            f"{side} payment": payment("payment-1", 3_000, (number, 2_000), **whose),
            f"{side} refunded": payment("payment-2", 1_000, **whose),
            f"{side} credit": payment("credit-1", 1_000, **whose, kind="credit"),
            f"{side} write_off": about(
                "add_write_off",
                side=side,
                charge=named(number),
                written_off_on="2025-04-01",
                amount_minor=500,
                reason="bad_debt",
            ),
            f"{side} refund": about(
                "add_refund",
                side=side,
                of_kind="payment",
                of=named("payment-2"),
                refunded_on="2025-04-02",
                amount_minor=100,
            ),
        }
    results = books.do(*commands.values())["results"]
    known = {"business": books.business_id} | {name: one["id"] for name, one in zip(commands, results, strict=True)}
    for side in _SIDES:
        (part,) = books.get(f"documents/{known[f'{side} payment']}")["document"]["allocations"]
        known |= {f"{side} allocation": part["id"], f"{side} transaction": known[f"{side} payment"]}
    known |= {f"{side} refund_payment": str(uuid5(UUID(known[f"{side} refund"]), "payment")) for side in _SIDES}
    business_id = BusinessId(UUID(books.business_id))
    tag = {
        "dimension": str(dimension_id(business_id, _TAG["key"])),
        "value": str(definition_id(business_id, _TAG["key"], _TAG["value"])),
    }
    return Surface(books, known | tag | {"document": known["invoice"], "party": known["customer"]})
