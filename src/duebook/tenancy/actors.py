"""Who made a change, as it is kept with the change and covered by its hash.

Source: docs/reference/storage.md, "The hash of a version" and "The chain of a partner".
"""

import json

from duebook.tenancy.facts import Caller, Operator


def actor_json(by: Caller | Operator) -> str:
    """Who it is, as the JSON text that is stored: sorted keys, no spaces."""
    if isinstance(by, Caller):
        actor: dict[str, object] = {"partner_id": str(by.partner_id)}
        if by.key_id is not None:
            actor["key_id"] = str(by.key_id)
    else:
        actor = {"operator": True}
    return json.dumps(actor, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
