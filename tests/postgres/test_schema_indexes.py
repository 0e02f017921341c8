"""Indexes under row security: an index is searched only by comparisons that leak nothing."""

import psycopg

from duebook.db.embedded import Urls

LEAKING = """
SELECT index.indexrelid::regclass::text, operator.oprname::text, function.proname::text
  FROM pg_index AS index
  JOIN pg_class AS relation ON relation.oid = index.indrelid AND relation.relrowsecurity
 CROSS JOIN LATERAL unnest(index.indclass) AS used (opclass)
  JOIN pg_opclass AS opclass ON opclass.oid = used.opclass
  JOIN pg_amop AS member ON member.amopfamily = opclass.opcfamily AND member.amoplefttype = opclass.opcintype
                        AND member.amoprighttype = opclass.opcintype
  JOIN pg_operator AS operator ON operator.oid = member.amopopr
  JOIN pg_proc AS function ON function.oid = operator.oprcode
 WHERE NOT function.proleakproof
"""


def test_every_index_can_be_searched_under_row_security(database_urls: Urls) -> None:
    """Given tables with row policies, when the comparisons of their indexes are read from the catalogue, then all are
    leakproof; an enum's are not, and its index would be read whole."""
    with psycopg.connect(database_urls.superuser) as connection:
        assert connection.execute(LEAKING).fetchall() == []
        connection.execute("CREATE TYPE leaking AS ENUM ('a'); CREATE TABLE t (n leaking UNIQUE)")
        connection.execute("ALTER TABLE t ENABLE ROW LEVEL SECURITY")
        assert {name for _, _, name in connection.execute(LEAKING)} >= {"enum_eq", "enum_lt"}
        connection.rollback()
