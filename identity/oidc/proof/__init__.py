"""Proof of possession: a token is only for who holds the key that it is bound to."""
