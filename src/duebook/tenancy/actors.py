"""Who makes a change, from where, as it is kept with the change and covered by its hash.

Source: docs/reference/storage.md, "Who wrote".
"""

import os
import pwd
import socket

from duebook.canonical import canonical_json
from duebook.tenancy.facts import Caller, Operator


def operator(command: str) -> Operator:
    """The user that this process runs as, by number if it has no name, on this machine, for a command that writes."""
    number = os.getuid()
    try:
        user = pwd.getpwuid(number).pw_name
    except KeyError:
        user = str(number)
    return Operator(user, socket.gethostname(), command)


def actor_json(by: Caller | Operator) -> str:
    """Who it is, as the JSON text that is stored: only what there is to say, with sorted keys and no spaces."""
    said: dict[str, object]
    if isinstance(by, Caller):
        said = {
            "partner_id": str(by.partner_id),
            "key_id": str(by.key_id) if by.key_id else None,
            "subject": by.subject,
            "business_id": str(by.business_id) if by.business_id else None,
            "address": by.address,
            "request_id": by.request_id,
        }
    else:
        said = {"operator": True, "user": by.user, "host": by.host, "command": by.command}
    told = {name: value for name, value in said.items() if value is not None}
    return canonical_json(told)
