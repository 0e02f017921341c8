"""What is owed: parties, documents, allocations, the entries they give, and the open items as of a date."""
