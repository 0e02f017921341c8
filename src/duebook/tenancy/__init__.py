"""Partners, businesses and keys, and the one gate that opens a transaction on a business's books."""
