"""Many clients make businesses and keys at once, and each stands in the partner's chain, once."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import httpx

from duebook.db.pool import connected
from duebook.tenancy.events import events_of
from duebook.tenancy.facts import PartnerId
from duebook.tenancy.keys import create_key, revoke_key
from duebook.tenancy.verify import verify_partner
from tests.http.world import Platform, apart

CLIENTS = 8
EXTERNAL_IDS = 12


def test_businesses_and_keys_made_at_once_stand_in_one_chain(
    server: str, platform: Platform, database_url: str
) -> None:
    """Given clients that all ask for the same businesses while keys are made and revoked, when the chain is read, then
    each change is in it once, without a gap, and everything stands as it says."""

    def ask(client_number: int) -> list[int]:
        with httpx.Client(base_url=server, auth=platform.basic, timeout=60) as client:
            places = [(client_number + place) % EXTERNAL_IDS for place in range(EXTERNAL_IDS)]
            said = {"legal_name": "Example Trading", "entity_type": "ltd", "email": "books@example.com"}
            bodies = [said | {"external_id": f"b-{place}"} for place in places]
            return [client.post("/v1/platform/businesses", json=body).status_code for body in bodies]

    async def change_keys() -> None:
        async with connected(database_url, readers=1, writers=1) as database:
            for number in range(EXTERNAL_IDS):
                key, _ = await create_key(database, PartnerId(platform.partner_id), name=str(number))
                await revoke_key(database, key.id)

    async def chain() -> tuple[list[str], list[str]]:
        async with connected(database_url, readers=1, writers=1) as database, database.readers.connection() as reading:
            partner_id = PartnerId(platform.partner_id)
            found = [str(one) async for one in verify_partner(reading, partner_id)]
            return found, [row.operation async for row in events_of(reading, partner_id)]

    with ThreadPoolExecutor(CLIENTS + 1) as threads:
        changing = threads.submit(apart, change_keys())
        statuses = Counter(status for one in threads.map(ask, range(CLIENTS)) for status in one)
        changing.result()
    assert statuses == {201: EXTERNAL_IDS, 200: (CLIENTS - 1) * EXTERNAL_IDS}
    found, operations = apart(chain())
    assert found == []
    assert Counter(operations) == {
        "partner made": 1,
        "business made": EXTERNAL_IDS,
        "key made": EXTERNAL_IDS,
        "key revoked": EXTERNAL_IDS,
    }
