"""Audit events of this room."""

from __future__ import annotations

from app.audit import Event

EVENTS = (
    Event("password.reset_asked", "{actor} asked for a password reset.", required={"outcome"}),
    Event("password.reset", "{subject} set a new password by a reset link.", required={"subject"}),
    Event("password.changed", "{actor} changed their password.", required={"subject"}),
    Event("password.confirmation_refused", "{actor} gave a wrong password.", required={"subject"}),
    Event("totp.changed", "{actor} set up another authenticator app.", required={"subject"}),
    Event("passkey.added", "{actor} added a passkey.", required={"subject", "passkey"}),
    Event("passkey.renamed", "{actor} renamed a passkey.", required={"subject", "passkey"}),
    Event("passkey.removed", "{actor} removed a passkey.", required={"subject", "passkey"}),
    Event(
        "passkey.sign_count_regressed",
        "A passkey of {subject} was refused: its sign count says that it was copied.",
        required={"subject", "passkey", "shown", "known"},
    ),
    Event("recovery_codes.made", "{actor} made new recovery codes.", required={"subject"}),
    Event(
        "sign_in.disavowed",
        "{subject} said that a sign-in or a change was not theirs; all sessions were ended.",
        required={"subject", "taken_back"},
    ),
)
