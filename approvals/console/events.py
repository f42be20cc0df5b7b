"""Audit events of this room."""

from app.audit import Event

EVENTS = (
    Event(
        "operator.added",
        "{actor} appointed {person} as an operator and sent an invitation.",
        {"operator", "person"},
    ),
    Event(
        "operator.removed",
        "{actor} ended the appointment of {person} as an operator.",
        {"operator", "person"},
    ),
    Event("operator.joined", "{person} joined as an operator.", {"operator", "person", "subject"}),
    Event(
        "operator.declined",
        "{person} said that the invitation to be an operator was not for them.",
        {"operator", "person"},
    ),
    Event(
        "operator.invitation_lapsed",
        "The invitation of {person} to be an operator ended: it ran out and was not sent again.",
        {"operator", "person"},
    ),
    Event("console.looked_for", "{actor} looked for people by “{what}”.", {"what", "found"}),
    Event("console.looked_at", "{actor} looked at the page of {subject}.", {"subject"}),
    Event(
        "console.organisation_read",
        "{actor}, an operator, looked at the approvers of {organisation}.",
        {"organisation"},
    ),
    Event(
        "console.access_explained",
        "{actor} looked up why {subject} can, or cannot, see {service}.",
        {"subject", "service"},
    ),
    Event("console.audit_read", "{actor} looked at the audit.", {"found"}),
    Event("console.requests_listed", "{actor} listed the requests for access.", {"found"}),
    Event(
        "console.waiting_access_listed",
        "{actor} listed the access that waits for a second approver.",
        {"found"},
    ),
    Event(
        "console.long_access_listed",
        "{actor} listed the access that lasts longer than the rule allows.",
        {"found"},
    ),
    Event("console.operators_listed", "{actor} listed the operators.", {"found"}),
)
