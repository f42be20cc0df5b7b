"""Scopes: what a client may ask for. The claims and the routes of programs say which exist."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol, runtime_checkable

from flask import current_app

from app.web.authorisation import rule_of
from identity.oidc import claims
from identity.oidc.cache import cache


@runtime_checkable
class AsksForScope(Protocol):
    """A rule of a route that asks for a token with a scope: `bearer.Bearer`."""

    @property
    def scope(self) -> str: ...
    @property
    def kind(self) -> str: ...


OPENID = "openid"
OFFLINE_ACCESS = "offline_access"
DEFAULT = ("openid", "profile", "email", "offline_access")
"""Registered for a client whose metadata names none (docs/decisions/0022)."""


def split(text: str | None) -> list[str]:
    """Return the scopes of a space-delimited list, each once, in their order (RFC 6749, 3.3)."""
    return list(dict.fromkeys(filter(None, text.split(" ")))) if text else []


def join(scopes: Iterable[str]) -> str:
    """Return the scopes as space-delimited text."""
    return " ".join(scopes)


def asked_by(rule: object, kind: str) -> str | None:
    """Return the scope that the route's rule requires of a token of a person or a service."""
    return rule.scope if isinstance(rule, AsksForScope) and rule.kind == kind else None


def of_people() -> list[str]:
    """Return scopes that a person's sign-in can give."""
    return cache().get("scopes of people", _of_people)


def of_services() -> list[str]:
    """Return scopes that a client has in its own name.

    They are those that some route requires of a service's token.
    """
    return cache().get("scopes of services", _of_services)


def supported() -> list[str]:
    """Return the scopes of people and of services."""
    return [*of_people(), *of_services()]


def _of_people() -> list[str]:
    described = dict.fromkeys(entry.scope for entry in claims.dictionary() if entry.scope)
    return list(dict.fromkeys([OPENID, *described, OFFLINE_ACCESS]))


def _of_services() -> list[str]:
    rules = (rule_of(current_app, endpoint) for endpoint in current_app.view_functions)
    return sorted({scope for rule in rules if (scope := asked_by(rule, "service")) is not None})
