"""The customers and vendors of the demonstration: names that nobody has, terms, and how each of them pays.

Units: amounts are cents; terms are days.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Final, NamedTuple

from duebook.days import Terms
from duebook.ledger.facts import Side


class Habit(NamedTuple):
    """How a party is paid, or pays: days after the due date on average and give or take, and how often otherwise."""

    late_days: float
    spread_days: float
    in_parts: float
    never: float
    by_run: bool = False


class Payer(Enum):
    """The kinds of payers."""

    PROMPT = Habit(late_days=-4, spread_days=4, in_parts=0.03, never=0.0)
    BY_RUN = Habit(late_days=1, spread_days=6, in_parts=0.05, never=0.005, by_run=True)
    LATE = Habit(late_days=16, spread_days=12, in_parts=0.15, never=0.02)
    STRUGGLING = Habit(late_days=55, spread_days=25, in_parts=0.35, never=0.06)


@dataclass(frozen=True, slots=True)
class Person:
    """A customer or a vendor: how often it has dealings, and of what size."""

    side: Side
    external_id: str
    name: str
    terms: Terms
    payer: Payer
    every_days: int
    typical_minor: int


_CUSTOMERS: Final = """
    Alder & Finch Interiors | Amberline Logistics | Basalt Ridge Builders | Beacon Street Dental | Birchwood Bakery
    Bluefin Marine Supply | Bramble Hill Nursery | Brightwater Clinic | Cedar Hollow Farms | Cobalt Print Works
    Copperfield Brewing | Crestline Fitness | Dovetail Joinery | Driftwood Hotels | Ellery Sports Club
    Fairweather Events | Fernway Schools | Flintlock Security | Foxglove Florists | Gable & Sons Roofing
    Glasshouse Media | Granite Peak Tours | Harborview Cafe | Hawthorn Legal | Ironbridge Motors
    Juniper Wellness | Kestrel Aviation | Lantern Books | Larkspur Design | Maple & Main Grocers
    Marlow Textiles | Meridian Labs | Northgate Plumbing | Oakhurst Residences | Pinecrest Kennels
    Quarry Lane Gym | Redwood Analytics | Saltmarsh Seafood | Thistledown Toys | Willowbrook Care
"""
_VENDORS: Final = """
    Anvil Steel Stockists | Bayside Paper | Capstone Insurance Brokers | Clearspring Water | Delta Freight Lines
    Emberlight Energy | Falcon Couriers | Grovepoint Properties | Halcyon Telecom | Inkwell Stationery
    Keystone Packaging | Lockwood Cleaning | Millrace Timber | Nimbus Hosting | Orchard Staffing
    Pemberton Tools | Quicksilver Fuel | Ridgeway Waste | Sterling Office Furniture | Tollgate Rentals
    Upland Catering | Vantage Advertising | Westmark Accountants | Yardley Machine Parts | Zephyr Air Systems
"""
_PAYERS: Final = (
    *(Payer.PROMPT, Payer.BY_RUN, Payer.LATE, Payer.STRUGGLING),
    *(Payer.PROMPT, Payer.BY_RUN, Payer.STRUGGLING),
)
_TERMS: Final = (Terms(30), Terms(14), Terms(30), Terms(45), Terms(30, end_of_month=True), Terms(60))
_EVERY_DAYS: Final = (14, 21, 30, 30, 45)
_TYPICAL_MINOR: Final = (48_000, 126_000, 310_000, 75_000, 640_000, 22_000, 185_000, 95_000, 260_000)


def everyone() -> list[Person]:
    """All customers, then all vendors."""
    return [*_people(Side.RECEIVABLE, "C", _CUSTOMERS), *_people(Side.PAYABLE, "V", _VENDORS)]


def party_named(name: str) -> Person:
    """The customer or vendor of that name."""
    return next(person for person in everyone() if person.name == name)


def _people(side: Side, letter: str, names: str) -> list[Person]:
    listed = [name.strip() for line in names.strip().splitlines() for name in line.split("|")]
    return [
        Person(
            side=side,
            external_id=f"{letter}-{number:03d}",
            name=name,
            terms=_TERMS[number % len(_TERMS)],
            payer=_PAYERS[number % len(_PAYERS)],
            every_days=_EVERY_DAYS[number % len(_EVERY_DAYS)],
            typical_minor=_TYPICAL_MINOR[number % len(_TYPICAL_MINOR)],
        )
        for number, name in enumerate(listed, start=1)
    ]
