"""Layer's dialect: its paths under /v1/businesses and its token endpoint, its shapes, its errors."""

from duebook.http.layer.app import build
from duebook.http.layer.errors import error_answer

__all__ = ["build", "error_answer"]
