"""Audit events of this room."""

from __future__ import annotations

from app.audit import Event

_CHANGED = {"subject", "before", "after"}

EVENTS = (
    Event(
        "account.address_change_asked",
        "{actor} asked to change the email address of {subject}.",
        {"subject"},
    ),
    Event("account.address_changed", "{subject} changed their email address.", _CHANGED),
    Event(
        "account.address_put_back",
        "The email address of {subject} was put back to the former one.",
        _CHANGED,
    ),
)
