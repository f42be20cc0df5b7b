"""Audit events of this room."""

from __future__ import annotations

from app.audit import Event

_INVITATION = {"invitation"}

EVENTS = (
    Event("invitation.sent", "{actor} sent an invitation.", _INVITATION),
    Event("invitation.resent", "{actor} sent an invitation again.", _INVITATION),
    Event("invitation.corrected", "{actor} corrected an invitation's email address.", _INVITATION),
    Event(
        "invitation.redirected",
        "An invitation was sent to the person's new email address.",
        _INVITATION,
    ),
    Event("invitation.withdrawn", "{actor} withdrew an invitation.", _INVITATION),
    Event("invitation.accepted", "{subject} accepted an invitation.", {*_INVITATION, "subject"}),
    Event("invitation.declined", "An invitation was answered with “not me”.", _INVITATION),
    Event("invitation.lapsed", "An invitation ended that nobody had answered.", _INVITATION),
    Event("invitation.renewal_asked", "A new invitation was asked for.", _INVITATION),
    Event("invitation.refused", "An invitation was opened by somebody else.", _INVITATION),
    Event("registration.asked", "Somebody asked for an account: {outcome}.", {"outcome"}),
    Event("account.joined", "{subject} joined.", required={"subject"}),
    Event(
        "account.renamed", "{actor} changed their name.", required={"subject", "before", "after"}
    ),
    Event("account.looked_for", "{actor} looked for people by name or address.", {"search"}),
    Event("account.suspended", "{actor} suspended {subject}.", required={"subject"}),
    Event("account.restored", "{actor} restored {subject}.", required={"subject"}),
)
