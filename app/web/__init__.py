"""Shared by every page and endpoint: one authorisation layer, headers, errors, forms."""

from app.web.authorisation import Allowed, Refused, Rule, anyone, permit

__all__ = ["Allowed", "Refused", "Rule", "anyone", "permit"]
