"""Parts that the room adds to an application."""

from app.composition import Room
from app.web.pages import PAGES, Pages
from identity.own_account.blueprint import blueprint
from identity.sessions.account_rows import ACCOUNT_ROWS, AccountRow

ROOM = Room(
    "identity.own_account",
    PAGES(Pages(blueprint, "identity.own_account.name_views")),
    ACCOUNT_ROWS(
        AccountRow(
            "Name",
            10,
            lambda session: session.account.name,
            "own_account.change_name",
            "Change",
            "your name",
        ),
    ),
)
