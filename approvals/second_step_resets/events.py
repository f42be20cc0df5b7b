"""Audit events of this room."""

from app.audit import Event

_ABOUT = {"subject", "person"}

EVENTS = (
    Event("second_step_reset.asked", "{person} asked for a reset of their second step.", _ABOUT),
    Event(
        "second_step_reset.agreed",
        "{actor} agreed to reset the second step of {person}; another operator has to agree.",
        _ABOUT | {"checked"},
    ),
    Event(
        "second_step_reset.decided",
        "{actor} decided to reset the second step of {person}.",
        _ABOUT | {"checked", "takes_effect_at"},
    ),
    Event(
        "second_step_reset.refused",
        "{actor} refused to reset the second step of {person}.",
        _ABOUT,
    ),
    Event(
        "second_step_reset.stopped",
        "{actor} stopped the reset of the second step of {person}.",
        _ABOUT,
    ),
    Event(
        "second_step_reset.expired",
        "The request of {person} for a reset of their second step ran out.",
        _ABOUT,
    ),
    Event(
        "second_step_reset.link_sent",
        "{person} was sent the link to set up a new second step.",
        _ABOUT,
    ),
    Event(
        "second_step_reset.access_closed",
        "Access of {person} was closed until an approver agrees, because their second step was "
        "reset by another organisation or by operators.",
        _ABOUT | {"organisation"},
    ),
    Event(
        "second_step_reset.access_agreed",
        "{actor} opened the access of {person} again after the reset of their second step.",
        _ABOUT | {"organisation"},
    ),
)
