"""Parts that the room adds to an application."""

from app.audit import EVENTS
from app.cli.setup import SETUP_STEPS, SetupStep
from app.composition import Room
from approvals.organisations import events
from approvals.organisations.importing.renewal import renew_register

ROOM = Room(
    "approvals.organisations",
    EVENTS(*events.EVENTS),
    SETUP_STEPS(SetupStep("register", renew_register)),
)
