"""Organisations: their kinds, the register that they come from, and what held on any day."""
