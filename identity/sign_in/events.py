"""Audit events of this room. The address that was typed is never part of it."""

from __future__ import annotations

from app.audit import Event

EVENTS = (
    Event("sign_in.succeeded", "{actor} signed in.", required={"subject", "sid", "amr"}),
    Event("sign_in.confirmed", "{actor} confirmed who they are.", required={"subject", "sid"}),
    Event(
        "sign_in.password_refused", "A sign-in was refused at the password.", required={"reason"}
    ),
    Event(
        "sign_in.code_refused",
        "A sign-in of {subject} was refused at the second step.",
        required={"subject", "factor"},
    ),
    Event(
        "sign_in.factor_refused",
        "A sign-in by one factor was refused.",
        required={"factor", "reason"},
    ),
    Event("sign_in.throttled", "Sign-in tries have to wait.", required={"step", "seconds"}),
    Event(
        "sign_in.factor_closed",
        "A hundred wrong answers in a row closed a factor for the browsers that gave them.",
        required={"step", "network"},
    ),
    Event(
        "sign_in.guesses_announced",
        "{subject} was mailed about wrong codes.",
        required={"subject"},
    ),
    Event("sign_in.terms_declined", "{actor} did not accept the terms.", required={"subject"}),
)
