"""Bands of days late, and the report as a sum over entries (T1, T2, T3)."""

from collections import defaultdict
from datetime import date, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from duebook.aging.bands import THIRTIES, BadBands, Bands, Sums, aged
from duebook.ledger.facts import DocumentId, Entry, EntryKind, Item, PartyId, Side

ACME, ZETA = PartyId(UUID(int=1)), PartyId(UUID(int=2))
AS_OF = date(2025, 3, 31)


def entry(
    amount_minor: int,
    late: int,
    *,
    party_id: PartyId = ACME,
    unapplied: bool = False,
    currency: str = "USD",
    effective_on: date = AS_OF,
) -> Entry:
    """An entry on an item that is so many days late on AS_OF."""
    due_on = AS_OF - timedelta(days=late)
    item = Item(
        side=Side.RECEIVABLE,
        party_id=party_id,
        document_id=DocumentId(UUID(int=9)),
        instalment=1,
        unapplied=unapplied,
        document_on=due_on,
        received_on=None,
        due_on=due_on,
        currency=currency,
    )
    return Entry(
        item=item,
        kind=EntryKind.CHARGE,
        cause_id=item.document_id,
        effective_on=effective_on,
        amount_minor=amount_minor,
        base_minor=amount_minor,
    )


@pytest.mark.parametrize(
    ("late", "band"),
    [
        (-365, 0),
        (-1, 0),
        (0, 0),
        (1, 1),
        (30, 1),
        (31, 2),
        (60, 2),
        (61, 3),
        (89, 3),
        (90, 3),
        (91, 4),
        (365, 4),
        (700_000, 4),
    ],
)
def test_lateness_starts_the_day_after_the_due_date(late: int, band: int) -> None:
    """Given days late, when placed in the default bands, then day 30 is in 1-30, day 90 in 61-90 and day 91 beyond."""
    assert THIRTIES.of(late) == band
    assert aged([entry(5, late)], THIRTIES, AS_OF) == {(ACME, "USD"): Sums(tuple(5 * (n == band) for n in range(5)), 0)}


@given(st.lists(st.integers(), min_size=1, unique=True).map(sorted), st.integers())
def test_every_integer_falls_in_exactly_one_band(edges: list[int], late: int) -> None:
    """For any edges, a number is at or above its band's lower edge and below the next one's."""
    bands = Bands(tuple(edges))
    lower, upper = [None, *edges], [*edges, None]
    holds = [
        (low is None or late >= low) and (high is None or late < high) for low, high in zip(lower, upper, strict=True)
    ]
    assert [band for band, inside in enumerate(holds) if inside] == [bands.of(late)]
    assert len(bands) == len(edges) + 1


@pytest.mark.parametrize(
    ("edges", "clashing"),
    [((), None), ((1, 1), 1), ((1, 31, 30), 30), ((31, 1), 1), ((1, 31, 31, 5), 31), ((0, -1), -1)],
)
def test_a_scheme_that_is_no_partition_is_refused(edges: tuple[int, ...], clashing: int | None) -> None:
    """Given edges that are missing, out of order or double, when made a scheme, then the clashing edge is named."""
    with pytest.raises(BadBands) as refused:
        Bands(edges)
    assert (refused.value.edge, refused.value.edges) == (clashing, edges)


@pytest.mark.parametrize(
    ("edges", "labels"),
    [
        ((1, 31, 61, 91), ["current", "1-30", "31-60", "61-90", "91+"]),
        ((1,), ["current", "1+"]),
        ((0, 1, 2), ["up to -1", "0", "1", "2+"]),
    ],
)
def test_bands_have_labels(edges: tuple[int, ...], labels: list[str]) -> None:
    """Given edges, when a reader asks what the bands are called, then each says its first and last day."""
    bands = Bands(edges)
    assert [bands.label(band) for band in range(len(bands))] == labels


def test_what_takes_effect_later_does_not_count() -> None:
    """Given entries on the day and the day after, when aged on the day, then only the first counts."""
    tomorrow = AS_OF + timedelta(days=1)
    assert aged([entry(100, 1), entry(-40, 1, effective_on=tomorrow)], THIRTIES, AS_OF) == {
        (ACME, "USD"): Sums((0, 100, 0, 0, 0), 0)
    }


def test_parties_currencies_and_unapplied_money_stay_apart() -> None:
    """Given two parties, two currencies and unapplied money, when aged, then each sum is its own."""
    entries = [
        entry(100, 10),
        entry(7, 10, currency="EUR"),
        entry(-30, 10, unapplied=True),
        entry(50, 100, party_id=ZETA),
    ]
    assert aged(entries, THIRTIES, AS_OF) == {
        (ACME, "USD"): Sums((0, 100, 0, 0, 0), -30),
        (ACME, "EUR"): Sums((0, 7, 0, 0, 0), 0),
        (ZETA, "USD"): Sums((0, 0, 0, 0, 50), 0),
    }


def test_a_party_with_nothing_open_is_left_out() -> None:
    """Given an item that was settled, when aged, then its party has no row."""
    assert aged([entry(100, 10), entry(-100, 10)], THIRTIES, AS_OF) == {}


@given(
    st.lists(
        st.builds(
            entry,
            st.integers(-(10**12), 10**12),
            st.integers(-400, 400),
            party_id=st.sampled_from([ACME, ZETA]),
            unapplied=st.booleans(),
            currency=st.sampled_from(["USD", "EUR"]),
            effective_on=st.dates(AS_OF - timedelta(days=3), AS_OF + timedelta(days=3)),
        )
    ),
    st.lists(st.integers(-400, 400), min_size=1, max_size=8, unique=True).map(sorted),
)
def test_no_money_is_lost(entries: list[Entry], edges: list[int]) -> None:
    """Bands and unapplied money add up to what the entries add up to, currency by currency."""
    there: dict[str, int] = defaultdict(int)
    for one in entries:
        there[one.item.currency] += one.amount_minor if one.effective_on <= AS_OF else 0
    found: dict[str, int] = defaultdict(int)
    for (_, currency), sums in aged(entries, Bands(tuple(edges)), AS_OF).items():
        found[currency] += sums.total_minor
    assert all(found[currency] == there[currency] for currency in ("USD", "EUR"))
