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


def new_surface(client: httpx.Client, platform: Platform, mark: str = "", times: int = 1) -> Surface:
    """A new business, in whose books either side has a party with a charge, a payment, a credit and so on.

    Every name that its client gave begins with the mark, and every amount is so many times what it usually is.
    """
    books = new_books(client, platform, legal_name=f"{mark}Example Trading")
    tag = {"key": f"{mark}region", "value": f"{mark}north"}
    commands: dict[str, Command] = {}
    for side, (who, charged, party) in _SIDES.items():
        external_id, number = f"{mark}{who}", f"{mark}{charged}-1"
        refunded, name = f"{mark}payment-2", f"{mark}{who.title()}"
        whose: dict[str, Any] = {"side": side, "party": {"external_id": external_id, "name": name}}
        commands |= {
            party: about("put_party", side=side, external_id=external_id, name=name, tags=[tag]),
            f"into_{party}": about("put_party", side=side, name=f"{mark}Cy"),
            charged: charge(number, 9_000 * times, **whose),
            f"{side} payment": payment(f"{mark}payment-1", 3_000 * times, (number, 2_000 * times), **whose),
            f"{side} refunded": payment(refunded, 1_000 * times, **whose),
            f"{side} credit": payment(f"{mark}credit-1", 1_000 * times, **whose, kind="credit"),
            f"{side} write_off": about(
                "add_write_off",
                side=side,
                charge=named(number),
                written_off_on="2025-04-01",
                amount_minor=500 * times,
                reason="bad_debt",
            ),
            f"{side} refund": about(
                "add_refund",
                side=side,
                of_kind="payment",
                of=named(refunded),
                refunded_on="2025-04-02",
                amount_minor=100 * times,
            ),
        }
    results = books.do(*commands.values())["results"]
    known = {"business": books.business_id} | {name: one["id"] for name, one in zip(commands, results, strict=True)}
    for side in _SIDES:
        (part,) = books.get(f"documents/{known[f'{side} payment']}")["document"]["allocations"]
        known |= {f"{side} allocation": part["id"], f"{side} transaction": known[f"{side} payment"]}
    known |= {f"{side} refund_payment": str(uuid5(UUID(known[f"{side} refund"]), "payment")) for side in _SIDES}
    business_id = BusinessId(UUID(books.business_id))
    tags = {
        "dimension": str(dimension_id(business_id, tag["key"])),
        "value": str(definition_id(business_id, tag["key"], tag["value"])),
    }
    return Surface(books, known | tags | {"document": known["invoice"], "party": known["customer"]})
