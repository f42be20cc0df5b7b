"""Audit events of this room."""

from app.audit import Event

EVENTS = (
    Event(
        "account.closing_announced",
        "{subject} was told that their account is going to be closed.",
        {"subject"},
    ),
    Event("account.closed", "The account of {subject} was closed: {cause}.", {"subject", "cause"}),
    Event(
        "account.erasure_requested",
        "{subject} asked to close their account and to erase their data.",
        {"subject"},
    ),
    Event("account.erasure_stopped", "The erasure of {subject} was stopped.", {"subject"}),
    Event(
        "invitation.erased",
        "The name and address of somebody who was invited and never joined were erased.",
        {"invitation"},
    ),
    Event("account.erased", "The personal data of {subject} was erased.", {"subject"}),
)
