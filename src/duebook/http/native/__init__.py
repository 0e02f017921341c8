"""Our own paths: whether the server lives, and the description of what it serves."""

from duebook.http.native.app import build
from duebook.http.native.errors import error_answer

__all__ = ["build", "error_answer"]
