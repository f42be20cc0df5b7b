"""Audit events of this room."""

from app.audit import Event

EVENTS = (
    Event(
        "account.joining_requested",
        "{subject} proved two accounts and asked to join them.",
        {"subject"},
    ),
    Event(
        "account.joining_agreed", "{actor} agreed to join two accounts of {subject}.", {"subject"}
    ),
    Event("account.joinings_listed", "{actor} listed the accounts to join.", {"found"}),
    Event(
        "account.joining_read",
        "{actor} looked at two accounts of {subject} that are to be joined.",
        {"subject"},
    ),
    Event("account.joining_ended", "The joining of two accounts of {subject} ended.", {"subject"}),
    Event(
        "account.joined_accounts",
        "{actor} joined two accounts: {subject} keeps this one.",
        {"subject"},
    ),
    Event(
        "account.joining_command",
        "{actor} agreed to the request {request}, with the reason “{reason}”.",
        {"request", "reason"},
    ),
    Event(
        "membership.continued",
        "{subject} goes on in {organisation} with another account of theirs.",
        {"subject", "organisation", "membership"},
    ),
)
