"""Books that were corrected after the fact, looked at as they are and as they were known."""

import os
import pwd
import socket
from datetime import date

import pytest

from duebook.db.embedded import Urls
from duebook.ledger.commands import AddSettlement, NewParty
from duebook.ledger.facts import Kind, Side
from tests.cli.conftest import Run
from tests.cli.corrected import record_in
from tests.cli.transcript import played, recorded
from tests.http.world import write


@pytest.fixture
def corrected(business: str, database_urls: Urls) -> str:
    """The id of a business in whose books things were corrected."""
    record_in(database_urls, business)
    return business


@pytest.mark.parametrize("name", ["corrected", "closing"])
def test_looking_back(name: str, run: Run, corrected: str) -> None:
    """Given corrected books, when they are looked at from all sides, then each command says its part."""
    transcript = recorded(name)
    assert played(transcript, run, {"BUSINESS": corrected}) == transcript


@pytest.mark.parametrize(
    "command",
    [
        "aging receivable --as-of 2025-03-31 --format json",
        "aging receivable --as-of 2025-03-31 --format csv --credits net",
        "explain receivable --as-of 2025-03-31 --party C-1 --json",
        "changes receivable --as-of 2025-03-31 --since 1 --json",
    ],
)
def test_a_report_asked_for_again_by_its_version(command: str, run: Run, corrected: str) -> None:
    """Given a report, when it is asked for again by the version it carries, after a late fact, then no byte differs."""
    first = run(f"{command} --business {corrected}")
    assert run(f"import invoices.csv --business {corrected} --side receivable").code == 0
    again = run(f"{command} --business {corrected} --known-at 4")
    assert (again.code, again.out, again.err) == (0, first.out, first.err)
    assert run(f"{command} --business {corrected}").out != first.out


@pytest.mark.parametrize("credits", ["column", "net", "exclude"])
@pytest.mark.parametrize("as_of", ["2025-03-01", "2025-03-31"])
def test_every_cell_is_explained(as_of: str, credits: str, run: Run, corrected: str) -> None:
    """Given a report, when each of its cells is explained, then the items behind it add up to it."""
    asked = f"receivable --business {corrected} --as-of {as_of} --credits {credits}"
    report = run(f"aging {asked} --format json").json
    names = ["current", "1-30", "31-60", "61-90", "91+"] + ["unapplied"] * (credits == "column")
    assert report["rows"]
    for row in report["rows"]:
        for name, cell in zip(names, [*row["buckets"], row["unapplied"]], strict=False):
            explained = run(f"explain {asked} --party {row['party_id']} --band {name} --json").json
            assert explained["totals"] == [{"currency": "USD", "open_minor": cell}]
            assert sum(item["open_minor"] for item in explained["items"]) == cell
        whole = run(f"explain {asked} --party {row['external_id']} --json").json
        assert whole["totals"] == [{"currency": "USD", "open_minor": row["total"]}]


def test_what_changed_by_whom(run: Run, corrected: str) -> None:
    """Given an edited due date, when it is asked what changed since, then the bands and the entries say it."""
    told = run(f"changes receivable --business {corrected} --as-of 2025-03-31 --since 3 --json").json
    assert (told["since"], told["known_at"]) == (3, 4)
    [ann, birch] = told["rows"]
    assert (ann["name"], ann["before"]["bands_minor"][2], ann["after"]["bands_minor"][2]) == ("Ann & Sons", 52450, 0)
    assert birch["after"]["total_minor"] - birch["before"]["total_minor"] == 12345
    assert {one["document"]["number"] for one in told["entries"]} == {"A-1", "B-2"}
    assert {one["recorded_at"] for one in told["entries"]} == {"2025-04-02T08:00:00Z"}


def test_a_tie_out_as_json(run: Run, corrected: str) -> None:
    """Given a control account that lacks an invoice recorded late, when tied out, then that stands out."""
    ended = run(f"tie-out receivable --business {corrected} --balance 1204.50 --on 2025-03-31 --json")
    told = ended.json
    assert (ended.code, told["ties_out"], told["first_on"], told["tied_on"]) == (1, False, "2025-03-31", None)
    assert told["days"][0]["difference_minor"] == -12345
    [suspect] = [one for one in told["suspects"] if one["equals_difference"]]
    assert (suspect["number"], suspect["suspicion"], suspect["recorded_at"]) == (
        "B-2",
        "recorded_late",
        "2025-04-02T08:00:00Z",
    )
    tied = run(f"tie-out receivable --business {corrected} --balance 1327.95 --on 2025-03-31 --json")
    assert (tied.code, tied.json["ties_out"], tied.json["suspects"]) == (0, True, [])


def test_a_tie_out_says_what_went_straight_to_other_accounts(run: Run, business: str, database_urls: Urls) -> None:
    """Given a payment of which a part went to another account, when tied out, then it is told, not counted."""
    sent = AddSettlement(
        side=Side.RECEIVABLE,
        kind=Kind.PAYMENT,
        party=NewParty("C-1", "Ann"),
        settled_on=date(2025, 3, 1),
        currency="USD",
        amount_minor=0,
        body={"beside_minor": 123456},
    )
    write(database_urls.serve, business, sent)
    asked = f"tie-out receivable --business {business} --balance 0 --on 2025-03-31"
    ended = run(asked)
    assert ended.code == 0
    told = (
        "Beside, by 2025-03-31: 1,234.56 USD that payments sent straight to other accounts; it is in none of the sums"
    )
    assert told in ended.out.splitlines()
    assert run(f"{asked} --json").json["days"][0]["beside_minor"] == 123456
    earlier = run(asked.replace("03-31", "02-28"))
    assert "Beside" not in earlier.out


def test_versions_and_rates_as_json(run: Run, corrected: str) -> None:
    """Given books, when versions and rates are listed as JSON, then every field is there."""
    [first, *_] = run(f"versions --business {corrected} --json").json
    assert first == {
        "version": 1,
        "recorded_at": "2025-01-31T09:00:00Z",
        "operation": "invoices",
        "actor": {"operator": True},
    }
    assert run(f"rates import rates.csv --business {corrected} --json").json == {
        "business_id": corrected,
        "rates": 4,
        "version": 5,
    }
    *_, last = run(f"versions --business {corrected} --json").json
    assert last["actor"] == {
        "operator": True,
        "user": pwd.getpwuid(os.getuid()).pw_name,
        "host": socket.gethostname(),
        "command": "rates import",
    }
    listed = run(f"rates list --business {corrected} --currency cad --json").json
    assert listed == {
        "business_id": corrected,
        "base_currency": "USD",
        "known_at": 5,
        "rates": [{"currency": "CAD", "quoted_on": "2025-03-01", "rate": "0.695"}],
    }
    bad = run(f"rates import bad-rates.csv --business {corrected} --json")
    assert (bad.code, [problem["line"] for problem in bad.json["problems"]]) == (1, [2, 3, 4])
