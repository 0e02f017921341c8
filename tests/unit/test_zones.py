"""Which names are time zones."""

import pytest

from duebook.tenancy.errors import UnknownTimeZone
from duebook.tenancy.zones import zone


@pytest.mark.parametrize("name", ["UTC", "Europe/Oslo", "America/Argentina/Ushuaia", "Etc/GMT+8"])
def test_a_zone_has_the_name_of_the_zone_database(name: str) -> None:
    """Given a name that means the same everywhere, when it is looked up, then that zone."""
    assert zone(name).key == name


@pytest.mark.parametrize(
    "name",
    [
        "", "Mars/Olympus", "europe/oslo", "Europe", "../../etc/passwd", "/etc/localtime", "localtime", "posixrules",
        "Factory", "right/UTC", "posix/Europe/Oslo", "Europe/Oslo\n", "UTC\0", "tzdata.zi",
    ],
)  # fmt: skip
def test_what_differs_by_machine_or_is_no_zone_is_refused(name: str) -> None:
    """Given another name, when it is looked up, then it is refused by name."""
    with pytest.raises(UnknownTimeZone) as refused:
        zone(name)
    assert refused.value.name == name
