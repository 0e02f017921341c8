"""Which band an open item is in, and the report built from bands."""
