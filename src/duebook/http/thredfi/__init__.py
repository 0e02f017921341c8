"""Thredfi's dialect: its paths under /v1/platform, its shapes, its errors."""

from duebook.http.thredfi.app import build
from duebook.http.thredfi.errors import error_answer

__all__ = ["build", "error_answer"]
