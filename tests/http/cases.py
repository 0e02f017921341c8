"""What schemathesis makes of a dialect's document, and how many of it are tried."""

from itertools import count
from typing import Any, Final

import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis import Case, HookContext
from schemathesis.specs.openapi.schemas import OpenApiSchema

_ASKED: Final = settings().max_examples

CASES: Final = settings(
    max_examples=max(_ASKED // 50, 1), derandomize=True, deadline=None, suppress_health_check=list(HealthCheck)
)
"""Of each operation: a few, as there are many; thousands in all where other properties have thousands of examples."""

WALKS: Final = settings(max_examples=max(_ASKED // 10, 1), deadline=None, suppress_health_check=list(HealthCheck))
"""Of each dialect; a walk is a dozen requests, and what their answers link to."""

HISTORIES: Final = WALKS
"""Each is some dozens of requests too."""


def cases_of(document: dict[str, Any]) -> OpenApiSchema:
    """The document, for generated requests without examples of its own; the tests bring credentials of their own."""
    schema = schemathesis.openapi.from_dict(document)
    schema.config.generation.update(with_security_parameters=False)
    schema.config.phases.update(phases=["fuzzing"])
    return schema


_PLACES: Final = count(1)


@schemathesis.hook
def before_call(context: HookContext, case: Case[Any], kwargs: dict[str, Any]) -> None:
    """Have each request come from elsewhere: many are bad logins, and none is to wait for the failures of others."""
    place = next(_PLACES)
    case.headers["X-Forwarded-For"] = f"10.{place >> 16}.{place >> 8 & 255}.{place & 255}"
