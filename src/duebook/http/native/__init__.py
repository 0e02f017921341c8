"""Our own API, whether the server lives, and the description of what it serves."""

from duebook.http.native.api import build_api, description
from duebook.http.native.app import build
from duebook.http.native.errors import error_answer

__all__ = ["build", "build_api", "description", "error_answer"]
