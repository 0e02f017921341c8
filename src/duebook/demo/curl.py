"""Shell lines that ask each endpoint of a running demonstration; pasted one after the other, they all work.

Holds: the lines need curl and a shell, nothing else; those that need a token fetch it first.
"""

from typing import NamedTuple
from uuid import UUID

from duebook.demo.kept import Kept

_TOKEN_ALONE = """sed 's/.*"access_token":"\\([^"]*\\)".*/\\1/'"""


class Line(NamedTuple):
    """One line for a shell, and what it asks for."""

    asks_for: str
    command: str


def lines(url: str, kept: Kept, customer_id: UUID, version: int) -> list[Line]:
    """The lines in the order in which to paste them; the version is the latest of the books."""
    curl = "curl -s -w '\\n'"
    basic = f"-u {kept.partner_id}:{kept.api_key}"
    bearer = '-H "Authorization: Bearer $TOKEN"'
    platform = f"{url}/v1/platform"
    books = f"{platform}/businesses/{kept.business_id}"
    layer = f"{url}/v1/businesses/{kept.business_id}"
    reports = f"{url}/api/v1/businesses/{kept.business_id}/reports/aging"
    partner_token = f"curl -s {basic} -X POST {platform}/oauth2/token/"
    business_token = f"curl -s {bearer} -X POST {platform}/{kept.business_id}/oauth2/token/"
    layer_token = f"curl -s {basic} -d grant_type=client_credentials {url}/oauth2/token"
    return [
        Line("what customers owe, without unapplied money", f"{curl} {basic} {books}/insights/ar-aging/"),
        Line("what vendors are owed, likewise", f"{curl} {basic} {books}/insights/ap-aging/"),
        Line("a token of the partner", f"TOKEN=$({partner_token} | {_TOKEN_ALONE})"),
        Line("the partner's businesses", f"{curl} {bearer} {platform}/businesses/"),
        Line("one business", f"{curl} {bearer} {books}/"),
        Line("a token for one business", f"TOKEN=$({business_token} | {_TOKEN_ALONE})"),
        Line("totals alone, with that token", f"{curl} {bearer} '{books}/insights/ar-aging/?group_by=total'"),
        Line("how many invoices there are, with that token", f"{curl} {bearer} {books}/ar/stats"),
        Line("overdue invoices", f"{curl} {bearer} '{books}/invoices/?status=overdue&page_size=2'"),
        Line("a token for the other dialect", f"TOKEN=$({layer_token} | {_TOKEN_ALONE})"),
        Line("what one customer owes", f"{curl} {bearer} {layer}/invoices/ar-aging/customer/{customer_id}"),
        Line("what all of them owe, invoice by invoice", f"{curl} {bearer} {layer}/invoices/ar-aging"),
        Line("what is owed to vendors, as a table", f"{curl} {bearer} {layer}/reports/unified/ap-aging"),
        Line("customers", f"{curl} {bearer} '{layer}/customers?limit=2'"),
        Line("invoices", f"{curl} {bearer} '{layer}/invoices?limit=2'"),
        Line("payments of invoices", f"{curl} {bearer} '{layer}/invoices/payments?limit=2'"),
        Line("vendors", f"{curl} {bearer} '{layer}/vendors?limit=2'"),
        Line("bills", f"{curl} {bearer} '{layer}/bills?limit=2'"),
        Line("payments of bills", f"{curl} {bearer} '{layer}/bills/bill-payments?limit=2'"),
        Line("our own report, with unapplied money", f"{curl} {basic} '{reports}?side=receivable'"),
        Line(
            "the items behind its largest row",
            f"{curl} {basic} '{reports}/items?side=receivable&party_id={customer_id}'",
        ),
        Line("what the last write changed", f"{curl} {basic} '{reports}/changes?side=receivable&since={version - 1}'"),
        Line("whether the server answers", f"{curl} {url}/healthz"),
        Line("whether its database does", f"{curl} {url}/readyz"),
        Line("our own interface as OpenAPI", f"{curl} {url}/openapi/api.json"),
        Line("one dialect as OpenAPI", f"{curl} {url}/openapi/thredfi.json"),
        Line("the other as OpenAPI", f"{curl} {url}/openapi/layer.json"),
    ]
