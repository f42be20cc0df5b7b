"""Audit events of this room."""

from app.audit import Event

_ABOUT = {"organisation", "subject", "person", "request", "service", "user_group"}

EVENTS = (
    Event(
        "access_request.filed",
        "{person} asked for {user_group} of {service}.",
        _ABOUT,
    ),
    Event(
        "access_request.approved",
        "{actor} approved the request of {person} for {user_group} of {service}: {granted}.",
        _ABOUT | {"granted", "authority", "mutual"},
    ),
    Event(
        "access_request.rejected",
        "{actor} rejected the request of {person} for {user_group} of {service}.",
        _ABOUT | {"reason", "authority"},
    ),
    Event(
        "access_request.withdrawn",
        "{person} withdrew their request for {user_group} of {service}.",
        _ABOUT,
    ),
    Event(
        "access_request.ended",
        "The request of {person} for {user_group} of {service} ended without a decision.",
        _ABOUT | {"reason"},
    ),
    Event(
        "access_request.escalated",
        "The request of {person} for {user_group} of {service} was passed on: {level}.",
        _ABOUT | {"level"},
    ),
)
