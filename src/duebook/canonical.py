"""What the chains of hashes have in common: the form of JSON that is hashed, and what stands before the first hash.

Source: docs/reference/storage.md, "The hash of a version" and "The chain of a partner".
"""

import json
from typing import Any, Final

GENESIS: Final = bytes(32)
"""What stands in place of the previous hash at the beginning of a chain."""


def canonical_json(value: Any) -> str:
    """JSON with sorted keys and no spaces: the form in which it is kept and digested."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
