"""What raw files say happened, as statements of SQL for DuckDB and as events in plain Python, and nothing of Duebook's.

What files get wrong is left out in the same way as docs/howto/import-payments.md says: an invoice without an amount or
with another kind of date than the rest, and one that was there before; a payment for any of these, for a credit, or for
nothing that is there. A payment of more than is open is unapplied as far as it does not fit.
"""

import csv
import gzip
import json
import re
import sys
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from pathlib import Path
from typing import Any, Final, NamedTuple, TextIO


class Event(NamedTuple):
    """A change to what a party owes: on a day, of something due on a day, or of unapplied money (no due date)."""

    party: str
    currency: str
    on: date
    due: date | None
    cents: int


AR: Final = r"""
    CREATE TEMP TABLE row AS
        SELECT row_number() OVER () AS line, * FROM read_csv(?, all_varchar = true, parallel = false);
    CREATE TEMP TABLE invoice AS
        SELECT Invoice_ID AS id, Customer_ID AS party, Invoice_Date::DATE AS issued,
               coalesce(nullif(Due_Date, ''), Invoice_Date)::DATE AS due,
               round(Invoice_Amount::DECIMAL(18, 2) * 100)::BIGINT AS cents
          FROM (SELECT *, row_number() OVER (PARTITION BY Invoice_ID ORDER BY line) AS nth
                  FROM row
                 WHERE Invoice_Amount <> '' AND regexp_full_match(Invoice_Date, '\d{4}-\d{2}-\d{2}'))
         WHERE nth = 1;
    CREATE TEMP TABLE payment_row AS
        SELECT row_number() OVER () AS line, * FROM read_csv(?, all_varchar = true, parallel = false);
    CREATE TEMP TABLE paid AS
        SELECT party, issued, due, invoice.cents AS owed, paid, payment.cents,
               sum(payment.cents) OVER (PARTITION BY id ORDER BY paid, line) - payment.cents AS before
          FROM (SELECT line, Invoice_ID, try_cast(Payment_Date AS DATE) AS paid,
                       round(Amount_Paid::DECIMAL(18, 2) * 100)::BIGINT AS cents,
                       row_number() OVER (PARTITION BY Payment_ID, Invoice_ID ORDER BY line) AS nth
                  FROM payment_row
                 WHERE try_cast(Payment_Date AS DATE) IS NOT NULL AND Amount_Paid::DECIMAL(18, 2) > 0) AS payment
          JOIN invoice ON Invoice_ID = id AND invoice.cents >= 0
         WHERE nth = 1;
    CREATE TEMP TABLE applied AS
        SELECT *, greatest(least(cents, owed - before), 0) AS fits, greatest(paid, issued) AS applied FROM paid;
    CREATE TEMP TABLE event AS
        SELECT party, 'USD' AS currency, issued AS on_day, CASE WHEN cents >= 0 THEN due END AS due, cents FROM invoice
        UNION ALL SELECT party, 'USD', paid, NULL, -cents FROM applied
        UNION ALL SELECT party, 'USD', applied, NULL, fits FROM applied
        UNION ALL SELECT party, 'USD', applied, due, -fits FROM applied;
"""

XERO: Final = """
    CREATE TEMP TABLE invoice AS
        SELECT contact_id AS party, currency_code AS currency, date::DATE AS issued, due_date::DATE AS due,
               nullif(fully_paid_on_date, '')::DATE AS paid, round(total::DECIMAL(18, 2) * 100)::BIGINT AS cents,
               round_even(total::DOUBLE * 100 / currency_rate::DOUBLE, 0)::BIGINT AS base_cents
          FROM read_csv(?, all_varchar = true)
         WHERE status IN ('PAID', 'AUTHORISED') AND type = ?;
    CREATE TEMP TABLE settled AS SELECT *, greatest(paid, issued) AS applied FROM invoice WHERE paid IS NOT NULL;
    CREATE TEMP TABLE counted AS
        SELECT party, currency, issued AS on_day, due, cents, base_cents FROM invoice
        UNION ALL SELECT party, currency, paid, NULL, -cents, -base_cents FROM settled
        UNION ALL SELECT party, currency, applied, NULL, cents, base_cents FROM settled
        UNION ALL SELECT party, currency, applied, due, -cents, -base_cents FROM settled;
    CREATE TEMP TABLE event AS
        SELECT party, coalesce(?, currency) AS currency, on_day, due,
               CASE WHEN ? THEN base_cents ELSE cents END AS cents
          FROM counted;
"""


def ar_events(invoices: Path, payments: Path) -> Iterator[Event]:
    """Invoices and the payments that name them."""
    there: dict[str, tuple[str, date, date, int]] = {}
    for row in _rows(invoices):
        if (
            row["Invoice_Amount"]
            and re.fullmatch(r"\d{4}-\d\d-\d\d", row["Invoice_Date"])
            and row["Invoice_ID"] not in there
        ):
            issued = date.fromisoformat(row["Invoice_Date"])
            due = date.fromisoformat(row["Due_Date"]) if row["Due_Date"] else issued
            there[row["Invoice_ID"]] = row["Customer_ID"], issued, due, _cents(row["Invoice_Amount"])
    for party, issued, due, cents in there.values():
        yield Event(party, "USD", issued, due if cents >= 0 else None, cents)
    left = {number: cents for number, (_, _, _, cents) in there.items() if cents >= 0}
    good: dict[tuple[str, str], tuple[date, int]] = {}
    for row in _rows(payments):
        day, cents = _day(row["Payment_Date"]), _cents(row["Amount_Paid"])
        if day is not None and cents > 0 and row["Invoice_ID"] in left:
            good.setdefault((row["Payment_ID"], row["Invoice_ID"]), (day, cents))
    for (_, number), (paid, cents) in sorted(good.items(), key=lambda each: each[1][0]):
        party, issued, due, _ = there[number]
        fits = min(cents, left[number])
        left[number] -= fits
        yield Event(party, "USD", paid, None, -cents)
        yield Event(party, "USD", max(paid, issued), None, fits)
        yield Event(party, "USD", max(paid, issued), due, -fits)


def xero_events(invoices: Path, side: str, base: str | None) -> Iterator[Event]:
    """Invoices or bills, in their own currencies, or in the base currency at the rates of their rows."""
    wanted = "ACCREC" if side == "receivable" else "ACCPAY"
    for row in _rows(invoices):
        if row["status"] not in ("PAID", "AUTHORISED") or row["type"] != wanted:
            continue
        cents, currency = _cents(row["total"]), row["currency_code"]
        if base is not None:
            with localcontext() as context:
                context.prec = 60
                worth = Decimal(cents) / Decimal(row["currency_rate"])
                cents, currency = int(worth.quantize(Decimal(1), ROUND_HALF_EVEN)), base
        party, issued, due = row["contact_id"], date.fromisoformat(row["date"]), date.fromisoformat(row["due_date"])
        yield Event(party, currency, issued, due, cents)
        if row["fully_paid_on_date"]:
            paid = date.fromisoformat(row["fully_paid_on_date"])
            yield Event(party, currency, paid, None, -cents)
            yield Event(party, currency, max(paid, issued), None, cents)
            yield Event(party, currency, max(paid, issued), due, -cents)


def quickbooks_events(bodies: Sequence[Path], side: str) -> Iterator[Event]:
    """What the latest state of each document says, and what payments say they are for."""
    charge, credit, payment, who = (
        ("Invoice", "CreditMemo", "Payment", "CustomerRef")
        if side == "receivable"
        else ("Bill", "VendorCredit", "BillPayment", "VendorRef")
    )
    latest: dict[tuple[str, str], dict[str, Any]] = {}
    for path in bodies:
        for kind, found in _entities(json.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)):
            there = latest.get((kind, found["Id"]), {"SyncToken": "-1"})
            if found.get("status") == "Deleted" or int(found["SyncToken"]) >= int(there.get("SyncToken", "999999999")):
                latest[kind, found["Id"]] = found
    documents = {key: one for key, one in latest.items() if one.get("TotalAmt")}
    for (kind, _), one in documents.items():
        if kind in (charge, credit, payment):
            sign, due = (1, _day(one.get("DueDate") or one["TxnDate"])) if kind == charge else (-1, None)
            yield Event(
                one[who]["value"],
                one["CurrencyRef"]["value"],
                _must(one["TxnDate"]),
                due,
                sign * _cents(one["TotalAmt"]),
            )
    for (kind, _), one in latest.items():
        if kind != payment or one.get("status") == "Deleted":
            continue
        for line in one.get("Line", ()):
            for linked in line["LinkedTxn"]:
                if linked["TxnType"] == charge:
                    target, cents = documents[charge, linked["TxnId"]], _cents(line["Amount"])
                    party, currency = target[who]["value"], target["CurrencyRef"]["value"]
                    on = max(_must(one["TxnDate"]), _must(target["TxnDate"]))
                    yield Event(party, currency, on, _day(target.get("DueDate") or target["TxnDate"]), -cents)
                    yield Event(party, currency, on, None, cents)


def _entities(body: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """All objects with an id that stand under the name of their kind."""
    for name, value in body.items() if isinstance(body, dict) else ():
        for one in value if isinstance(value, list) else [value]:
            if name in ("QueryResponse", "CDCResponse", "BatchItemResponse"):
                yield from _entities(one)
            elif isinstance(one, dict) and name in (
                "Invoice",
                "CreditMemo",
                "Payment",
                "Bill",
                "VendorCredit",
                "BillPayment",
            ):
                yield name, one


def _rows(path: Path) -> list[dict[str, str]]:
    with _opened(path) as file:
        return list(csv.DictReader(file))


def _opened(path: Path) -> TextIO:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8", newline="")
    return path.open(encoding="utf-8", newline="")


def _cents(text: Any) -> int:
    cents = Decimal(text) * 100
    if cents != int(cents):
        sys.exit(f"{text} has a fraction of a cent")
    return int(cents)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _must(text: str) -> date:
    return date.fromisoformat(text)
