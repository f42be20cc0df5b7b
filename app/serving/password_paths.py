"""Paths whose posts compute the hash of a password, and wait in a queue of their own."""

from app.composition import ExtensionPoint

PASSWORD_PATHS = ExtensionPoint[str]("paths that hash a password", named=str)
"""Posts to them take half of a process's slots at most, so that a crowd at the sign-in page delays
no other request. A test lists the routes whose views reach the hash."""
