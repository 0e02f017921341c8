"""Hold what QuickBooks says is owed against the books, after its bodies are recorded.

Source: docs/howto/import-quickbooks.md, "Balances and reports".
"""

from duebook.aging.question import AgingQuery, Basis, Credits
from duebook.aging.report import aging
from duebook.db.pool import Database
from duebook.importers.quickbooks import Bodies
from duebook.importers.quickbooks_balances import Cells, Question, differences, expected, questions
from duebook.tenancy.facts import OPERATOR, BusinessId
from duebook.tenancy.gate import ReadTx, read_tx


async def compared(database: Database, business_id: BusinessId, bodies: Bodies) -> list[str]:
    """A sentence for each party of which the books say something else, and for each report that says nothing."""
    found, notices = expected(bodies)
    if not found:
        return notices
    async with read_tx(database, OPERATOR, business_id) as tx:
        answers = {question: await _answer(tx, question) for question in questions(found)}
    return [*notices, *differences(found, answers)]


async def _answer(tx: ReadTx, question: Question) -> dict[tuple[str, str], Cells]:
    """Unapplied money ages from its own day, as QuickBooks has it."""
    basis = Basis.BASE if question.in_base else Basis.DOCUMENT
    query = AgingQuery(side=question.side, as_of=question.as_of, credits=Credits.NET, basis=basis)
    report = await aging(tx, query)
    return {(str(row.external_id), row.currency): (*row.bands, row.total_minor) for row in report.rows}
