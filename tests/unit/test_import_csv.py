"""Reading invoices and bills from CSV files: what is found out, what becomes of a row, what is refused and where."""

import csv
import gzip
import io
import os
import re
import sys
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from duebook.importers import delimiter
from duebook.importers.amounts import AmountColumn, BadColumnAmount, DecimalMark
from duebook.importers.columns import map_columns
from duebook.importers.csv_file import read_csv
from duebook.importers.dates import BadDate, DateColumn, DateFormat, decide
from duebook.importers.errors import (
    ColumnUsedTwice,
    DamagedGzip,
    EmptyFile,
    FilesExtraMissing,
    FileUnreadable,
    ImportRefused,
    MissingColumns,
    NoHeader,
    NoSuchColumn,
    NoSuchField,
    NotText,
    NotUtf8,
    RepeatedColumn,
)
from duebook.importers.rows import ImportRow, Parsed, Problem, shown
from duebook.ledger.facts import Side
from duebook.money import UnknownCurrency, format_minor

Read = Callable[..., Parsed]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Reads the text or bytes as a file of receivables in dollars, unless told otherwise."""

    def read_text(content: str | bytes, **wishes: Any) -> Parsed:
        path = tmp_path / wishes.pop("name", "invoices.csv")
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return read_csv(path, **{"side": Side.RECEIVABLE, "currency": "USD", **wishes})

    return read_text


def mapped(parsed: Parsed) -> dict[str, str]:
    """The column of each field."""
    return {column.field: column.column for column in parsed.mapping.columns}


def said(parsed: Parsed) -> list[str]:
    """The problems as they are printed."""
    return [str(problem) for problem in parsed.problems]


PLAIN = "Customer,Invoice,Date,Due,Amount\n"

IBM = """\
countryCode,customerID,PaperlessDate,invoiceNumber,InvoiceDate,DueDate,InvoiceAmount,Disputed,SettledDate,DaysLate
391,0379-AAAAA,4/6/2013,611365,1/2/2013,2/1/2013,55.94,No,1/15/2013,0
406,0976-BBBBB,3/3/2012,7900770,1/26/2013,2/25/2013,61.7,Yes,3/3/2013,6
770,0379-AAAAA,1/26/2012,9231909,7/3/2013,8/2/2013,94,No,,0
"""

HIGHRADIUS = """\
key_0,business_code,cust_number,name_customer,business_year,doc_id,posting_date,document_create_date,\
document_create_date.1,due_in_date,invoice_currency,document type,posting_id,total_open_amount,baseline_create_date,\
cust_payment_terms,invoice_id,isOpen,Payment_date_predict
1,U001,0200706844,WINC co,2020.0,1930571429.0,2020-02-27,2020-02-26,2020-02-27,2020-03-13,USD,RV,1.0,8734.71,\
2020-02-27,NAA8,1930571429.0,1,2020-03-14
2,CA02,0140105686,MAPLE  llc ,2020.0,2960600011.0,2020-03-30,2020-03-30,2020-03-30,2020-03-10,CAD,RV,1.0,1.5,\
2020-03-31,CA10,2960600011.0,1,2020-04-11
3,U001,0200706844,WINC llc,2020.0,1930571430.0,2020-02-28,2020-02-28,2020-02-28,2020-03-14,USD,RV,1.0,10,\
2020-02-28,NAA8,1930571430.0,1,2020-03-15
"""


def test_a_file_with_settlement_dates_reads_without_a_word_from_the_user(read: Read) -> None:
    """Given camel-case headers, month-first dates and no currency, when read, then every row is there to the cent."""
    parsed = read(IBM)

    assert parsed.problems == ()
    assert mapped(parsed) == {
        "party_id": "customerID",
        "number": "invoiceNumber",
        "issued_on": "InvoiceDate",
        "due_on": "DueDate",
        "amount": "InvoiceAmount",
        "settled_on": "SettledDate",
    }
    assert parsed.mapping.unused == ("countryCode", "PaperlessDate", "Disputed", "DaysLate")
    assert parsed.rows[1] == ImportRow(
        line=3,
        party_external_id="0976-BBBBB",
        party_name="0976-BBBBB",
        number="7900770",
        issued_on=date(2013, 1, 26),
        received_on=None,
        due_on=date(2013, 2, 25),
        currency="USD",
        amount_minor=61_70,
        settled_on=date(2013, 3, 3),
    )
    assert [row.settled_on for row in parsed.rows] == [date(2013, 1, 15), date(2013, 3, 3), None]


def test_a_file_of_open_items_reads_without_a_word_from_the_user(read: Read) -> None:
    """Given ids written as floats, two currencies, names that vary, when read, then ids are text, names one."""
    parsed = read(gzip.compress(HIGHRADIUS.encode()), name="open.csv.gz")

    assert parsed.problems == ()
    assert mapped(parsed) == {
        "party_id": "cust_number",
        "party_name": "name_customer",
        "number": "doc_id",
        "issued_on": "posting_date",
        "due_on": "due_in_date",
        "currency": "invoice_currency",
        "amount": "total_open_amount",
    }
    assert [
        (row.party_external_id, row.party_name, row.number, row.currency, row.amount_minor) for row in parsed.rows
    ] == [
        ("0200706844", "WINC co", "1930571429", "USD", 8734_71),
        ("0140105686", "MAPLE llc", "2960600011", "CAD", 1_50),
        ("0200706844", "WINC co", "1930571430", "USD", 10_00),
    ]
    assert parsed.notices == (
        "'document type' is not read and changes nothing; it says 'RV' 3",
        "1 party has more than one spelling of its name: the first is kept",
        "1 row is due before it is issued (line 3)",
    )


# Bytes, delimiters, lines


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("start", ["", "\ufeff"])
def test_delimiter_line_ends_and_byte_order_mark_are_found(read: Read, mark: str, line_end: str, start: str) -> None:
    """Given any of the usual delimiters and line ends, a mark in front or not, when read, then the rows are there."""
    text = start + line_end.join(["Customer,Invoice,Date,Amount", "Acme,7,2024-05-06,1.50", "Bolt,8,2024-05-07,2", ""])
    parsed = read(text.replace(",", mark))

    assert parsed.mapping.delimiter == mark
    assert [(row.line, row.party_name, row.amount_minor) for row in parsed.rows] == [
        (2, "Acme", 1_50),
        (3, "Bolt", 2_00),
    ]


names = st.text(st.sampled_from("ab,;|\t'\"\\ü\n -5"), min_size=1).filter(lambda name: bool(name.strip()))


@settings(max_examples=40, deadline=None)
@given(
    st.lists(names, min_size=1, max_size=20),
    st.sampled_from([",", ";", "\t", "|"]),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
)
def test_what_a_csv_writer_wrote_is_never_read_as_something_else(
    tmp_path_factory: pytest.TempPathFactory, names: list[str], mark: str, line_end: str, quoting: int
) -> None:
    """Whatever the names hold, the rows come back as written, or the file is refused: nothing is read wrongly."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=mark, lineterminator=line_end, quoting=quoting)  # type: ignore[arg-type]  # an int of the right kind
    writer.writerow(["Customer", "Invoice", "Date", "Amount"])
    writer.writerows([name, f"N-{number}", "2024-01-31", f"{number}.25"] for number, name in enumerate(names))
    path = tmp_path_factory.mktemp("written") / "invoices.csv"
    path.write_bytes(text.getvalue().encode())
    try:
        parsed = read_csv(path, side=Side.RECEIVABLE, currency="USD")
    except ImportRefused:
        return

    if not parsed.problems:
        assert [(row.party_name, row.number, row.amount_minor) for row in parsed.rows] == [
            (" ".join(name.split()), f"N-{number}", number * 100 + 25) for number, name in enumerate(names)
        ]


def test_a_bad_line_far_down_is_named_and_the_rest_is_read(read: Read) -> None:
    """Given a line 4,711 that is too short, when read, then that line is the one problem."""
    lines = [f"Acme,{number},2024-01-31,2024-03-01,{number}.10" for number in range(2, 6000)]
    lines[4711 - 2] = "Acme,4711"
    parsed = read(PLAIN + "\n".join(lines))

    assert said(parsed) == ["line 4711: it has 2 fields, the header has 5"]
    assert len(parsed.rows) == 5997


def test_lines_are_those_an_editor_shows(read: Read) -> None:
    """Given a name over two lines and blank lines, when later values are bad, then the lines named are in the file."""
    parsed = read(PLAIN + '"Acme\nLtd",1,2024-01-31,,5\n\n,,,,\nBolt,2,2024-02-30,,5\n"Bolt\r\nInc",3,2024-01-31,,x\n')

    assert [row.party_name for row in parsed.rows] == ["Acme Ltd"]
    assert said(parsed) == [
        "line 6, Date: '2024-02-30' does not exist in the calendar (read as YYYY-MM-DD)",
        "line 7, Amount: 'x' is not an amount",
    ]


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("Acme,1", "line 3: it has 2 fields, the header has 5"),
        ("Acme,1,2024-01-31,,5,more", "line 3: it has 6 fields, the header has 5"),
        (
            '"Acme" Ltd,1,2024-01-31,,5',
            "line 3: a quote is followed by something other than the delimiter; double the quotes inside a field",
        ),
        (
            '"Acme,1,2024-01-31,,5',
            "line 3: a quote opened here is never closed, and nothing after it could be read",
        ),
        (
            "x" * 200_000 + ",1,2024-01-31,,5",
            "line 3: a field that starts here is too long, perhaps because its quote is never closed",
        ),
        ("A\x00,1,2024-01-31,,5", "line 3, Customer: 'A\\x00' has a control character in it"),
        ("A" * 256 + ",1,2024-01-31,,5", f"line 3, Customer: '{'A' * 60}'… has 256 characters; 255 are the most"),
        (",1,2024-01-31,,5", "line 3, Customer: is empty"),
        ("Acme,1,,,5", "line 3, Date: is empty"),
        ("Acme,1,2024-01-31,,", "line 3, Amount: is empty"),
        (
            "Acme,1.5E+09,2024-01-31,,5",
            "line 3, Invoice: '1.5E+09' has lost its digits in a spreadsheet: format the column as text",
        ),
        (
            "Acme,1,31.01.2024,,5",
            "line 3, Date: '31.01.2024' is not a date written as YYYY-MM-DD, like the rest of the column",
        ),
        ("Acme,1,9999-12-31,,5", "line 3, Date: '9999-12-31' is not in the years 1900 to 2199"),
        ("Acme,1,2024-01-31,,12.345", "line 3, Amount: '12.345' is not an amount of USD: USD has 2 decimal places"),
        ("Acme,1,2024-01-31,,€5", "line 3, Amount: '€5' is not in USD, the currency of its row"),
        (
            "Acme,0,2024-01-30,,4.50",
            "line 3, Invoice: '0' is on line 2 already, for the same party, with the same dates and amount",
        ),
        (
            "Acme,0,2024-01-30,,4.75",
            "line 3, Invoice: '0' is on line 2 already, for the same party, with other dates or another amount",
        ),
    ],
)
def test_a_bad_line_says_what_is_wrong_and_where(read: Read, line: str, problem: str) -> None:
    """Given one bad line below a good one, when read, then the problem names line, column and value."""
    parsed = read(PLAIN + f"Acme,0,2024-01-30,,4.50\n{line}\n")

    assert said(parsed) == [problem]
    assert [row.line for row in parsed.rows] == [2]


def test_bytes_that_are_not_utf_8_are_named_by_line_and_byte(read: Read) -> None:
    """Given a name in Latin-1, when read, then the problem names its line and byte, and the other rows are read."""
    parsed = read(PLAIN.encode() + "Käse,1,2024-01-31,,5\n".encode() + "Ölmühle,2,2024-01-31,,5\n".encode("latin-1"))

    assert said(parsed) == ["line 3: byte 1 of the line (0xD6) is not UTF-8: save the file as UTF-8"]
    assert [row.party_name for row in parsed.rows] == ["Käse"]


def test_several_problems_of_a_line_are_all_told(read: Read) -> None:
    """Given a line whose date and amount are bad, when read, then both are problems."""
    assert said(read(PLAIN + "Acme,1,2024-13-01,,5.9999\n")) == [
        "line 2, Date: '2024-13-01' does not exist in the calendar (read as YYYY-MM-DD)",
        "line 2, Amount: '5.9999' is not an amount of USD: USD has 2 decimal places",
    ]


def test_empty_fields_behind_the_header_are_no_problem(read: Read) -> None:
    """Given rows that end in a delimiter too many, when read, then they are rows."""
    assert len(read(PLAIN + "Acme,1,2024-01-31,,5,\nAcme,2,2024-01-31,,5,,\n").rows) == 2


def test_titles_above_the_header_are_skipped_and_told(read: Read) -> None:
    """Given a report's title above the header, when read, then lines still count from the top of the file."""
    parsed = read(f"Open invoices,,,,\nAs of 31 May,,,,\n\n{PLAIN}Acme,1,2024-01-31,2024-03-01,5\n")

    assert parsed.rows[0].line == 5
    assert parsed.notices == ("the header is on line 4; nothing above it is read",)


def test_a_header_without_rows_is_a_problem(read: Read) -> None:
    """Given a header alone, when read, then that is said."""
    assert said(read(PLAIN)) == ["the file: there is a header, and no row below it"]


@pytest.mark.parametrize(
    ("content", "refusal"),
    [
        (b"", EmptyFile),
        (b"\n \n\r\n", EmptyFile),
        (PLAIN.encode("utf-16"), NotUtf8),
        (b"PK\x03\x04 a spreadsheet", NotText),
        (gzip.compress(PLAIN.encode() * 100, mtime=0)[:-20], DamagedGzip),
        (b"\x1f\x8b and no more", DamagedGzip),
        (b"Kunde,B\xfcro,Date,Amount\nA,1,2024-01-31,5\n", NoHeader),
    ],
)
def test_a_file_that_is_no_csv_is_refused(read: Read, content: bytes, refusal: type[ImportRefused]) -> None:
    """Given bytes that hold no table, when read, then the refusal names the file."""
    with pytest.raises(refusal, match=r"invoices\.csv"):
        read(content)


def test_a_file_that_cannot_be_opened_is_refused(tmp_path: Path) -> None:
    """Given a folder, or no file at all, when read, then the refusal says so."""
    with pytest.raises(FileUnreadable, match="Is a directory"):
        read_csv(tmp_path, side=Side.RECEIVABLE, currency="USD")
    with pytest.raises(FileUnreadable, match="No such file"):
        read_csv(tmp_path / "none.csv", side=Side.RECEIVABLE, currency="USD")
    reading, writing = os.pipe()
    with open(reading), open(writing, "w"), pytest.raises(FileUnreadable, match="it is a pipe"):  # noqa: PTH123  # numbers, not paths
        read_csv(Path(f"/dev/fd/{reading}"), side=Side.RECEIVABLE, currency="USD")


def test_without_duckdb_the_extra_is_named(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    """Given an installation without the extra for files, when a file is read, then the message says what to install."""
    monkeypatch.setitem(sys.modules, "duckdb", None)
    with pytest.raises(FilesExtraMissing, match=r"duebook\[files\]"):
        read(IBM)


@pytest.mark.parametrize("name", ["a [1].csv", "*.csv", "it's.csv", "{a,b}.csv", "http:", "ü.csv"])
def test_a_file_name_is_only_a_name(read: Read, name: str) -> None:
    """Given a name that another program might take for a pattern, when read, then it is that file."""
    assert len(read(PLAIN + "Acme,1,2024-01-31,,5\n", name=name).rows) == 1


def test_duckdb_reaches_nothing_but_the_sample(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Given the query that looks for the delimiter, when it asks for another file, then DuckDB refuses."""
    secret = tmp_path / "secret.csv"
    secret.write_text("a,b\n1,2\n")
    refused = []
    for query in (
        "SELECT content, 2 FROM read_text($secret)",
        "LOAD httpfs",
        "SET threads = 2",
        "COPY (SELECT 1) TO $secret",
    ):
        monkeypatch.setattr(delimiter, "_STRICT", query.replace("$secret", f"'{secret}'") + " -- ?")
        monkeypatch.setattr(delimiter, "_FORGIVING", "SELECT 'refused', 2 WHERE ? IS NOT NULL")
        refused.append(delimiter.find_delimiter("a;b\n1;2\n", secret))

    assert refused == ["refused"] * 4
    assert secret.read_text() == "a,b\n1,2\n"


# Columns


@pytest.mark.parametrize(
    ("header", "side", "expected"),
    [
        ("Customer Name,Customer No,Invoice #,Invoice Date,Due Date,Amount,Paid Date", Side.RECEIVABLE,
         {"party_name": "Customer Name", "party_id": "Customer No", "number": "Invoice #", "issued_on": "Invoice Date",
          "due_on": "Due Date", "amount": "Amount", "settled_on": "Paid Date"}),
        ("Vendor,Bill No.,Bill Date,Date received,Due,Balance,Total", Side.PAYABLE,
         {"party_name": "Vendor", "number": "Bill No.", "issued_on": "Bill Date", "received_on": "Date received",
          "due_on": "Due", "amount": "Balance"}),
        ("*ContactName,*InvoiceNumber,Reference,*InvoiceDate,*DueDate,Total,Currency", Side.RECEIVABLE,
         {"party_name": "*ContactName", "number": "*InvoiceNumber", "issued_on": "*InvoiceDate", "due_on": "*DueDate",
          "amount": "Total", "currency": "Currency"}),
        ("Vendor,Customer,Num,Date,Open Balance", Side.PAYABLE,
         {"party_name": "Vendor", "number": "Num", "issued_on": "Date", "amount": "Open Balance"}),
        ("Customer,Name,Date,Amount", Side.RECEIVABLE,
         {"party_name": "Name", "party_id": "Customer", "issued_on": "Date", "amount": "Amount"}),
        ("Customer,Date received,Date,Amount,Balance,Date paid", Side.RECEIVABLE,
         {"party_name": "Customer", "issued_on": "Date", "amount": "Amount", "settled_on": "Date paid"}),
        ("Client,Invoice,Issued,Due,Total amount,Paid", Side.RECEIVABLE,
         {"party_name": "Client", "number": "Invoice", "issued_on": "Issued", "due_on": "Due",
          "amount": "Total amount", "settled_on": "Paid"}),
        ("Supplier name,Bill no,Bill date,Sent,Pay by,Total,Paid,Outstanding", Side.PAYABLE,
         {"party_name": "Supplier name", "number": "Bill no", "issued_on": "Bill date", "due_on": "Pay by",
          "amount": "Outstanding"}),
    ],
)  # fmt: skip
def test_columns_are_guessed_by_their_names(read: Read, header: str, side: Side, expected: dict[str, str]) -> None:
    """Given the headers of a common export, when read, then each field finds the column an accountant would name."""
    assert mapped(read(f"{header}\n", side=side)) == expected


def named_in_the_guide() -> list[tuple[str, str]]:
    """Fields and the names that the guide promises to recognise for them."""
    guide = Path(__file__).parents[2] / "docs" / "howto" / "import-csv.md"
    rows = re.findall(r"^\| `(\w+)` \|[^|]*\| ([^|]*) \|$", guide.read_text(encoding="utf-8"), flags=re.M)
    return [
        (field, name)
        for field, names in rows
        if field != "amount"
        for name in re.sub(r" \(.*?\)", "", names).split(", ")
    ]


@pytest.mark.parametrize(("field", "name"), named_in_the_guide())
def test_every_name_in_the_guide_is_recognised(field: str, name: str) -> None:
    """Given a header with a name from the guide's table, when its columns are mapped, then it is read for its field."""
    others = {"party_name": ["Due date", "Amount"], "due_on": ["Name", "Amount"]}.get(
        field, ["Name", "Due date", "Amount"]
    )
    side = Side.PAYABLE if field == "received_on" else Side.RECEIVABLE
    columns = map_columns([*others, name], 1, side, {})

    assert {each.field: each.column for each in columns.values()}[field] == name


def test_a_guess_is_overridden_by_field(read: Read) -> None:
    """Given a field named by hand, another switched off, when read, then guesses give way, and the mapping says so."""
    text = "Customer,Invoice,Date,Due,Amount,Paid,Paid date\nAcme,1,2024-01-31,2024-02-29,5,4.00,2024-02-01\n"
    parsed = read(text, overrides={"amount": "paid", "settled_on": "", "party_id": "Customer"})

    assert [(column.field, column.column, column.how) for column in parsed.mapping.columns] == [
        ("party_id", "Customer", "overridden"),
        ("number", "Invoice", "guessed"),
        ("issued_on", "Date", "guessed"),
        ("due_on", "Due", "guessed"),
        ("amount", "Paid", "overridden"),
    ]
    assert (parsed.rows[0].amount_minor, parsed.rows[0].settled_on) == (4_00, None)


@pytest.mark.parametrize(
    ("header", "overrides", "refusal", "message"),
    [
        ("Customer,Date,Amount", {"colour": "Date"}, NoSuchField,
         "there is no field 'colour'; the fields are party_id, party_name, number, issued_on, received_on, due_on, "
         "settled_on, amount, currency, kind"),
        ("Customer,Date,Amount", {"due_on": "Due"}, NoSuchColumn,
         "the file has no column 'Due'; its columns are Customer, Date, Amount"),
        ("Customer,Date,Amount", {"due_on": "Date", "issued_on": "date"}, ColumnUsedTwice,
         "column 'Date' is named for due_on and for issued_on; it can be only one"),
        ("Customer,Amount,Date,Amount", {}, RepeatedColumn,
         "columns 2 and 4 are all called 'Amount': give the one to read a name of its own"),
        ("Customer,Day,Amount", {}, MissingColumns,
         "no column was recognised for the date (issued_on or due_on); the columns, by line 1, are Customer, Day, "
         "Amount; say which one it is with --column FIELD=COLUMN"),
        ("a;b;c", {}, MissingColumns,
         "no column was recognised for the customer or vendor (party_id or party_name), nor for the amount, nor for "
         "the date (issued_on or due_on); the columns, by line 1, are a, b, c; say which one it is "
         "with --column FIELD=COLUMN"),
    ],
)  # fmt: skip
def test_columns_that_cannot_be_settled_are_refused(
    read: Read, header: str, overrides: dict[str, str], refusal: type[ImportRefused], message: str
) -> None:
    """Given a column that is missing, named twice or unknown, when read, then the refusal lists what there is."""
    with pytest.raises(refusal) as caught:
        read(f"{header}\n", overrides=overrides)
    assert str(caught.value) == message


def test_an_unknown_currency_of_the_business_is_refused(read: Read) -> None:
    """Given a default currency that is none, when read, then nothing is read."""
    with pytest.raises(UnknownCurrency):
        read(IBM, currency="XYZ")


def test_columns_that_may_matter_and_are_not_read_are_told(read: Read) -> None:
    """Given a status, kinds that are no words for credits, a second amount, when read, then each is a notice."""
    parsed = read("Vendor,Date,Amount,Balance,Status,Type\nAcme,2024-01-31,5,4,Void,RV\nAcme,2024-02-01,5,4,,KR\n")

    assert parsed.notices == (
        "'Amount' could be the amount as well; 'Balance' is read",
        "'Status' is not read and changes nothing; it says 'Void' 1, '' 1",
        "the file names its parties 'Vendor'; as you asked, they are imported as receivables",
        "'Type' is not read and changes nothing; it says 'RV' 1, 'KR' 1",
        "2 rows have no document number: nothing tells if the file is imported twice",
    )


# Dates


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("2024-02-01", "2024-02-01"),
        ("2024/2/1", "2024-02-01"),
        ("20240201", "2024-02-01"),
        ("20240201.0", "2024-02-01"),
        ("13/2/2024", "2024-02-13"),
        ("2/13/2024", "2024-02-13"),
        ("13-2-2024", "2024-02-13"),
        ("1.2.2024", "2024-02-01"),
        ("2024-02-01T23:30:00", "2024-02-01"),
        ("2024-02-01 3:58:57", "2024-02-01"),
        ("2/13/2024 12:00:00 AM", "2024-02-13"),
        ("2024-02-01 00:00:00+05:00", "2024-02-01"),
        ("2024-02-01T23:30:00Z", "2024-02-02"),
        ("2024-02-01 22:59:59.999 UTC", "2024-02-01"),
        ("2024-02-01 11:30 PM -02", "2024-02-02"),
    ],
)
def test_dates_are_read_as_exports_write_them(read: Read, written: str, expected: str) -> None:
    """Given a date or a stamp, when read for a business in Berlin, then it is its day there (T1)."""
    parsed = read(f"Customer,Invoice,Date,Amount\nAcme,1,{written},5\n", zone=ZoneInfo("Europe/Berlin"))

    assert [row.issued_on.isoformat() for row in parsed.rows] == [expected]


def test_a_column_whose_days_and_months_cannot_be_told_apart_is_asked_about(read: Read) -> None:
    """Given dates that begin with 12 or less, when read, then nothing is until the user says which comes first."""
    text = "Customer,Invoice,Date,Amount\nAcme,1,3/4/2024,5\nAcme,2,5/6/2024,5\n"

    assert read(text).rows == ()
    assert said(read(text)) == [
        "the file, Date: '3/4/2024' may begin with the day or the month, and the column does not tell: "
        "say --date-format dmy or mdy"
    ]
    assert [row.issued_on for row in read(text, date_format="mdy").rows] == [date(2024, 3, 4), date(2024, 5, 6)]
    assert [row.issued_on for row in read(text, date_format="dmy").rows] == [date(2024, 4, 3), date(2024, 6, 5)]


def test_a_column_that_does_not_tell_follows_the_other_dates_of_the_file(read: Read) -> None:
    """Given due dates that tell and issue dates that do not, when read, then both are read alike, and that is told."""
    parsed = read(PLAIN + "Acme,1,1/12/2024,31/12/2024,5\n")

    assert (parsed.rows[0].issued_on, parsed.rows[0].due_on) == (date(2024, 12, 1), date(2024, 12, 31))
    assert parsed.notices == ("'Date' is read as D/M/YYYY, as the other dates of the file are written",)


def test_dates_against_the_format_of_their_column_are_problems(read: Read) -> None:
    """Given a column of mostly month-first dates, when some fit it not, then each is a problem by line."""
    days = ["1/31/2024", "2/29/2024", "31/1/2024", "2024-01-31", "2/30/2024", "soon"]
    rows = [f"Acme,{number},{day},,5" for number, day in enumerate(days)]

    assert said(read(PLAIN + "\n".join(rows))) == [
        "line 4, Date: '31/1/2024' does not exist in the calendar (read as M/D/YYYY)",
        "line 5, Date: '2024-01-31' is not a date written as M/D/YYYY, like the rest of the column",
        "line 6, Date: '2/30/2024' does not exist in the calendar (read as M/D/YYYY)",
        "line 7, Date: 'soon' is not a date written as M/D/YYYY, like the rest of the column",
    ]


@given(st.lists(st.dates(date(1900, 1, 1), date(2199, 12, 31)), min_size=1), st.sampled_from(["mdy", "dmy"]))
def test_a_column_of_dates_is_read_as_written_or_asked_about(days: list[date], order: DateFormat) -> None:
    """For any dates, written month first or day first, the format found gives them back; else none is found."""
    pattern = "{0.month}/{0.day}/{0.year}" if order == "mdy" else "{0.day}/{0.month}/{0.year}"
    texts = [pattern.format(day) for day in days]
    column = decide(Counter(texts))

    if any(day.day > 12 for day in days):
        assert column is not None
        assert [column.read(text, ZoneInfo("UTC")) for text in texts] == days
    else:
        assert column is None


@pytest.mark.parametrize("text", ["2024-02-01 24:00Z", "2024-02-01 13:00 PM Z", "2024-02-01 10:00+99:00"])
def test_a_time_that_no_clock_shows_is_refused(text: str) -> None:
    """Given a stamp with an impossible time or offset, when read, then it is refused."""
    with pytest.raises(BadDate, match="has a time of day that does not exist"):
        DateColumn("ymd", "-").read(text, ZoneInfo("UTC"))


@pytest.mark.parametrize("text", ["", "NULL", "NaT", "nan", "#N/A"])
def test_what_programs_write_for_no_date_is_no_date(read: Read, text: str) -> None:
    """Given an unpaid invoice as databases and spreadsheets export it, when read, then it is not settled."""
    parsed = read(
        f"Customer,Invoice,Date,Amount,Paid date\nAcme,1,2024-01-31,5,{text}\nAcme,2,2024-01-31,5,2024-02-01\n"
    )

    assert [row.settled_on for row in parsed.rows] == [None, date(2024, 2, 1)]


# Amounts


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (["1,234.56", "7"], [1234_56, 7_00]),
        (["1.234,56", "7"], [1234_56, 7_00]),
        (["1234,5"], [1234_50]),
        (["1,234"], [1234_00]),
        (["1'234.50", "1 234.50", "1\u202f234.50"], [1234_50] * 3),
        (["12,34,567.00"], [1234567_00]),
        (["(12.00)", "-12.00", "12.00-", "\u221212.00", "-$12.00", "($12.00)"], [-12_00] * 6),
        (["$5.00", "USD 5.00", "5.00 usd"], [5_00] * 3),
        ([".5", "0.500"], [50, 50]),
        (["1.0", "1.00000"], [1_00, 1_00]),
        (["0"], [0]),
    ],
)
def test_amounts_are_read_as_exports_write_them(read: Read, written: list[str], expected: list[int]) -> None:
    """Given a column of amounts, when read, then its decimal mark is found and each is in cents."""
    rows = [f"Acme\t{number}\t2024-01-31\t{amount}" for number, amount in enumerate(written)]
    parsed = read("Customer\tInvoice\tDate\tAmount\n" + "\n".join(rows))

    assert [row.amount_minor for row in parsed.rows] == expected


def test_a_mark_that_may_be_decimal_or_not_is_asked_about(read: Read) -> None:
    """Given amounts with three digits behind a point, when read, then nothing is until the user says what it means."""
    text = "Customer,Invoice,Date,Amount\nAcme,1,2024-01-31,1.234\n"

    assert said(read(text)) == [
        "the file, Amount: '1.234' may have thousands or decimals behind its mark, and the column does not tell: "
        "say --decimal-mark . or ,"
    ]
    assert read(text, decimal_mark=",").rows[0].amount_minor == 1234_00
    assert read(text, decimal_mark=".", currency="KWD").rows[0].amount_minor == 1_234


def test_amounts_against_the_mark_of_their_column_are_problems(read: Read) -> None:
    """Given a column with decimal points, when one has a comma for it, then it is a problem."""
    rows = [f'Acme,{number},2024-01-31,,"{amount}"' for number, amount in enumerate(["1.50", "2.25", "3,75", "1E5"])]

    assert said(read(PLAIN + "\n".join(rows))) == [
        "line 4, Amount: '3,75' is not an amount written as 1,234.56, like the rest of the column",
        "line 5, Amount: '1E5' is not an amount",
    ]


@given(st.integers(-(10**15), 10**15), st.sampled_from(["JPY", "USD", "KWD"]), st.sampled_from([".", ","]))
def test_any_amount_survives_being_written(amount_minor: int, currency: str, mark: DecimalMark) -> None:
    """For any amount, grouped in thousands with either mark, reading gives it back."""
    plain = format_minor(amount_minor, currency)
    grouped = f"{Decimal(plain):,.{len(plain.partition('.')[2])}f}"
    text = grouped if mark == "." else grouped.translate(str.maketrans(",.", ".,"))

    assert AmountColumn(mark).read(text, currency) == amount_minor


@given(st.text(st.sampled_from("0123456789.,-+()' $€USD"), max_size=12))
def test_any_text_is_an_amount_or_refused(text: str) -> None:
    """For any text made of what amounts are made of, reading gives whole cents or the one error."""
    with suppress(BadColumnAmount):
        assert isinstance(AmountColumn(".").read(text, "USD"), int)


# Rows


def test_currencies_come_from_their_column_or_from_the_business(read: Read) -> None:
    """Given a currency on some rows, none on others and a wrong one, when read, then each is taken at its word."""
    rows = "Acme,1,2024-01-31,5,eur\nAcme,2,2024-01-31,500,JPY\nAcme,3,2024-01-31,5,\nAcme,4,2024-01-31,5,XYZ\n"
    parsed = read("Customer,Invoice,Date,Amount,Currency\n" + rows)

    assert [(row.currency, row.amount_minor) for row in parsed.rows] == [("EUR", 5_00), ("JPY", 500), ("USD", 5_00)]
    assert said(parsed) == ["line 5, Currency: 'XYZ' is not the code of a currency (ISO 4217, such as USD)"]
    assert parsed.notices == ("1 row names no currency: it is in USD (line 4)",)


def test_negative_amounts_and_kinds_make_credits(read: Read) -> None:
    """Given credits by their sign or by their kind, when read, then their amounts are negative and counted."""
    rows = (
        "Acme,1,2024-01-31,5,Invoice\nAcme,2,2024-01-31,-5,\nAcme,1,2024-01-31,5,Credit Memo\nAcme,3,2024-01-31,-5,CN\n"
    )
    parsed = read("Customer,Invoice,Date,Amount,Type\n" + rows)

    assert mapped(parsed)["kind"] == "Type"
    assert [row.amount_minor for row in parsed.rows] == [5_00, -5_00, -5_00, -5_00]
    assert parsed.notices == ("3 rows are credits (lines 3, 4 and 5)",)


def test_a_kind_named_by_hand_must_be_known(read: Read) -> None:
    """Given a column of kinds that the user named, when a kind is not known, then it is a problem."""
    text = "Customer,Invoice,Date,Amount,What\nAcme,1,2024-01-31,5,Deposit\nAcme,2,2024-01-31,5,bill\n"

    assert said(read(text, overrides={"kind": "What"})) == [
        "line 2, What: 'Deposit' is neither an invoice, a bill nor a credit"
    ]


def test_a_row_without_an_issue_date_counts_from_the_next_best_day(read: Read) -> None:
    """Given bills with a received or only a due date, when read, then they count from that day (T4), and it is told."""
    text = "Vendor,Bill,Date,Received on,Due,Amount\nAcme,1,,2024-01-31,2024-02-29,5\nAcme,2,,,2024-02-29,5\n"
    parsed = read(text, side=Side.PAYABLE)

    assert [row.issued_on for row in parsed.rows] == [date(2024, 1, 31), date(2024, 2, 29)]
    assert parsed.notices == ("2 rows have no issue date: they count from the day they were received, or else are due",)


def test_settled_before_it_is_issued_is_kept_and_told(read: Read) -> None:
    """Given an invoice paid in advance and one of nothing, when read, then both are rows with their dates."""
    text = "Customer,Invoice,Date,Amount,Paid date\nAcme,1,2024-01-31,5,2024-01-15\nAcme,2,2024-01-31,0,\n"
    parsed = read(text)

    assert parsed.rows[0].settled_on == date(2024, 1, 15)
    assert parsed.notices == (
        "1 row has an amount of zero (line 3)",
        "1 row is settled before it is issued: the payment counts from the issue date (line 2)",
    )


def test_names_are_tidied_and_the_first_spelling_is_kept(read: Read) -> None:
    """Given an id with three spellings, the first blank, when read, then every row has the first that is not."""
    rows = "7,,1,2024-01-31,5\n7,  Acme\u00a0  Ltd ,2,2024-01-31,5\n7,ACME,3,2024-01-31,5\n007,Other,4,2024-01-31,5\n"
    parsed = read("Customer ID,Customer Name,Invoice,Date,Amount\n" + rows)

    assert [(row.party_external_id, row.party_name) for row in parsed.rows] == [
        ("7", "Acme Ltd"),
        ("7", "Acme Ltd"),
        ("7", "Acme Ltd"),
        ("007", "Other"),
    ]
    assert parsed.notices == ("1 party has more than one spelling of its name: the first is kept",)


def test_two_parties_may_use_one_number(read: Read) -> None:
    """Given the same number for two parties, and none for two equal rows, when read, then all are rows."""
    parsed = read(PLAIN + "Acme,1,2024-01-31,,5\nBolt,1,2024-01-31,,5\nBolt,,2024-01-31,,5\nBolt,,2024-01-31,,5\n")

    assert len(parsed.rows) == 4
    assert parsed.problems == ()


def test_long_reading_tells_how_far_it_is(read: Read) -> None:
    """Given a file of 25,000 rows, when read, then progress is told by line."""
    start = date(2020, 1, 1)
    rows = [f"Acme,{number},{start + timedelta(days=number % 999)},,5" for number in range(25_000)]
    heard: list[int] = []
    read(PLAIN + "\n".join(rows), progress=heard.append)

    assert heard == [10_001, 20_001]


def test_a_problem_is_printed_on_one_line() -> None:
    """Given a value with a line break, an escape and a great length, when printed, then it is short and harmless."""
    assert str(Problem(7, "Note", "a\n\x1b[2J", "is bad")) == "line 7, Note: 'a\\n\\x1b[2J' is bad"
    assert shown("x" * 61) == f"'{'x' * 60}'…"
