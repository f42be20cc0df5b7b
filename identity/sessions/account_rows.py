"""Rows of the page "Your account". Each room adds the rows of its own pages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from app.composition import ExtensionPoint
from identity.sessions.active_session import ActiveSession


@dataclass(frozen=True)
class AccountRow:
    """One row, lowest `order` first: a fact about the account, and the link to its page.

    value: the fact in words, for the person of the session. about: the end of the link's text for
    screen readers, which hear links without the row around them. offered: whether the person has
    the row.
    """

    title: str
    order: int
    value: Callable[[ActiveSession], str]
    endpoint: str
    link: str
    about: str
    offered: Callable[[ActiveSession], bool] = lambda _session: True


ACCOUNT_ROWS = ExtensionPoint[AccountRow]("rows of the account page", named=lambda row: row.title)
