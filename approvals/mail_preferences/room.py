"""Parts that the room adds to an application."""

from app.composition import Room
from app.web.pages import PAGES, Pages
from approvals.mail_preferences.views import pages
from approvals.memberships.queries import is_approver
from approvals.operators.actions import is_operator
from approvals.task_mails.actions import digest_hour, in_words
from identity.sessions.account_rows import ACCOUNT_ROWS, AccountRow
from identity.sessions.active_session import ActiveSession


def _gets_task_mails(session: ActiveSession) -> bool:
    """Return whether the person decides about others, or did and chose a digest."""
    account_id = session.account_id
    return is_approver(account_id) or is_operator(account_id) or digest_hour(account_id) is not None


def _choice(session: ActiveSession) -> str:
    chosen = in_words(digest_hour(session.account_id))
    return chosen[0].upper() + chosen[1:]


ROOM = Room(
    "approvals.mail_preferences",
    PAGES(Pages(pages)),
    ACCOUNT_ROWS(
        AccountRow(
            "Emails about tasks",
            25,
            _choice,
            "mail_preferences.task_mails",
            "Change",
            "how you get emails about tasks",
            _gets_task_mails,
        ),
    ),
)
