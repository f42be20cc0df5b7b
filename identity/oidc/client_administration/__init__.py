"""Clients registered, changed and disabled by operators and by themselves."""
