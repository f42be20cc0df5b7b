"""Parts that the room adds to an application."""

from app.audit import EVENTS
from app.composition import Room
from app.retention import PURGES, Purge
from app.serving.password_paths import PASSWORD_PATHS
from app.web.pages import PAGES, Pages
from identity.credentials.take_back import TAKE_BACKS, TakeBack
from identity.recovery import actions, events
from identity.recovery.blueprint import blueprint
from identity.recovery.link import RESET, stop

ROOM = Room(
    "identity.recovery",
    EVENTS(*events.EVENTS),
    PAGES(Pages(blueprint, "identity.recovery.views")),
    PASSWORD_PATHS("/second-step-reset"),
    TAKE_BACKS(TakeBack(RESET.name, "the reset of your second step is stopped", stop)),
    PURGES(Purge("new second steps being set up", actions.expired)),
)
