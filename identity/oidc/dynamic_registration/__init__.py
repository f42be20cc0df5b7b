"""Clients that register and manage themselves, within a token's policy (RFC 7591, RFC 7592)."""
