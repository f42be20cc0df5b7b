"""Paths whose responses a process keeps, and gives while the database does not answer."""

from app.composition import ExtensionPoint

KEPT_PATHS = ExtensionPoint[str]("paths whose responses are kept", named=str)
"""A worker of the server asks for each of them when it starts, so that it has them from then on."""
