"""Scopes: what a client may ask for. The lists of claims and of programs' routes say which exist."""

from __future__ import annotations

from collections.abc import Iterable

from flask import current_app

from app.web.authorisation import rule_of
from identity.oidc import claims

OPENID = "openid"
OFFLINE_ACCESS = "offline_access"
DEFAULT = ("openid", "profile", "email", "offline_access")
"""Registered for a client whose metadata names none (decisions, Tokens)."""


def split(text: str | None) -> list[str]:
    """The scopes of a space-delimited list, each once, in their order (RFC 6749, 3.3)."""
    return list(dict.fromkeys((text or "").split(" "))) if text else []


def join(scopes: Iterable[str]) -> str:
    return " ".join(scopes)


def of_people() -> list[str]:
    """Scopes that a person's sign-in can give."""
    described = dict.fromkeys(entry.scope for entry in claims.dictionary() if entry.scope)
    return list(dict.fromkeys([OPENID, *described, OFFLINE_ACCESS]))


def of_services() -> list[str]:
    """Scopes that a client has in its own name: those that some route asks of a service's token."""
    rules = (rule_of(current_app, endpoint) for endpoint in current_app.view_functions)
    found = {
        rule.scope
        for rule in rules
        if getattr(rule, "kind", None) == "service" and getattr(rule, "scope", None)
    }
    return sorted(found)


def supported() -> list[str]:
    return [*of_people(), *of_services()]
