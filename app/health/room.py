"""Parts that the room adds: health endpoints, and undelivered mails as a detail of `/readyz`."""

from app.composition import Room
from app.health import views
from app.health.checks import DETAILS, Detail
from app.outbox.delivery import failed_recently
from app.web.errors import JSON_PATHS
from app.web.pages import PAGES, Pages
from app.web.rate_limits import UNLIMITED

ROOM = Room(
    "app.health",
    PAGES(Pages(views.blueprint)),
    UNLIMITED("health.alive", "health.ready"),
    JSON_PATHS("/healthz", "/readyz"),
    # The outbox is below health and cannot add its detail itself.
    DETAILS(Detail("mails", failed_recently)),
)
