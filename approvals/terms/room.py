"""Parts that the room adds to an application."""

from app.audit import EVENTS
from app.cli.setup import SETUP_STEPS, SetupStep
from app.composition import Room
from app.web.pages import PAGES, Pages
from approvals.terms import actions, defaults, views

ROOM = Room(
    "approvals.terms",
    EVENTS(*actions.EVENTS),
    PAGES(Pages(views.pages)),
    # The access model is below, so its step comes first: a service's terms need the service.
    SETUP_STEPS(SetupStep("terms of use", defaults.publish_first)),
)
