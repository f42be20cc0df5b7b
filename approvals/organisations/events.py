"""Audit events of the room."""

from app.audit import Event

EVENTS = (
    Event(
        "register.imported",
        "{actor} imported the register file {file} of {stated_on}.",
        {"file", "stated_on", "rows", "sha256"},
    ),
    Event(
        "register.renewed",
        "{actor} worked out the register anew by the rules of this release.",
        {"rules", "changes"},
    ),
    Event(
        "organisation.added",
        "{actor} added {organisation}.",
        {"organisation", "after"},
    ),
    Event(
        "organisation.renamed",
        "{actor} renamed {organisation}.",
        {"organisation", "before", "after"},
    ),
    Event("organisation.closed", "{actor} closed {organisation}.", {"organisation"}),
)
