"""Layer's reports over all parties: receivables invoice by invoice, both sides as a unified report, one vendor."""

from datetime import date
from typing import Any, Final
from uuid import UUID, uuid4

import httpx
import pytest

from duebook.ledger.commands import AddCharge, NewParty
from duebook.ledger.facts import DocumentId, Instalment, Side
from tests.http.layer_world import Layer, bill, bill_payment, invoice, layer_token, new_layer, payment
from tests.http.world import Platform, bearer, partner_token, write

ON: Final = "2025-03-31"
FLAT: Final = ("current", "days_1_30", "days_31_60", "days_61_90", "days_91_over")
COLUMNS: Final = ("current", "1_30", "31_60", "61_90", "91_over", "total")
LATE: Final = [(1, 30), (31, 60), (61, 90), (91, None)]
DUES: Final = ("2025-04-15", "2025-03-31", "2025-03-30", "2025-02-28", "2025-01-29", "2024-12-31", "2024-12-30")
REPORTS: Final = (
    "invoices/ar-aging",
    "reports/unified/ar-aging",
    "reports/unified/ap-aging",
    "bills/ap-aging/vendor/{vendor}",
)


@pytest.fixture(scope="module")
def books(client: httpx.Client, platform: Platform, database_url: str) -> Layer:
    """Both sides with something in every band at 31 March 2025, part payments, unapplied money, a foreign invoice in
    instalments, a void one, and parties with nothing open."""
    books = new_layer(client, platform)
    books.post("customers", {"external_id": "brown", "company_name": "Brown & Söhne"})
    books.post("customers", {"external_id": "quiet", "individual_name": "Nothing Open"})
    for place, due in enumerate(DUES):
        whose = "brown" if place % 2 else "adams"
        tags = [{"key": "region", "value": "north" if place < 3 else "south"}, {"key": "team", "value": "red"}]
        said = {"due_at": due, "tags": tags}
        sold = invoice(f"i{place}", 100 * 2**place, customer_external_id=whose, sent_at="2024-11-01")
        bought = bill(f"b{place}", 300 * 2**place, vendor_external_id=whose, received_at="2024-11-01")
        books.post("invoices", sold | said)
        books.post("bills", bought | said)
    books.post("invoices", invoice("void", 7, customer_external_id="brown", voided_at="2024-11-02"))
    books.post("invoices/payments", payment(50, ("i1", 50), paid_at="2025-02-01"))
    books.post("bills/bill-payments", bill_payment(90, ("b1", 90), paid_at="2025-02-01"))
    books.post(
        "invoices/customer-credits",
        {
            "external_id": "c1",
            "customer_external_id": "brown",
            "sent_at": "2025-01-01",
            "line_items": [{"amount": 33, "product": "Sorry"}],
        },
    )
    foreign = AddCharge(
        id=DocumentId(uuid4()),
        side=Side.RECEIVABLE,
        external_id="foreign",
        party=NewParty("carl", "Carl"),
        issued_on=date(2025, 1, 1),
        currency="EUR",
        amount_minor=1001,
        base_minor=1103,
        instalments=(Instalment(date(2025, 2, 1), 333), Instalment(date(2025, 4, 1), 668)),
    )
    write(database_url, books.business_id, foreign)
    return books


@pytest.fixture(scope="module")
def vendors(books: Layer) -> dict[str, str]:
    """The vendors' ids by their external ids."""
    return {one["external_id"]: one["id"] for one in books.get("vendors")["data"]}


def ledger(books: Layer, side: str, **asked: Any) -> Any:
    """The ledger's own report, by our own interface."""
    url = f"/api/v1/businesses/{books.business_id}/reports/aging"
    answer = books.client.get(url, headers=books.headers, params={"side": side, "credits": "exclude"} | asked)
    assert answer.status_code == 200, answer.text
    return answer.json()


def minor(sums: Any) -> list[int]:
    """The bands of a row or a total of that report, and its total."""
    return [*sums["bands_minor"], sums["total_minor"]]


@pytest.mark.parametrize("on", [ON, "2024-11-01", "2025-01-31", "2026-01-01"])
def test_every_invoice_stands_in_its_bucket(books: Layer, on: str) -> None:
    """Given books with everything in them, when aged on a day, then rows, buckets, customers and totals add up to the
    ledger's own report, customer by customer and in its order."""
    report = books.get("invoices/ar-aging", effective_date=on)["data"]
    expected = ledger(books, "receivable", as_of=on)
    assert report["type"] == "AR_Aging_Report"
    assert report["basis"] == "ACCRUAL"
    assert {report[name] for name in ("as_of_date", "start_date", "end_date")} == {f"{on}T00:00:00Z"}
    assert [(one["customer_id"], one["customer_name"]) for one in report["customers"]] == [
        (row["party_id"], row["name"]) for row in expected["rows"]
    ]
    for customer, row in zip(report["customers"], expected["rows"], strict=True):
        buckets = customer["buckets"]
        assert [(one["bucket_start_day"], one["bucket_end_day"]) for one in buckets] == LATE
        bands = [customer["current"], *(one["invoices"] for one in buckets)]
        sums = [sum(one["outstanding_balance"] for one in band) for band in bands]
        assert [*sums, customer["total_outstanding_balance"]] == minor(row)
        assert {one["customer_name"] for band in bands for one in band} == {customer["customer_name"]}
    totals = report["totals"]
    assert [(one["bucket_start_day"], one["bucket_end_day"]) for one in totals["bucket_totals"]] == LATE
    late = [one["total"] for one in totals["bucket_totals"]]
    assert [totals["current_total"], *late, totals["grand_total"]] == minor(expected["totals"][0])


def test_the_rows_are_invoices(books: Layer) -> None:
    """Given a part payment, when aged, then the invoice's row has its whole amount, what is left and its due date."""
    customers = {
        one["customer_name"]: one for one in books.get("invoices/ar-aging", effective_date=ON)["data"]["customers"]
    }
    brown = customers["Brown & Söhne"]
    known = {one["external_id"]: one["id"] for one in books.get("invoices")["data"]}
    assert brown["current"] == [
        {
            "invoice_id": known["i1"],
            "customer_name": "Brown & Söhne",
            "due_at": "2025-03-31T00:00:00Z",
            "invoice_total": 200,
            "outstanding_balance": 150,
        }
    ]
    assert "Nothing Open" not in customers
    carl = customers["Carl"]
    rows = [*carl["current"], *carl["buckets"][1]["invoices"]]
    assert [(one["due_at"][:10], one["invoice_total"], one["outstanding_balance"]) for one in rows] == [
        ("2025-04-01", 1103, 736),
        ("2025-02-01", 1103, 367),
    ]


@pytest.mark.parametrize(("side", "path"), [("receivable", "ar"), ("payable", "ap")])
@pytest.mark.parametrize("on", [ON, "2025-01-31"])
def test_a_unified_report_is_the_ledgers_table(books: Layer, side: str, path: str, on: str) -> None:
    """Given books, when either side is asked for as a unified report, then it is the ledger's report, cell by cell."""
    report = books.get(f"reports/unified/{path}-aging", effective_date=on)["data"]
    assert (report["type"], report["business_id"]) == ("Unified_Report", books.business_id)
    assert tuple(one["column_key"] for one in report["columns"]) == COLUMNS
    assert all(one["display_name"] for one in report["columns"])
    expected = ledger(books, side, as_of=on)
    named = [(row["party_id"], row["name"], minor(row)) for row in expected["rows"]]
    assert [
        (row["row_key"], row["display_name"], [row["cells"][key]["value"] for key in COLUMNS]) for row in report["rows"]
    ] == [*named, ("total", "Total", minor(expected["totals"][0]))]
    assert {cell["type"] for row in report["rows"] for cell in row["cells"].values()} == {"Currency"}


def test_a_vendors_detail_is_the_customers_mirror(books: Layer, vendors: dict[str, str]) -> None:
    """Given bills in every band, when one vendor is aged, then the shape is that of a customer, with a vendor in it."""
    detail = books.get(f"bills/ap-aging/vendor/{vendors['brown']}", effective_date=ON)
    assert (detail["type"], detail["vendor"]["id"]) == ("AP_Aging_Vendor_Detail", vendors["brown"])
    assert [detail[name] for name in FLAT] == [510, 0, 2400, 9600, 0]
    assert [one["outstanding_value"] for one in detail["buckets"]] == [510, 0, 2400, 9600, 0]
    assert [(one["start_day_number"], one["end_day_number"]) for one in detail["buckets"]] == [(None, 0), *LATE]
    (row,) = [one for one in ledger(books, "payable", as_of=ON)["rows"] if one["party_id"] == vendors["brown"]]
    assert [*(detail[name] for name in FLAT), detail["total"]] == minor(row)


def test_a_customer_is_no_vendor(books: Layer) -> None:
    """Given a customer's id, when asked for as a vendor, then 404."""
    customer = books.get("customers")["data"][0]["id"]
    assert books.ask("GET", f"bills/ap-aging/vendor/{customer}").status_code == 404


def test_a_live_client_is_answered_in_wrappers(
    client: httpx.Client, platform: Platform, books: Layer, vendors: dict[str, str]
) -> None:
    """Given tokens of both profiles, when asked, then the vendor's detail is wrapped for one, the reports for both."""
    live = Layer(client, bearer(layer_token(client, platform, wire_profile="live")), books.business_id)
    one, *reports = (path.format(vendor=vendors["brown"]) for path in reversed(REPORTS))
    assert live.get(one) == {"data": books.get(one)}
    for path in reports:
        assert live.get(path) == books.get(path)


@pytest.mark.parametrize(
    ("given", "values"),
    [
        (["region:north"], ["north"]),
        (["region:south"], ["south"]),
        (["region:south,north"], ["north", "south"]),
        (["region:south", "region:north"], ["north", "south"]),
        (["team:red"], None),
    ],
)
@pytest.mark.parametrize(("side", "path"), [("receivable", "ar"), ("payable", "ap")])
def test_documents_with_a_tag_alone(
    books: Layer, side: str, path: str, given: list[str], values: list[str] | None
) -> None:
    """Given tagged documents, when filtered by a key and values, then the report is the ledger's of the same tags."""
    report = books.get(f"reports/unified/{path}-aging", effective_date=ON, tag_filter=given)["data"]
    tags = [f"region:{value}" for value in values] if values else ["team:red"]
    expected = ledger(books, side, as_of=ON, tag=tags)
    got = [[row["cells"][key]["value"] for key in COLUMNS] for row in report["rows"]]
    assert got == [*(minor(row) for row in expected["rows"]), minor(expected["totals"][0])]
    assert got[-1][-1] > 0


@pytest.mark.parametrize(
    ("given", "enum"),
    [
        (["region:west"], "TagFilterNotFound"),
        (["region:north,west"], "TagFilterNotFound"),
        (["colour:red"], "TagFilterNotFound"),
        (["region:north", "team:red"], "MultipleTagKeyFiltersUnsupported"),
        (["region"], "QueryParamFormat"),
        (["region:"], "QueryParamFormat"),
        ([":north"], "QueryParamFormat"),
        (["region:north,,south"], "QueryParamFormat"),
        ([""], "QueryParamFormat"),
    ],
)
@pytest.mark.parametrize("path", ["reports/unified/ar-aging", "reports/unified/ap-aging"])
def test_a_bad_tag_filter_is_refused(books: Layer, path: str, given: list[str], enum: str) -> None:
    """Given a tag that nothing has, several keys, or what is no tag, when filtered by it, then 400 that names it."""
    answer = books.ask("GET", path, params={"tag_filter": given})
    assert answer.status_code == 400
    assert (answer.json()["type"], answer.json()["error_enum"]) == ("InvalidParameters", enum)
    assert answer.json()["meta"]["field"] == "tag_filter"


@pytest.mark.parametrize("path", REPORTS)
def test_a_bad_effective_date_is_refused(books: Layer, vendors: dict[str, str], path: str) -> None:
    """Given text that is no date, when any report is asked for as of it, then 400 that names the parameter."""
    answer = books.ask("GET", path.format(vendor=vendors["brown"]), params={"effective_date": "2025-02-30"})
    assert (answer.status_code, answer.json()["error_enum"]) == (400, "InvalidEffectiveDate")


@pytest.mark.parametrize("path", REPORTS)
def test_a_known_report_is_not_sent_again(books: Layer, vendors: dict[str, str], path: str) -> None:
    """Given a report's ETag, when asked again, then 304; another day or other tags are another answer."""
    path = path.format(vendor=vendors["brown"])
    first = books.ask("GET", path, params={"effective_date": ON})
    assert first.content == books.ask("GET", path, params={"effective_date": ON}).content
    again = Layer(books.client, books.headers | {"If-None-Match": first.headers["etag"]}, books.business_id)
    assert again.ask("GET", path, params={"effective_date": ON}).status_code == 304
    assert again.ask("GET", path, params={"effective_date": "2025-03-30"}).status_code == 200
    if "unified" in path:
        asked = {"effective_date": ON, "tag_filter": "team:red"}
        assert again.ask("GET", path, params=asked).status_code == 200


@pytest.mark.parametrize("path", REPORTS)
def test_what_is_not_the_callers_is_not_there(
    client: httpx.Client, books: Layer, vendors: dict[str, str], platform: Platform, other_platform: Platform, path: str
) -> None:
    """Given a business that is unknown or another partner's, when asked for a report, then one and the same 404."""
    path = path.format(vendor=vendors["brown"])
    foreign = new_layer(client, other_platform)
    answers = [
        Layer(client, foreign.headers, books.business_id).ask("GET", path),
        Layer(client, books.headers, str(uuid4())).ask("GET", path),
        Layer(client, books.headers, "no-id").ask("GET", path),
    ]
    assert {one.status_code for one in answers} == {404}
    assert len({one.content for one in answers}) == 1


@pytest.mark.parametrize("path", REPORTS[:3])
def test_a_new_business_has_an_empty_report(client: httpx.Client, platform: Platform, path: str) -> None:
    """Given empty books, when a report is asked for, then there are no parties, and zeros as totals."""
    report = new_layer(client, platform).get(path)["data"]
    if "unified" in path:
        assert [row["row_key"] for row in report["rows"]] == ["total"]
        assert {cell["value"] for cell in report["rows"][0]["cells"].values()} == {0}
    else:
        assert (report["customers"], report["totals"]["grand_total"]) == ([], 0)


def test_the_other_dialect_sees_the_same_payables(client: httpx.Client, platform: Platform, books: Layer) -> None:
    """Given the same books, when both dialects age the payables, then rows and totals agree to the cent."""
    (other,) = client.get(
        f"/v1/platform/businesses/{books.business_id}/insights/ap-aging/",
        params={"as_of_date": ON},
        headers=bearer(partner_token(client, platform)),
    ).json()
    *rows, total = books.get("reports/unified/ap-aging", effective_date=ON)["data"]["rows"]
    assert [(UUID(row["row_key"]), row["cells"]["total"]["value"]) for row in rows] == [
        (UUID(one["vendor_id"]), one["total_outstanding_cents"]) for one in other["vendors"]
    ]
    assert total["cells"]["total"]["value"] == other["total_outstanding_cents"]
