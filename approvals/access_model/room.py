"""Parts that the room adds to an application."""

from app.audit import EVENTS
from app.cli.setup import SETUP_STEPS, SetupStep
from app.composition import Room
from approvals.access_model import loading

ROOM = Room(
    "approvals.access_model",
    EVENTS(*loading.EVENTS),
    SETUP_STEPS(SetupStep("access model", loading.load_shipped)),
)
