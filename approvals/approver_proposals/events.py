"""Audit events of this room."""

from app.audit import Event

_ABOUT = {"organisation", "person"}

EVENTS = (
    Event(
        "approver.proposed",
        "{actor} proposed {person} as an approver; another operator has to agree.",
        _ABOUT | {"email"},
    ),
    Event(
        "approver.proposal_agreed",
        "{actor} agreed to {person} as an approver, whom {proposer} had proposed.",
        _ABOUT | {"email", "proposer"},
    ),
    Event(
        "approver.proposal_ended",
        "{actor} ended the proposal of {person} as an approver, with the reason “{reason}”.",
        _ABOUT | {"reason"},
    ),
    Event(
        "approver.offered",
        "{actor} of {body} asked {person} to be an approver.",
        _ABOUT | {"subject", "body"},
    ),
    Event("approver.offer_accepted", "{person} agreed to be an approver.", _ABOUT | {"subject"}),
    Event(
        "approver.offer_declined",
        "{person} does not want to be an approver.",
        _ABOUT | {"subject"},
    ),
)
