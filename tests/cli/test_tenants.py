"""Partners, businesses and keys from the command line."""

import asyncio
from datetime import UTC, datetime
from uuid import UUID

from duebook.db.embedded import Urls
from duebook.db.pool import connected as connect
from duebook.tenancy.facts import Caller, PartnerId, Scope, WireProfile
from duebook.tenancy.keys import caller_of_secret
from tests.cli.conftest import Run
from tests.cli.transcript import played, recorded


def test_tenants(run: Run, partner: str, business: str) -> None:
    """Given one partner with one business, when more are made and listed, then each command says its part."""
    transcript = recorded("tenants")
    assert played(transcript, run, {"PARTNER": partner, "BUSINESS": business}) == transcript


def test_a_new_key_replaces_the_old_one(run: Run, connected: None, database_urls: Urls) -> None:
    """Given a partner, when its key is rotated, then the new key opens and the old one does not."""
    made = run("partner create Rotating --wire-profile live --json").json
    rotated = run(f"partner rotate-key {made['partner_id']} --json").json
    assert rotated["partner_id"] == made["partner_id"]
    assert asyncio.run(profile_of(database_urls.serve, made)) is None
    assert asyncio.run(profile_of(database_urls.serve, rotated)) is WireProfile.LIVE


async def profile_of(url: str, key: dict[str, str]) -> WireProfile | None:
    """The wire profile of the caller that signs in with the key, if it may."""
    caller = await caller_of(url, key)
    return caller.wire_profile if caller else None


async def caller_of(url: str, key: dict[str, str]) -> Caller | None:
    """The caller that signs in with the key, if it may."""
    async with connect(url, readers=1, writers=1) as database:
        return await caller_of_secret(database, PartnerId(UUID(key["partner_id"])), key["api_key"])


def test_lists_are_json_when_asked(run: Run, partner: str, business: str) -> None:
    """Given a partner with a business, when both are listed as JSON, then every field is there."""
    listed = [one for one in run("partner list --json").json if one["partner_id"] == partner]
    assert [(one["name"], one["wire_profile"]) for one in listed] == [("Example Platform", "published")]
    [found] = run(f"business list --partner {partner} --json").json
    assert datetime.fromisoformat(found.pop("created_at")).tzinfo is not None
    assert found == {
        "business_id": business,
        "partner_id": partner,
        "external_id": None,
        "name": "Example Business",
        "base_currency": "USD",
        "time_zone": "UTC",
    }


def test_a_name_that_a_terminal_would_act_on_is_refused(run: Run, partner: str) -> None:
    """Given a name with a control character, when a partner or a business is made, then it is refused."""
    ended = run("partner create 'Bell\a'")
    assert (ended.code, ended.err) == (
        2,
        "duebook: a partner has a name without control characters; this is Bell\ufffd\n",
    )
    ended = run(f"business create 'Two\nlines' --partner {partner} --currency USD")
    assert (ended.code, ended.out) == (2, "")


def test_keys(run: Run, partner: str) -> None:
    """Given a partner, when keys are made, listed and revoked, then each command says its part or its error."""
    transcript = recorded("keys")
    assert played(transcript, run, {"PARTNER": partner}) == transcript


def test_a_key_opens_until_it_is_revoked(run: Run, connected: None, database_urls: Urls) -> None:
    """Given a partner with a first key, when two more are made, then all open, and each says what it is good for; one
    that is revoked does not, and the others go on."""
    made = run("partner create Several --json").json
    partner_id = made["partner_id"]
    reader = run(f"key create {partner_id} --name reports --read-only --json").json
    ending = run(f"key create {partner_id} --name month --expires-in 30 --json").json
    opening = [asyncio.run(caller_of(database_urls.serve, key)) for key in (made, reader, ending)]
    assert [one and one.scope for one in opening] == [Scope.FULL, Scope.READ, Scope.FULL]
    assert (reader["scope"], reader["expires_at"], ending["scope"]) == ("read", None, "full")
    assert 29 <= (datetime.fromisoformat(ending["expires_at"]) - datetime.now(UTC)).days <= 30
    assert run(f"key revoke {reader['key_id']}").code == 0
    opening = [asyncio.run(caller_of(database_urls.serve, key)) for key in (made, reader, ending)]
    assert [one is None for one in opening] == [False, True, False]
    listed = run(f"key list {partner_id} --json").json
    assert [(one["name"], one["state"]) for one in listed] == [
        ("first", "live"), ("reports", "revoked"), ("month", "live"),
    ]  # fmt: skip
    assert not any(key["api_key"] in run(f"key list {partner_id}").out for key in (made, reader, ending))


def test_a_signing_key_changes_in_a_day_or_at_once(run: Run, connected: None) -> None:
    """Given a signing key, when it is changed, then the next one waits a day, however often that is said; at once, it
    signs, and all others are retired."""
    first = run("signing-keys rotate --json").json
    second = run("signing-keys rotate --json").json
    assert run("signing-keys rotate --json").json == second
    assert [(one["kid"], one["state"]) for one in run("signing-keys list --json").json][-2:] == [
        (first["kid"], "signs"), (second["kid"], "waits"),
    ]  # fmt: skip
    third = run("signing-keys rotate --at-once --json").json
    states = {one["kid"]: one["state"] for one in run("signing-keys list --json").json}
    assert states.pop(third["kid"]) == "signs"
    assert set(states.values()) == {"retired"}
    assert f"{third['kid']}   signs" in run("signing-keys list").out
