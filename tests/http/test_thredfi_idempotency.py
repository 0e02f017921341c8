"""The `Idempotency-Key` of Thredfi's dialect: a request is answered once, and again with the same bytes."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from duebook.ledger.facts import Side
from tests.http.thredfi_payment_world import Payable, new_payable
from tests.http.world import Platform, new_business


@pytest.fixture(params=list(Side))
def its(request: pytest.FixtureRequest, client: httpx.Client, platform: Platform, database_url: str) -> Payable:
    """Either side."""
    return new_payable(client, platform, database_url, request.param)


def keyed(its: Payable, key: str, method: str, path: str, body: Any = None) -> httpx.Response:
    """The answer to a request with a key."""
    return its.books.ask(method, path, json=body, headers={"Idempotency-Key": key})


def test_the_same_request_is_answered_with_the_same_bytes(its: Payable) -> None:
    """Given a payment with a key, when it is sent again, after a change too, then 200 and the bytes of the 201."""
    first = keyed(its, "k-1", "POST", its.path, its.payment((its.first, 100)))
    payment = its.one(first.json())
    assert (first.status_code, payment["idempotency_key"]) == (201, "k-1")
    its.books.send("PATCH", f"{its.path}{payment['id']}/", {"notes": "changed since"})
    again = keyed(its, "k-1", "POST", its.path.rstrip("/"), its.payment((its.first, 100)))
    assert (again.status_code, again.content) == (200, first.content)
    assert again.headers["content-type"] == first.headers["content-type"]
    assert len(its.books.get(its.path)["results"]) == 1


def test_a_key_stands_for_one_request(its: Payable) -> None:
    """Given a key that was sent, when it comes with another body, path or method, then 409, and nothing is written."""
    asked = its.payment((its.first, 100))
    payment = its.one(keyed(its, "k-1", "POST", its.path, asked).json())
    address = f"{its.path}{payment['id']}/"
    for method, path, body in (
        ("POST", its.path, asked | {its.amount: 15_001}),
        ("POST", f"{address}allocations/", asked),
        ("PATCH", address, {"notes": "x"}),
        ("POST", f"{address}cancel/", None),
    ):
        said = its.books.refused(method, path, body, 409, **{"Idempotency-Key": "k-1"})
        assert said["error_code"] == "idempotency_key_reused"


def test_a_refused_request_keeps_nothing(its: Payable) -> None:
    """Given a key whose request was refused, when it is mended and sent with the same key, then it is recorded."""
    its.books.refused("POST", its.path, its.payment((its.first, 10_001)), 400, **{"Idempotency-Key": "k-1"})
    answer = keyed(its, "k-1", "POST", its.path, its.payment((its.first, 10_000)))
    assert answer.status_code == 201


def test_an_external_id_goes_with_a_key(its: Payable) -> None:
    """Given a payment with both, when it comes with another key or without, then 200 with the payment that is there."""
    asked = its.payment((its.first, 100), external_id="p-1")
    first = keyed(its, "k-1", "POST", its.path, asked)
    other = keyed(its, "k-2", "POST", its.path, asked)
    bare = its.books.ask("POST", its.path, json=asked)
    assert [one.status_code for one in (first, other, bare)] == [201, 200, 200]
    assert first.json() == other.json() == bare.json()
    assert keyed(its, "k-2", "POST", its.path, asked).content == other.content


def test_requests_at_once_are_one_payment(its: Payable) -> None:
    """Given eight times the same request at once, when they are answered, then one made it and all say the same."""
    asked = its.payment((its.first, 100))
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: keyed(its, "k-1", "POST", its.path, asked), range(8)))
    assert sorted(one.status_code for one in answers) == [200] * 7 + [201]
    assert len({one.content for one in answers}) == 1
    assert len(its.books.get(its.path)["results"]) == 1


def test_every_write_takes_a_key(its: Payable) -> None:
    """Given a payment, when it is changed, allocated, matched and so on twice with a key, then each is done once."""
    payment = its.paid(status="pending")
    address = f"{its.path}{payment['id']}/"
    part = {"allocations": [its.part(its.first, 100)]}
    word = "" if its.side is Side.RECEIVABLE else "bill-"
    transaction, document = f"bank-transactions/{payment['id']}/", {f"{its.charge}_id": its.second}
    steps: list[tuple[str, str, Any, int]] = [
        ("PATCH", address, {"status": "completed"}, 200),
        ("POST", f"{address}allocations/", part, 201),
        ("POST", f"{transaction}match-{word}payment/", document, 200),
        ("POST", f"{transaction}unmatch-{word}payment/", document, 200),
    ]
    for place, (method, path, body, status) in enumerate(steps):
        first = keyed(its, f"k-{place}", method, path, body)
        version = its.books.version()
        again = keyed(its, f"k-{place}", method, path, body)
        assert (first.status_code, again.status_code, its.books.version()) == (status, 200, version), first.text
        assert first.content == again.content
    (one,) = its.one(its.books.get(address))["allocations"]
    taken = [keyed(its, "k-back", "DELETE", f"{address}allocations/{one['id']}/") for _ in range(2)]
    assert ([each.status_code for each in taken], taken[0].content) == ([200, 200], taken[1].content)
    other = its.paid(status="pending")
    cancelled = [keyed(its, "k-cancel", "POST", f"{its.path}{other['id']}/cancel/") for _ in range(2)]
    assert ([each.status_code for each in cancelled], cancelled[0].content) == ([200, 200], cancelled[1].content)


@pytest.mark.parametrize("key", ["", "a b", "x" * 256, "é".encode("latin-1")])
def test_a_key_that_is_none_is_refused(its: Payable, key: str | bytes) -> None:
    """Given a key that is empty, too long or not visible, when a payment is sent, then 400 names the header."""
    before = its.books.version()
    headers: Any = {"Idempotency-Key": key}
    answer = its.books.ask("POST", its.path, json=its.payment(), headers=headers)
    assert (answer.status_code, list(answer.json()["detail"]["field_errors"])) == (400, ["Idempotency-Key"])
    assert before == its.books.version()
    assert keyed(its, "x" * 255, "POST", its.path, its.payment()).status_code == 201


def test_keys_are_a_businesss_own(its: Payable, client: httpx.Client, platform: Platform, database_url: str) -> None:
    """Given a key that one business sent, when another sends it, then it stands for that one's own request."""
    other = new_payable(client, platform, database_url, its.side)
    assert new_business(client, platform) != other.books.business_id
    for one in (its, other):
        assert keyed(one, "k-1", "POST", one.path, one.payment()).status_code == 201
