"""SQL in every text that a stranger can send: it is kept and found as the text that it is, and does nothing else.

What a harmless odd text gets is what SQL gets. That none of it is run shows in what is kept, in what is found, and in
the schema afterwards, not in how long an answer takes.
"""

import csv
import io
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import quote

import httpx
import psycopg
import pytest
from hypothesis import settings

from duebook.db.embedded import Urls
from tests.attacks.dialects import DOCUMENTS, OPERATIONS, named
from tests.attacks.tally import Attack
from tests.http.native_world import charge
from tests.http.plausible import Plausible
from tests.http.surface import Surface, new_surface
from tests.http.world import Platform, bearer, findings, partner_token

EVERYTHING: Final = settings().max_examples > 100
"""Every payload at every place; else the payloads take turns."""

PAYLOADS: Final = (
    *("'", "''", '"', "`", "\\", "\\'", "';", "--", "/*", "*/", "';--", "') OR ('1'='1", "' OR '1'='1' --", "1 OR 1=1"),
    *(
        "'; DROP TABLE entry CASCADE; --",
        "'; UPDATE business SET name = 'taken'; --",
        "$$",
        "$1",
        "%(id)s",
        "%s",
        "{0}",
    ),
    *(
        "' UNION SELECT private_pem FROM signing_key --",
        "'||(SELECT version())||'",
        "' AND 1=CAST((SELECT 1) AS int) --",
    ),
    *(
        "'; SELECT pg_sleep(60); --",
        "' || pg_sleep(60) --",
        "1; COPY (SELECT 1) TO PROGRAM 'id'",
        "'; SET ROLE postgres --",
    ),
    *(
        "'; SET LOCAL duebook.business_id = '00000000-0000-7000-8000-000000000000'; --",
        "\u02bc OR 1=1",
        "\uff07 OR 1=1",
    ),
    *(
        "%' OR name LIKE '%",
        "%",
        "_",
        "%%%%%%%%",
        "\\%",
        "a%' ESCAPE '!",
        "E'\\x27'",
        "U&'\\0027'",
        "x'; RESET ALL; --",
    ),
    *(
        "(SELECT 1)",
        "NULL--",
        "DEFAULT",
        "current_user",
        "ARRAY[1]",
        "1e1",
        "0x27",
        "CHR(39)",
        "name; --",
        "name DESC; --",
    ),
    *(
        "${7*7}",
        "{{7*7}}",
        "<script>alert(1)</script>",
        "=cmd|' /C calc'!A0",
        "\r\nSet-Cookie: a=b",
        "../../etc/passwd",
    ),
)
FORMULAS: Final = (
    *("=cmd|' /C calc'!A0", "+cmd()", "-cmd()", "@SUM(1)", "\t=cmd()", " =cmd()", "\r=cmd()", "\n=cmd()", "=1+1"),
    *('=HYPERLINK("https://evil.example","x")', '"=cmd()', ";=cmd()", ",=cmd()", "\u00a0=cmd()", "%=cmd()"),
)
ORDINARY: Final = "odd ~ but plain"


@pytest.fixture(scope="module")
def surface(client: httpx.Client, platform: Platform, database_urls: Urls) -> Iterator[Surface]:
    """A business that is asked about; afterwards its books add up, and the schema is as it was."""
    surface = new_surface(client, platform)
    before = schema_of(database_urls)
    yield surface
    assert schema_of(database_urls) == before
    assert findings(database_urls.serve, surface.known["business"]) == []


def schema_of(urls: Urls) -> list[Any]:
    """What tables there are, with their columns and rights, and whose the businesses are."""
    with psycopg.connect(urls.superuser) as connection:
        found = connection.execute(
            "SELECT relname, relacl::text, relforcerowsecurity,"
            " (SELECT string_agg(attname || atttypid, ',' ORDER BY attnum) FROM pg_attribute"
            " WHERE attrelid = pg_class.oid AND attnum > 0 AND NOT attisdropped)"
            " FROM pg_class WHERE relnamespace = 'public'::regnamespace ORDER BY relname"
        ).fetchall()
        return found + connection.execute("SELECT id, partner_id, name FROM business ORDER BY id").fetchall()


@pytest.mark.parametrize("dialect", OPERATIONS)
def test_sql_in_a_question_is_text(
    client: httpx.Client, platform: Platform, surface: Surface, attack: Attack, dialect: str
) -> None:
    """Given a question, when a parameter, an id in the path or a header holds SQL, then it is as any odd text there."""
    header = bearer(partner_token(client, platform))
    plausible = Plausible(DOCUMENTS[dialect], surface)
    turn = 0
    for operation in (one for one in OPERATIONS[dialect] if one.method == "get"):
        path, query = operation.path.format(**surface.ids(operation)), plausible.query(operation)
        names = [one["name"] for one in operation.described.get("parameters", []) if one["in"] == "query"]
        for name in (*names, "X-Request-ID", *operation.names_in_path):
            turn += 1
            for payload in PAYLOADS if EVERYTHING else (PAYLOADS[turn % len(PAYLOADS)],):
                answers = []
                for sent in (payload, ORDINARY):
                    request: dict[str, Any] = {"headers": dict(header), "params": query | {name: sent}, "url": path}
                    if name in operation.names_in_path:
                        ids = surface.ids(operation) | {name: quote(sent, safe="")}
                        request |= {"params": query, "url": operation.path.format(**ids)}
                    elif name == "X-Request-ID":
                        request |= {"params": query}
                        request["headers"][name] = sent.encode().replace(b"\r\n", b"")
                    answers.append(client.request(operation.method, **request))
                statuses = {answer.status_code for answer in answers}
                got = [f"{statuses}: {answers[0].text[:200]}"] if len(statuses) > 1 or max(statuses) >= 500 else []
                attack.tried(f"{named(operation)} {name} = {payload}", *got)
    attack.failed(at_least={"layer": 200, "thredfi": 200, "native": 60}[dialect])


def test_sql_in_a_body_is_kept_as_it_is(
    client: httpx.Client, platform: Platform, surface: Surface, attack: Attack
) -> None:
    """Given SQL as every text of a party and a document, when kept, then each dialect gives the same text back."""
    header = bearer(partner_token(client, platform))
    business = surface.known["business"]
    lists = {f"/v1/businesses/{business}/customers": "data", f"/api/v1/businesses/{business}/parties": "parties"}
    for number, payload in enumerate(PAYLOADS):
        name = f"{number}{payload}"
        party = {"external_id": name, "individual_name": name, "company_name": name, "memo": name, "notes": name}
        made = client.post(f"/v1/businesses/{business}/customers", headers=header, json=party)
        invoice = {
            "external_id": name, "sent_at": "2025-01-01", "due_at": "2025-02-01", "customer_external_id": name,
            "invoice_number": name, "memo": name, "tags": [{"key": name, "value": name}],
            "line_items": [{"product": name, "unit_price": 1, "description": name}],
        }  # fmt: skip
        billed = client.post(f"/v1/businesses/{business}/invoices", headers=header, json=invoice)
        assert (made.status_code, billed.status_code) == (201, 201), (made.text, billed.text)
        identity, customer = billed.json()["data"]["id"], made.json()["data"]["id"]
        reads = {
            f"/v1/businesses/{business}/customers/{customer}": 3,
            f"/v1/businesses/{business}/invoices/{identity}": 6,
            f"/v1/platform/businesses/{business}/invoices/{identity}/": 5,
            f"/api/v1/businesses/{business}/documents/{identity}": 5,
        }
        for path, times in reads.items():
            answer = client.get(path, headers=header)
            seen = sum(one == name for one in texts_of(answer.json()))
            attack.tried(f"{path} {payload}", *([] if seen >= times else [f"{seen} of {times}: {answer.text[:500]}"]))
        for path, list_of in lists.items():
            found = client.get(path, headers=header, params={"external_id": name}).json()[list_of]
            attack.tried(f"{path} {payload}", *([] if len(found) == 1 else [str(found)[:300]]))
    attack.failed(at_least=6 * len(PAYLOADS))


def test_no_text_is_a_formula_in_an_export(surface: Surface, attack: Attack) -> None:
    """Given texts that a spreadsheet would work out, when an export is read as CSV, then none of its cells is one."""
    books = surface.books
    for number, formula in enumerate(FORMULAS):
        whose = {"external_id": f"{formula}{number}", "name": formula}
        tags = [{"key": formula, "value": formula}]
        books.do(charge(f"{formula}{number}", party=whose, number=formula, tags=tags, body={"memo": formula}))
    answer = books.ask("GET", "audit.csv")
    assert answer.status_code == 200
    cells = [cell for row in csv.reader(io.StringIO(answer.text)) for cell in row]
    assert sum("cmd" in cell for cell in cells) > 10
    for cell in sorted(set(cells)):
        attack.tried(cell, *([cell] if cell.lstrip().startswith(("=", "+", "-", "@")) else []))
    attack.failed(at_least=100)


def texts_of(value: Any) -> Iterator[str]:
    """Every text in an answer."""
    match value:
        case str():
            yield value
        case dict():
            for one in value.values():
                yield from texts_of(one)
        case list():
            for one in value:
                yield from texts_of(one)
