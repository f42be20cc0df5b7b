"""The end of links that the person did not make."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete

from app.database.single_use import rows_changed
from identity.access_termination import Termination
from identity.upstream.models import Identity

DISAVOWED = "not me"
RECENT = timedelta(days=7)
"""The link of the mail about a new identity works for so long."""


def unlink_recent(ending: Termination) -> None:
    """Unlink identities of the last days of a person who said "this was not me"."""
    if ending.everything and ending.cause == DISAVOWED:
        rows_changed(
            delete(Identity).where(
                Identity.account_id == ending.account_id,
                Identity.linked_at > ending.at - RECENT,
            )
        )
