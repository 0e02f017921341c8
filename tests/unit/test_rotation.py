"""Signing keys that take turns, with a clock of the test's own."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from duebook.oauth.claims import LONGEST_SECONDS
from duebook.oauth.rotation import KNOWN_BEFORE, SIGNS, VERIFIES_AFTER, State, Turn, next_from, states

START = datetime(2026, 1, 1, tzinfo=UTC)


def kept_up(turns: list[Turn], now: datetime) -> list[Turn]:
    """The keys after what is due at an instant has been done."""
    left = [turn for turn, state in zip(turns, states(turns, now), strict=True) if state is not State.RETIRED]
    signs_from = next_from(left, now)
    return left if signs_from is None else [*left, Turn(f"key {now}", now, signs_from)]


def test_a_key_is_made_signs_verifies_and_is_gone() -> None:
    """Given a service that is asked every hour, when a month and two days pass, then the second key is known a day
    before it signs, and the first one verifies a day longer."""
    seen: dict[tuple[State, ...], datetime] = {}
    turns: list[Turn] = []
    for hour in range(32 * 24 + 2):
        now = START + timedelta(hours=hour)
        turns = kept_up(turns, now)
        seen.setdefault(tuple(states(turns, now)), now)
    assert seen == {
        (State.SIGNS,): START,
        (State.SIGNS, State.WAITS): START + SIGNS - KNOWN_BEFORE,
        (State.VERIFIES, State.SIGNS): START + SIGNS,
    }
    assert len(turns) == 1


@given(st.lists(st.timedeltas(timedelta(minutes=1), timedelta(days=90)), min_size=1, max_size=30))
def test_no_token_ends_before_its_time(waits: list[timedelta]) -> None:
    """Given a service that is asked at any times, when keys take turns, then one signs, whoever has read the key set in
    the last day knows it, and it verifies as long as any token that it has signed."""
    now, turns = START, kept_up([], START)
    signed: dict[str, datetime] = {}
    for wait in waits:
        now += wait
        turns = kept_up(turns, now)
        by_state = {state: turn for turn, state in zip(turns, states(turns, now), strict=True)}
        signer = by_state[State.SIGNS]
        assert list(states(turns, now)).count(State.SIGNS) == 1
        assert signer.signs_from <= now
        assert signer.created_at + KNOWN_BEFORE <= signer.signs_from or signer.created_at == START
        signed[signer.id] = now
        left = {turn.id for turn in turns}
        lasting = [key for key, at in signed.items() if at + timedelta(seconds=LONGEST_SECONDS) > now]
        assert left.issuperset(lasting)


def test_a_key_that_is_not_asked_for_goes_on_until_the_next_is_known() -> None:
    """Given a key whose time was over long ago, when somebody asks, then it signs for a day yet."""
    late = START + 10 * SIGNS
    turns = kept_up([Turn("old", START, START)], late)
    assert states(turns, late) == [State.SIGNS, State.WAITS]
    assert turns[1].signs_from == late + KNOWN_BEFORE
    assert states(turns, late + KNOWN_BEFORE) == [State.VERIFIES, State.SIGNS]
    assert states(turns, late + KNOWN_BEFORE + VERIFIES_AFTER) == [State.RETIRED, State.SIGNS]
