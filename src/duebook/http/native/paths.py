"""Where our own API stands."""

from typing import Final

API: Final = "/api/v1"
PATH: Final = f"{API}/businesses/{{business_id:uuid}}"
