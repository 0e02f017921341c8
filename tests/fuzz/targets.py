"""What is fuzzed: everything that reads what a stranger wrote, each with what may come of it.

Every target is a property of generated input: in a run of the tests it is tried on a few examples, and with a fuzzer on
millions that are led by what they reach (`make fuzz`). What comes of an input is a value, or one of the refusals that
are meant for it; anything else that is raised is a finding.
"""

import asyncio
import json
import tempfile
from collections.abc import Callable
from contextlib import suppress
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

import jwt
import msgspec
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from hypothesis import given
from hypothesis import strategies as st
from jwt.algorithms import ECAlgorithm

from duebook.days import day_of
from duebook.http import inputs, layer, native, stamps, thredfi
from duebook.http.addresses import Proxies
from duebook.http.layer.lists import INVOICE_SORTS
from duebook.http.layer.lists import Paging as LayerPaging
from duebook.http.native import paging
from duebook.http.native.commands import Commands
from duebook.http.native.known import known_at_of
from duebook.http.native.question import bands_of, filters_of
from duebook.http.settings import BadSettings, settings_of
from duebook.http.thredfi import filters
from duebook.http.token_requests import token_request
from duebook.importers.balances import read_balances
from duebook.importers.contacts import read_contacts
from duebook.importers.csv_file import read_csv
from duebook.importers.errors import ImportRefused
from duebook.importers.payments import read_payments
from duebook.importers.quickbooks import read_bodies
from duebook.importers.quickbooks_commands import plan_quickbooks
from duebook.importers.rates import read_rates
from duebook.importers.xero import read_xero
from duebook.ledger.facts import Side
from duebook.ledger.views import Place
from duebook.money import MAX_MINOR, MIN_MINOR, BadAmount, format_minor, parse_minor
from duebook.oauth.errors import BadToken
from duebook.oauth.outside import BadKeySet, OutsideKeys, TrustedIssuer, keys_of
from duebook.oauth.tokens import login_of

_UTC: Final = ZoneInfo("UTC")
_READERS: Final[dict[str, Callable[[Path], object]]] = {
    "invoices": lambda path: read_csv(path, side=Side.RECEIVABLE, currency="USD"),
    "bills": lambda path: read_csv(path, side=Side.PAYABLE, currency="KWD"),
    "payments": lambda path: read_payments(path, side=Side.RECEIVABLE, currency="USD"),
    "contacts": read_contacts,
    "rates": lambda path: read_rates(path.read_bytes(), base_currency="USD"),
    "balances": lambda path: read_balances(path.read_bytes(), currency="USD"),
    "xero": lambda path: read_xero(path, base_currency="USD"),
    "quickbooks": lambda path: plan_quickbooks(read_bodies([path]), base_currency="USD"),
}
_HEADS: Final = (
    *("", "Customer,Invoice No,Invoice Date,Due Date,Amount,Paid Date\n", "Customer;Number;Date;Amount;Currency\n"),
    *("Vendor,Bill No,Bill Date,Total,Balance,Terms\n", "Date\tBalance\n", "Currency,Date,Rate\n"),
    *("Payment Date,Amount,Customer,Invoice No\n", "*ContactName,*InvoiceNumber,*InvoiceDate,*DueDate,Total\n"),
)
_CELLS: Final = (
    *("2025-01-31", "31/01/2025", "1/2/25", "Jan 5, 2025", "20250131", "45000", "0000-00-00", "9999-12-31", "1,234.50"),
    *(
        "(5.00)",
        "1.234,50",
        "-7",
        "1e5",
        "$ 5",
        "5 CR",
        "NaN",
        "'",
        '"',
        "=cmd()",
        "Ann",
        "USD",
        "JPY",
        "\0",
        "١٢",
        "30",
    ),
)

_lines = st.lists(st.lists(st.sampled_from(_CELLS) | st.text(max_size=12), max_size=8), max_size=8)
_tables = st.builds(
    lambda head, lines, mark: (head + "\n".join(mark.join(line) for line in lines)).encode("utf-8", "surrogatepass"),
    st.sampled_from(_HEADS),
    _lines,
    st.sampled_from([",", ";", "\t", "|"]),
)
_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.sampled_from(_CELLS),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=20,
)
_texts = st.text(max_size=60) | st.sampled_from(_CELLS) | st.from_regex(r"[-0-9T:.Z+, a-z]{0,40}", fullmatch=True)
_folder: Final = tempfile.TemporaryDirectory(prefix="duebook-fuzz-")
_file: Final = Path(_folder.name, "given.csv")


@given(
    st.sampled_from(sorted(_READERS)),
    st.binary(max_size=2_000) | _tables | _json.map(lambda one: json.dumps(one).encode()),
)
def importers(kind: str, raw: bytes) -> None:
    """A file is read to the end, with its problems, or refused as a whole; and the second time as the first."""
    _file.write_bytes(raw)
    read = []
    for _ in range(2):
        try:
            read.append(repr(_READERS[kind](_file)))
        except ImportRefused as refused:
            read.append(str(refused))
    assert read[0] == read[1]


_KEY: Final = generate_private_key(SECP256R1())
_SET: Final = Path(_folder.name, "keys.json")
_SET.write_text(
    json.dumps({"keys": [ECAlgorithm.to_jwk(_KEY.public_key(), as_dict=True) | {"kid": "k", "alg": "ES256"}]})
)
_ISSUER: Final = OutsideKeys(TrustedIssuer("https://issuer.example", str(_SET), "duebook"))
_LOOP: Final = asyncio.new_event_loop()
_CLAIMS: Final = {"iss": "https://issuer.example", "aud": "duebook", "exp": 2**31, "partner_id": str(UUID(int=7))}


def _signed(header: Any, claims: Any) -> str:
    said = ".".join(jwt.utils.base64url_encode(json.dumps(one).encode()).decode() for one in (header, claims))
    algorithm = ECAlgorithm(ECAlgorithm.SHA256)
    return f"{said}.{jwt.utils.base64url_encode(algorithm.sign(said.encode(), _KEY)).decode()}"


_tokens = st.builds(
    lambda header, claims: _signed({"alg": "ES256", "kid": "k"} | header, _CLAIMS | claims),
    st.dictionaries(st.sampled_from(["alg", "kid", "crit", "b64", "zip", "typ", "jwk"]), _json, max_size=2),
    st.dictionaries(
        st.sampled_from(
            ["iss", "aud", "exp", "nbf", "iat", "sub", "partner_id", "business_id", "scope", "wire_profile"]
        ),
        _json,
        max_size=3,
    ),
)


@given(_tokens | st.text(max_size=200) | st.binary(max_size=200).map(lambda raw: raw.decode("latin-1")))
def tokens(token: str) -> None:
    """A token of another issuer says who asks, or is refused with a reason; so does whatever stands for a key."""
    refusals = (BadToken, jwt.PyJWTError, msgspec.ValidationError, RecursionError, OverflowError)
    with suppress(*refusals):
        caller, _ = _LOOP.run_until_complete(_ISSUER.verified(token))
        assert isinstance(caller.partner_id, UUID)
    for scheme in ("Basic", "bearer", ""):
        login_of(f"{scheme} {token}")
    login_of(token)


@given(st.binary(max_size=500) | _json.map(lambda one: json.dumps({"keys": one}).encode()))
def key_sets(raw: bytes) -> None:
    """A key set has keys that can verify, or is refused."""
    with suppress(BadKeySet):
        assert keys_of(raw)


@given(_texts)
def dates(text: str) -> None:
    """A day, a stamp or a moment is what it says, or is refused; and what was read can be written and counted with."""
    with suppress(inputs.BadInput):
        found = stamps.stamp("field", text)
        assert isinstance(day_of(found, _UTC), date)
        for zone in ("Pacific/Kiritimati", "Pacific/Pago_Pago"):
            day_of(found, ZoneInfo(zone))
    with suppress(inputs.BadInput):
        inputs.day("field", text)
    with suppress(inputs.BadInput):
        assert isinstance(known_at_of(text), int | datetime)


@given(_texts, st.sampled_from(["USD", "JPY", "KWD", "BHD"]), st.integers(MIN_MINOR, MAX_MINOR))
def money(text: str, currency: str, amount: int) -> None:
    """An amount is what it says in whole minor units, or is refused; and what is written is read back."""
    with suppress(BadAmount):
        found = parse_minor(text, currency)
        assert MIN_MINOR <= found <= MAX_MINOR
        assert parse_minor(format_minor(found, currency), currency) == found
    assert parse_minor(format_minor(amount, currency), currency) == amount


@given(_texts | st.from_regex(r"[0-9]{0,6000}", fullmatch=True))
def queries(text: str) -> None:
    """A filter, an order, a cursor or a list of edges is what it says, or is refused with the field's name."""
    known = {"open": ["open"], "paid": ["paid"]}
    asked: list[Callable[[], object]] = [
        *(lambda: filters.ids("a", text), lambda: filters.one_id("a", text), lambda: filters.words("a", text, known)),
        *(lambda: filters.day("a", text), lambda: filters.cents("a", text), lambda: filters.days("a", text, text)),
        *(lambda: filters.amounts("a", text, "5"), lambda: filters.order(text, None, None, {"number": "number"})),
        *(lambda: filters.order(None, "number", text, {"number": "number"}), lambda: bands_of(text)),
        *(lambda: filters_of([text]), lambda: paging.place(text)),
        lambda: LayerPaging(None, "ASC", 1, text, counts=False).sorted_by(INVOICE_SORTS),
    ]
    for one in asked:
        with suppress(inputs.BadInput):
            one()
    with suppress(inputs.BadInput):
        found = paging.place(text)
        assert isinstance(found, Place)
        assert paging.place(paging.written(found)) == found


def _bodies() -> dict[str, Any]:
    """The shapes of bodies of all dialects, by the handlers that take them."""
    found: dict[str, Any] = {}
    for app in (layer.build(), thredfi.build(), native.build_api()):
        for route in app.routes:
            for handler in getattr(route, "route_handlers", ()):
                shape = handler.parsed_fn_signature.parameters.get("data")
                if shape is not None:
                    found[f"{handler.handler_name} {sorted(handler.paths)[0]}"] = shape.annotation
    return found


_BODIES: Final = _bodies()


@given(st.sampled_from(sorted(_BODIES)), st.binary(max_size=500) | _json.map(lambda one: json.dumps(one).encode()))
def bodies(operation: str, raw: bytes) -> None:
    """A body is one of its shape, or the field that is wrong is named; both can be said in an answer."""
    try:
        inputs.parse(_BODIES[operation], raw)
    except inputs.BadInput as wrong:
        msgspec.json.encode([wrong.field, wrong.value, wrong.rule, wrong.said])


_COMMANDS: Final = msgspec.json.schema(Commands)["$defs"]
_commands = st.sampled_from(sorted(name for name, one in _COMMANDS.items() if "command" in one.get("properties", {})))


@given(st.data())
def commands(data: st.DataObject) -> None:
    """A command of any kind with any fields of its own is asked of the ledger, or the field that is wrong is named."""
    shape = _COMMANDS[data.draw(_commands)]
    fields = shape["properties"]
    values = _json | st.sampled_from(["receivable", "payment", "2025-01-31", str(UUID(int=7)), 10**19, {"id": "x"}])
    said = {name: data.draw(values) for name in fields if name in shape["required"] or data.draw(st.booleans())}
    said["command"] = fields["command"].get("const") or fields["command"]["enum"][0]
    raw = json.dumps({"commands": [said]}).encode()
    with suppress(inputs.BadInput):
        for place, one in enumerate(inputs.parse(Commands, raw).commands):
            one.asked(f"commands[{place}]")


@given(
    st.sampled_from(["", "application/json", "application/x-www-form-urlencoded", "text/plain"]) | st.text(max_size=30),
    st.binary(max_size=300) | _json.map(lambda one: json.dumps(one).encode()),
)
def token_requests(content_type: str, raw: bytes) -> None:
    """The body of a token request asks for a token, or the field that is wrong is named."""
    with suppress(inputs.BadInput):
        token_request(content_type, raw)


@given(
    st.lists(st.text(max_size=40) | st.sampled_from(["127.0.0.1", "::1", "::ffff:1.2.3.4", "1.2.3.4:80"]), max_size=3)
)
def addresses(lines: list[str]) -> None:
    """Behind a proxy that is trusted, the client is an address that somebody wrote down, or the proxy itself."""
    trusted = settings_of({"DUEBOOK_TRUSTED_PROXIES": "0.0.0.0/0,::/0"}).proxies
    headers = [(b"x-forwarded-for", line.encode("latin-1", "replace")) for line in lines]
    scope: Any = {"client": ("10.0.0.1", 5), "headers": headers}
    assert trusted.client(scope)
    assert Proxies().client(scope) == "10.0.0.1"


@given(st.dictionaries(st.sampled_from(["DUEBOOK_ALLOWED_ORIGINS", "DUEBOOK_TRUSTED_PROXIES"]), _texts, max_size=2))
def settings(environment: dict[str, str]) -> None:
    """An environment is what a server is set to, or is refused at once."""
    with suppress(BadSettings):
        settings_of(environment)


TARGETS: Final[dict[str, Any]] = {
    one.__name__: one
    for one in (
        *(importers, tokens, key_sets, dates, money, queries, bodies, commands, token_requests, addresses, settings),
    )
}
