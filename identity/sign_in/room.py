"""Parts that the room adds to an application."""

from app.after_restore import REVIVED, Revived
from app.audit import EVENTS
from app.composition import Room
from app.retention import PURGES, Purge
from app.serving.password_paths import PASSWORD_PATHS
from app.web.pages import PAGES, Pages
from identity.access_termination import CHANNELS
from identity.accounts.models import Account
from identity.credentials import registry
from identity.credentials.reset import WHEN_RESET
from identity.credentials.set_up_here import WHEN_SET_UP
from identity.credentials.take_back import TAKE_BACKS
from identity.sign_in import (
    devices,
    events,
    journeys,
    remembered_sign_in,
    second_steps,
    throttle,
    whole_sign_in_views,
)
from identity.sign_in.blueprint import blueprint


def _open_after_reset(account: Account) -> None:
    throttle.open_after_reset(account, registry.guessable_codes())


ROOM = Room(
    "identity.sign_in",
    EVENTS(*events.EVENTS),
    PAGES(Pages(blueprint, "identity.sign_in.views", "identity.sign_in.terms_views")),
    PASSWORD_PATHS("/sign-in", "/sign-in/confirm-it-is-you"),
    second_steps.add_pages,
    whole_sign_in_views.add_routes,
    CHANNELS(journeys.end_journeys, devices.forget_devices),
    WHEN_RESET(_open_after_reset),
    WHEN_SET_UP(devices.note_second_step),
    TAKE_BACKS(remembered_sign_in.TAKE_BACK),
    REVIVED(Revived("sign-ins under way", select_active=journeys.under_way, end=journeys.end_all)),
    PURGES(
        Purge("sign-in journeys", journeys.expired),
        Purge("known devices", devices.expired),
        Purge("attempt counters", throttle.expired),
    ),
)
