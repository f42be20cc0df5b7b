"""The attacks' tests use the people and the post of the sign-in floor."""

from __future__ import annotations

from tests.identity.conftest import clock, person, post

__all__ = ["clock", "person", "post"]
