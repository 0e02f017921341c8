"""The database: connection pools, named queries, migrations, and a server of one's own for laptops."""
