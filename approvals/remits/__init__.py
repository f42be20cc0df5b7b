"""Remits: which schools an organisation may see, on any day, and on what ground."""
