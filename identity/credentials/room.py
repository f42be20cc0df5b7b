"""Parts that the room adds to an application."""

from app.after_restore import REVIVED, Revived
from app.audit import EVENTS
from app.composition import Room
from app.retention import PURGES, Purge
from app.serving.password_paths import PASSWORD_PATHS
from app.web.pages import PAGES, Pages
from identity.access_termination import CHANNELS
from identity.credentials import events, passkey_actions, registry, reset_links
from identity.credentials.actions import expired_enrolments
from identity.credentials.blueprint import blueprint
from identity.credentials.password import PASSWORD
from identity.sessions.account_rows import ACCOUNT_ROWS, AccountRow
from identity.sessions.active_session import ActiveSession


def _password(session: ActiveSession) -> str:
    return "Set" if PASSWORD.enrolled(session.account_id) else "Not set"


def _second_step(session: ActiveSession) -> str:
    return ", ".join(registry.summaries(session.account_id)).capitalize()


ROOM = Room(
    "identity.credentials",
    EVENTS(*events.EVENTS),
    PASSWORD_PATHS("/account/password", "/reset-password"),
    PAGES(
        Pages(
            blueprint,
            "identity.credentials.passkey_views",
            "identity.credentials.reset_views",
            "identity.credentials.views",
        ),
    ),
    ACCOUNT_ROWS(
        AccountRow(
            "Password",
            30,
            _password,
            "credentials.change_password",
            "Change",
            "your password",
        ),
        AccountRow(
            "Second step", 40, _second_step, "credentials.second_step", "Change", "your second step"
        ),
    ),
    CHANNELS(reset_links.supersede_links),
    REVIVED(
        Revived("links by mail", select_active=reset_links.usable, end=reset_links.supersede_all),
    ),
    registry.add_parts_of_factors,
    PURGES(
        Purge("reset links", reset_links.expired_links),
        Purge("enrolments and shown codes", expired_enrolments),
        Purge("passkeys that were not made", passkey_actions.expired_enrolments),
    ),
)
