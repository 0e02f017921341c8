"""Reading small tables: exchange rates, balances of a control account, contacts."""

import gzip
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from duebook.importers.balances import read_balances
from duebook.importers.contacts import read_contacts
from duebook.importers.errors import DamagedGzip, EmptyFile, MissingColumns, NoHeader
from duebook.importers.rates import read_rates
from duebook.ledger.facts import Rate


def test_rates_are_read_by_line() -> None:
    """Given rates with a title above them, gzipped or not, when read, then each line is a rate."""
    text = b"Rates of the bank,,\n\nDate,Currency,Rate\n2025-01-01,EUR,1.0845\n2025-01-02,jpy,0.0065\n"
    expected = (
        (Rate("EUR", date(2025, 1, 1), Decimal("1.0845")), Rate("JPY", date(2025, 1, 2), Decimal("0.0065"))),
        (),
    )
    assert read_rates(text, base_currency="USD") == expected
    assert read_rates(gzip.compress(text), base_currency="USD") == expected


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("EUR,2025-01-01,1.09", "line 3, rate: '1.09' is the second rate of EUR on 2025-01-01: see line 2"),
        ("XXZ,2025-01-02,1", "line 3, currency: 'XXZ' is not the code of a currency (ISO 4217, such as USD)"),
        ("USD,2025-01-02,1", "line 3, currency: 'USD' is the base currency, which has no rate"),
        (
            "EUR,2025-01-02,-1",
            "line 3, rate: '-1' is not a rate: above zero, up to 12 digits on each side, such as 1.0845",
        ),
        (
            "EUR,2025-01-02,0.0",
            "line 3, rate: '0.0' is not a rate: above zero, up to 12 digits on each side, such as 1.0845",
        ),
        ("EUR,2025-02-30,1", "line 3, date: '2025-02-30' does not exist in the calendar (read as YYYY-MM-DD)"),
        ("EUR,,1", "line 3, date: is empty"),
        ("EUR,2025-01-02", "line 3: it has 2 fields, the header has 3"),
    ],
)
def test_a_line_that_is_no_rate_is_named(line: str, said: str) -> None:
    """Given a bad line below a good one, when read, then the problem names it and the good one is there."""
    rates, problems = read_rates(f"currency,date,rate\nEUR,2025-01-01,1.08\n{line}\n".encode(), base_currency="USD")
    assert [str(problem) for problem in problems] == [said]
    assert rates == (Rate("EUR", date(2025, 1, 1), Decimal("1.08")),)


def test_days_that_do_not_tell_are_asked_about() -> None:
    """Given dates that may begin with the day or the month, when read, then the file is refused unless it is told."""
    text = b"currency,date,rate\nEUR,03/04/2025,1.08\n"
    rates, [problem] = read_rates(text, base_currency="USD")
    assert (rates, problem.line, problem.value) == ((), None, "03/04/2025")
    assert read_rates(text, base_currency="USD", date_format="dmy")[0][0].quoted_on == date(2025, 4, 3)


def test_balances_are_read_in_order_of_day() -> None:
    """Given balances in any order, with thousands and brackets, when read, then they are minor units by day."""
    text = b"Date;Balance\n2025-02-28;(5,00)\n2025-01-31;1.234,56\n"
    assert read_balances(text, currency="EUR") == (((date(2025, 1, 31), 123456), (date(2025, 2, 28), -500)), ())


def test_bad_balances_are_named() -> None:
    """Given a second balance of a day, one without a day and one without an amount, when read, then each is named."""
    text = b"date,balance\n2025-01-31,1\n2025-01-31,2\n,3\n2025-02-28,x\n"
    balances, problems = read_balances(text, currency="USD")
    assert balances == ((date(2025, 1, 31), 100),)
    assert [str(problem) for problem in problems] == [
        "line 3, date: '2025-01-31' has a second balance: see line 2",
        "line 4, date: is empty",
        "line 5, balance: 'x' is not an amount",
    ]


@pytest.mark.parametrize(
    ("raw", "refusal"),
    [
        (b"", EmptyFile),
        (b"date,amount of it\n2025-01-31,5\n", MissingColumns),
        (b"\x1f\x8b and no more", DamagedGzip),
        (b'date,"balance\n2025-01-31,5\n', NoHeader),
    ],
)
def test_a_table_that_cannot_be_read_is_refused(raw: bytes, refusal: type[Exception]) -> None:
    """Given bytes that are no such table, when read, then it is refused as a whole."""
    with pytest.raises(refusal):
        read_balances(raw, currency="USD")


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str], Path]:
    """Writes a file of contacts."""

    def write(text: str) -> Path:
        path = tmp_path / "contacts.csv"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_contacts_give_names_by_id(write: Callable[[str], Path]) -> None:
    """Given contacts, one twice, when read, then each has a name and the repetition is told by its line."""
    contacts = read_contacts(write("Customer_ID,Customer_Name\nK1,Kiln  Ltd\nK2,Knoll\nK1,Kiln Ltd\n"))
    assert contacts.names == {"K1": "Kiln Ltd", "K2": "Knoll"}
    assert contacts.notices == ("contacts.csv line 4: there already, under the same name",)
    assert contacts.problems == ()


def test_a_contact_with_two_names_is_a_problem(write: Callable[[str], Path]) -> None:
    """Given one id under two names and one without a name, when read, then both lines are named."""
    contacts = read_contacts(write("contact_id,name\n7,Ash\n7,Elm\n8,\n"))
    assert [str(problem) for problem in contacts.problems] == [
        "contacts.csv line 3, contact_id: '7' has another name on line 2",
        "contacts.csv line 4, name: is empty",
    ]
