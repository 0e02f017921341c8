"""Find the column of each field by the name in the header; what the user says about it comes first.

Holds: a column is read for one field only; the same header gives the same mapping, whatever the rows say.
Source: docs/howto/import-csv.md, "Which column is which", which lists the order of preference.
"""

import re
from collections.abc import Container, Iterable, Mapping, Sequence
from typing import Final, Literal, get_args

from duebook.importers.errors import ColumnUsedTwice, MissingColumns, NoSuchColumn, NoSuchField, RepeatedColumn
from duebook.importers.rows import Field, MappedColumn
from duebook.ledger.facts import Side

FIELDS: Final[tuple[Field, ...]] = get_args(Field)

_CUSTOMER: Final = ("customer", "cust", "client", "debtor")
_VENDOR: Final = ("vendor", "supplier", "creditor")
_ANYONE: Final = ("contact", "party", "partner")

_NUMBER: Final = (
    "invoicenumber invoiceno invoicenum invoicenr invno billnumber billno billnum documentnumber documentno documentnum"
    " docnumber docno docnum docid documentid invoiceid billid invoice bill number no num referencenumber referenceno"
    " refno reference ref"
).split()
_ISSUED_ON: Final = (
    "invoicedate billdate documentdate docdate issuedate issuedon dateissued postingdate transactiondate txndate"
    " trandate date issued issuedat invoicedon invoiced datesent senton sentat sent documentcreatedate createdate"
    " createddate baselinecreatedate"
).split()
_RECEIVED_ON: Final = "receiveddate receivedon datereceived receiptdate".split()
_DUE_ON: Final = "duedate dueon datedue dueindate paymentduedate netduedate maturitydate dueat dueby payby due".split()
_SETTLED_ON: Final = (
    "settleddate settledon settlementdate cleardate cleareddate clearingdate paiddate datepaid paidon fullypaidondate"
    " paymentdate paidat settledat clearedon"
).split()
_SETTLED: Final = "paid settled".split()
"""Days, as a rule; beside what is still open, rather what was paid of it."""
_WHOLE_AMOUNT: Final = (
    "invoiceamount billamount documentamount docamount totalamount amounttotal invoicetotal billtotal total grandtotal"
    " amount amt"
).split()
_OPEN_AMOUNT: Final = (
    "totalopenamount openamount openbalance amountdue dueamount balancedue outstandingamount amountoutstanding"
    " outstandingbalance outstanding remainingamount balance"
).split()
_CURRENCY: Final = "currency currencycode invoicecurrency documentcurrency curr ccy cur currencyid".split()
_KIND: Final = "documenttype doctype invoicetype billtype transactiontype txntype type kind".split()
_STATUS: Final = "status invoicestatus billstatus documentstatus paymentstatus voided isvoid deleted isdeleted".split()


def map_columns(
    header: Sequence[str], line: int, side: Side, overrides: Mapping[str, str], *, paid_elsewhere: bool = False
) -> dict[Field, MappedColumn]:
    """The column of each field that has one. An override to an empty name leaves its field without a column.

    With `paid_elsewhere` another file says what was paid and when: the whole amount is wanted, and no day of payment.
    Raises NoSuchField, NoSuchColumn, RepeatedColumn, ColumnUsedTwice or MissingColumns.
    """
    mapped, ruled_out = _overridden(header, overrides)
    if paid_elsewhere:
        ruled_out.add("settled_on")
    by_word = _by_word(header)
    used = {column.position for column in mapped.values()}
    for field, words in _preferences(side, by_word):
        if field in mapped or field in ruled_out:
            continue
        # Without settlement dates, what is open says more than a total whose payments the file does not have.
        open_first = field == "amount" and "settled_on" not in mapped and not paid_elsewhere
        for word in (*_OPEN_AMOUNT, *words) if open_first else words:
            free = [position for position in by_word.get(word, ()) if position not in used]
            if free:
                mapped[field] = column_at(header, field, free[0], "guessed")
                used.add(free[0])
                break
    missing = _missing(mapped)
    if missing:
        raise MissingColumns(missing, (name for name in header if name), line)
    return mapped


def telling_columns(header: Sequence[str], mapped: Mapping[Field, MappedColumn]) -> list[int]:
    """Columns that are not read though their name says that they may change what a row means: a type, a status."""
    used = {column.position for column in mapped.values()}
    return [
        position
        for position, name in enumerate(header)
        if position not in used and word_of(name) in {*_KIND, *_STATUS}
    ]  # fmt: skip


def unread_amounts(header: Sequence[str], mapped: Mapping[Field, MappedColumn]) -> list[int]:
    """Columns that could be the amount as well, and are not read."""
    used = {column.position for column in mapped.values()}
    amounts = {*_WHOLE_AMOUNT, *_OPEN_AMOUNT}
    return [position for position, name in enumerate(header) if position not in used and word_of(name) in amounts]


def names_other_side(column: str, side: Side) -> bool:
    """Whether a column of parties is called after the other side: a vendor among receivables."""
    others = _VENDOR if side is Side.RECEIVABLE else _CUSTOMER
    return any(who in word_of(column) for who in others)


def _preferences(side: Side, words: Container[str]) -> Iterable[tuple[Field, Sequence[str]]]:
    """Fields in the order in which they choose, each with the words it looks for, the most wanted first."""
    ours, others = (_CUSTOMER, _VENDOR) if side is Side.RECEIVABLE else (_VENDOR, _CUSTOMER)
    # Name and id are of the same kind of party: a bill's customer is not its vendor.
    who = next((kind for kind in (ours, _ANYONE, others) if any(word in words for word in _party_words(kind))), ours)
    return (
        ("party_name", [*name_words(who), "name", *who, "companyname", "company"]),
        ("party_id", [*id_words(who), *who]),
        ("number", _NUMBER),
        ("issued_on", _ISSUED_ON),
        # Among receivables, what is received is money.
        ("received_on", _RECEIVED_ON if side is Side.PAYABLE else ()),
        ("due_on", _DUE_ON),
        ("settled_on", _SETTLED_ON if any(word in words for word in _OPEN_AMOUNT) else [*_SETTLED_ON, *_SETTLED]),
        ("amount", [*_WHOLE_AMOUNT, *_OPEN_AMOUNT]),
        ("currency", _CURRENCY),
        ("kind", _KIND),
    )


def parties_of(side: Side) -> tuple[str, ...]:
    """What a file may call the parties of a side."""
    return (*(_CUSTOMER if side is Side.RECEIVABLE else _VENDOR), *_ANYONE)


def name_words(who: Sequence[str]) -> list[str]:
    """Headers of a party's name."""
    endings = ("name", "fullname", "displayname")
    return [f"{each}{ending}" for each in who for ending in endings] + [f"name{each}" for each in who]


def id_words(who: Sequence[str]) -> list[str]:
    """Headers of a party's number."""
    return [f"{each}{ending}" for each in who for ending in ("id", "number", "no", "num", "code", "ref", "externalid")]


def _party_words(who: Sequence[str]) -> list[str]:
    return [*name_words(who), *id_words(who), *who]


def _overridden(header: Sequence[str], overrides: Mapping[str, str]) -> tuple[dict[Field, MappedColumn], set[str]]:
    mapped: dict[Field, MappedColumn] = {}
    for name, wanted in overrides.items():
        field = next((each for each in FIELDS if each == name), None)
        if field is None:
            raise NoSuchField(name, FIELDS)
        if wanted:
            mapped[field] = column_at(header, field, position_of(header, wanted), "overridden")
    for column in mapped.values():
        fields = [each.field for each in mapped.values() if each.position == column.position]
        if len(fields) > 1:
            raise ColumnUsedTwice(column.column, fields)
    return mapped, {name for name, wanted in overrides.items() if not wanted}


def position_of(header: Sequence[str], column: str) -> int:
    """Where the column is: by its very name, else by the same letters and digits."""
    same = [position for position, name in enumerate(header) if name == column]
    same = same or [position for position, name in enumerate(header) if name and word_of(name) == word_of(column)]
    if not same:
        raise NoSuchColumn(column, (name for name in header if name))
    if len(same) > 1:
        raise RepeatedColumn(column, same)
    return same[0]


def column_at(header: Sequence[str], field: str, position: int, how: Literal["guessed", "overridden"]) -> MappedColumn:
    """The column at a place in the header, for a field. Raises RepeatedColumn."""
    name = header[position]
    repeated = [each for each, other in enumerate(header) if other == name]
    if len(repeated) > 1:
        raise RepeatedColumn(name, repeated)
    return MappedColumn(field, name, position, how)


def _by_word(header: Sequence[str]) -> dict[str, list[int]]:
    positions: dict[str, list[int]] = {}
    for position, name in enumerate(header):
        positions.setdefault(word_of(name), []).append(position)
    return positions


def word_of(name: str) -> str:
    """The letters and digits of a header, in small letters: "*Invoice No." is invoiceno, "Invoice #" is too."""
    return re.sub(r"[\W_]", "", name.replace("#", "no")).casefold()


def _missing(mapped: Mapping[Field, MappedColumn]) -> list[str]:
    needs = {
        "the customer or vendor (party_id or party_name)": {"party_id", "party_name"},
        "the amount": {"amount"},
        "the date (issued_on or due_on)": {"issued_on", "received_on", "due_on"},
    }
    return [need for need, fields in needs.items() if fields.isdisjoint(mapped)]
