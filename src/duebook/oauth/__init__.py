"""Tokens: from an Authorization header to a Caller, and from a Caller to a token."""
