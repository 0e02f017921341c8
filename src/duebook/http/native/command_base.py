"""What every command of ours is: a name under `command`, and what the ledger is asked for."""

import re

from duebook.http.native.shapes import Given
from duebook.ledger.commands import Command


def tag_of(name: str) -> str:
    """The name of a command from that of its class: AddWriteOff is add_write_off."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


class Asked(Given, kw_only=True, frozen=True, tag_field="command", tag=tag_of):
    """A command."""

    def asked(self, at: str) -> Command:
        """What the ledger is asked for. Raises BadInput; `at` is the command's place in the body."""
        raise NotImplementedError
