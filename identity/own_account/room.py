"""Parts that the room adds to an application."""

from app.composition import Room
from app.web.pages import PAGES, Pages
from identity.credentials.take_back import TAKE_BACKS
from identity.own_account import email_actions
from identity.own_account.blueprint import blueprint
from identity.sessions.account_rows import ACCOUNT_ROWS, AccountRow

ROOM = Room(
    "identity.own_account",
    PAGES(Pages(blueprint, "identity.own_account.email_views", "identity.own_account.name_views")),
    TAKE_BACKS(email_actions.TAKE_BACK),
    ACCOUNT_ROWS(
        AccountRow(
            "Name",
            10,
            lambda session: session.account.name,
            "own_account.change_name",
            "Change",
            "your name",
        ),
        AccountRow(
            "Email address",
            20,
            lambda session: session.account.email,
            "own_account.change_email",
            "Change",
            "your email address",
        ),
    ),
)
