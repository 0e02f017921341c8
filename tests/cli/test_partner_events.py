"""What happened to a partner, from the command line; and rows that no event tells of, adopted."""

import asyncio
import getpass
from uuid import UUID, uuid4

import psycopg
import pytest

from duebook.db.embedded import Urls
from duebook.db.pool import connected
from duebook.tenancy.businesses import NewBusiness, create_business
from duebook.tenancy.facts import Caller, PartnerId, Scope, WireProfile
from tests.cli.conftest import Run


def test_events_say_when_what_and_by_whom(run: Run, partner: str, business: str) -> None:
    """Given a partner with a business, when its events are listed, then each names its rows and its operator."""
    made, opened = run(f"partner events {partner} --json").json
    assert (made["event"], made["operation"]) == (1, "partner made")
    assert [one["name"] for one in made["what"]["partner"]] == ["Example Platform"]
    assert opened["actor"]["command"] == "business create"
    [key] = made["what"]["key"]
    listed = run(f"partner events {partner}").out.splitlines()
    first, second = (line.split("  ") for line in listed[2:])
    assert f"key {key['id']}, partner {partner}" in [cell.strip() for cell in first]
    assert f"business {business}" in [cell.strip() for cell in second]
    assert first[-1].strip().startswith(f"{getpass.getuser()}@")
    assert "dbk_" not in run(f"partner events {partner} --json").out


@pytest.mark.parametrize(("subject", "who"), [("ann@example.com", "ann@example.com"), (None, "nobody named")])
def test_a_token_of_another_issuer_is_told(
    run: Run, partner: str, database_urls: Urls, subject: str | None, who: str
) -> None:
    """Given a business made with a token of another issuer, when events are listed, then it is by whom that was for."""
    caller = Caller(PartnerId(UUID(partner)), None, None, WireProfile.LIVE, Scope.FULL, subject=subject)
    new = NewBusiness(external_id=None, name="A", base_currency="USD")

    async def make() -> None:
        async with connected(database_urls.serve) as database:
            await create_business(database, caller.partner_id, new, caller)

    asyncio.run(make())
    assert run(f"partner events {partner}").out.splitlines()[-1].endswith(f"  a token of another issuer for {who}")


def test_nobody_has_no_events(run: Run, partner: str) -> None:
    """Given an id that is no partner's, when its events are listed or adopted, then it is not found."""
    nobody = uuid4()
    for command in ("events", "adopt"):
        ended = run(f"partner {command} {nobody}")
        assert (ended.code, ended.err) == (1, f"duebook: no partner {nobody}\n")


def test_what_an_earlier_release_made_is_adopted(run: Run, partner: str, database_urls: Urls) -> None:
    """Given a business that was made without an event, when it is adopted, then verify is content, and it is told."""
    made = uuid4()
    with psycopg.connect(database_urls.serve) as earlier_release:
        earlier_release.execute(
            "INSERT INTO business (id, partner_id, name, base_currency) VALUES (%s, %s, 'Earlier', 'USD')",
            [made, partner],
        )
        earlier_release.execute(f"SET LOCAL duebook.business_id = '{made}'")
        earlier_release.execute("INSERT INTO book (business_id) VALUES (%s)", [made])
    ended = run("verify")
    assert (ended.code, f"business {made} stands there, and no event tells of it" in ended.out) == (1, True)
    assert run(f"partner adopt {partner}").out == f"adopted business {made}\n"
    assert run("verify").code == 0
    *_, last = run(f"partner events {partner} --json").json
    assert (last["operation"], last["actor"]["command"]) == ("adopted", "partner adopt")
    assert run(f"partner adopt {partner}").out == "there is nothing to adopt\n"
    assert run(f"partner events {partner} --json").json[-1] == last


def test_what_is_gone_or_moved_is_not_adopted(run: Run, partner: str, business: str, database_urls: Urls) -> None:
    """Given a business that was moved to another partner, when the first adopts, then it stays found."""
    other = run("partner create 'Other Platform' --json").json["partner_id"]
    with psycopg.connect(database_urls.superuser) as owner:
        owner.execute("UPDATE business SET partner_id = %s WHERE id = %s", [other, business])
    assert run(f"partner adopt {partner}").out == "there is nothing to adopt\n"
    assert f"business {business} belongs to partner {other} now" in run("verify").out
    with psycopg.connect(database_urls.superuser) as owner:
        owner.execute("UPDATE business SET partner_id = %s WHERE id = %s", [partner, business])
