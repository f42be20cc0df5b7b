"""Parts that the room adds to an application."""

from app.cli.setup import SETUP_STEPS, SetupStep
from app.composition import Room
from app.web.pages import PAGES, Pages
from app.web.rate_limits import UNLIMITED
from identity.information.facts import check_facts
from identity.information.views import blueprint

ROOM = Room(
    "identity.information",
    PAGES(Pages(blueprint)),
    UNLIMITED("information.status_page"),
    SETUP_STEPS(SetupStep("facts for the privacy page", check_facts)),
)
