"""The application of our own API: everything that can be done with a ledger, and asked of it."""

from typing import Any

from litestar import Litestar

from duebook.http.intake import BODY_BYTES
from duebook.http.native.aging import get_aging
from duebook.http.native.audit import export_audit, export_audit_csv, list_audit
from duebook.http.native.books import get_books, list_rates, list_versions
from duebook.http.native.changes import list_aging_changes
from duebook.http.native.commands import record_commands
from duebook.http.native.documents import get_document, list_documents
from duebook.http.native.errors import error_answer
from duebook.http.native.explain import explain_aging
from duebook.http.native.heads import get_head
from duebook.http.native.parties import get_party, list_parties
from duebook.http.native.security import COMPONENTS
from duebook.http.native.shapes import Given
from duebook.http.native.tie_out import compare_control_account
from duebook.http.observed import failed
from duebook.http.openapi import described, document
from duebook.http.services import DEPENDENCIES


def build_api() -> Litestar:
    """The routes of our own API; its state is given `services` before the first request."""
    return Litestar(
        [
            *(record_commands, get_document, list_documents, get_party, list_parties),
            *(get_books, list_rates, list_versions, get_head),
            *(list_audit, export_audit, export_audit_csv),
            *(get_aging, explain_aging, list_aging_changes, compare_control_account),
        ],
        dependencies=DEPENDENCIES,
        exception_handlers={Exception: error_answer},
        after_exception=[failed],
        opt={"dialect": "api"},
        openapi_config=described("Duebook", COMPONENTS),
        request_max_body_size=BODY_BYTES,
        logging_config=None,
    )


def description(app: Litestar) -> dict[str, Any]:
    """The OpenAPI document of our own API: the shapes that commands are made of have no other fields than theirs."""
    made = document(app, trailing_slash=False)
    for name in _names(Given) & made["components"]["schemas"].keys():
        made["components"]["schemas"][name]["additionalProperties"] = False
    return made


def _names(kind: type[Given]) -> set[str]:
    return {kind.__name__}.union(*map(_names, kind.__subclasses__()))
