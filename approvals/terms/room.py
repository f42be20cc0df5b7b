"""Parts that the room adds to an application."""

from app.audit import EVENTS
from app.cli.setup import SETUP_STEPS, SetupStep
from app.composition import Room
from app.web.pages import PAGES, Pages
from approvals.terms import actions, defaults, queries, views
from identity.sessions.account_rows import ACCOUNT_ROWS, AccountRow
from identity.sessions.active_session import ActiveSession


def _accepted(session: ActiveSession) -> str:
    number = len(queries.accepted_by(session.account_id))
    return f"{number or 'No'} version{'' if number == 1 else 's'} accepted"


ROOM = Room(
    "approvals.terms",
    EVENTS(*actions.EVENTS),
    PAGES(Pages(views.pages)),
    ACCOUNT_ROWS(
        AccountRow(
            "Terms of use", 70, _accepted, "terms.mine", "See", "the terms of use you accepted"
        ),
    ),
    # The access model is below, so its step comes first: a service's terms need the service.
    SETUP_STEPS(SetupStep("terms of use", defaults.publish_first)),
)
