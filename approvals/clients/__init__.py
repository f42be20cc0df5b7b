"""Operators' pages about clients: the relying services that the provider knows."""
