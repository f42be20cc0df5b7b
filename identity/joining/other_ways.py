"""Joining by an organisation's own provider, which a higher room knows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from app.composition import ExtensionPoint
from identity.accounts.models import Invitation, JoinJourney
from identity.sessions.active_session import ActiveSession


@dataclass(frozen=True)
class WayToJoin:
    """A provider at which an invited person can sign in instead of choosing a password.

    only: whether a password cannot be chosen.
    """

    name: str
    page: str
    only: bool


class WaysToJoin(Protocol):
    """The providers of organisations that invite."""

    def way(self, journey: JoinJourney, invitation: Invitation) -> WayToJoin | None:
        """Return the way of an invited person without account."""
        ...

    def link(self, invitation: Invitation, session: ActiveSession) -> WayToJoin | None:
        """Return the page that links an identity to the account that accepted the invitation."""
        ...


WAYS_TO_JOIN = ExtensionPoint[WaysToJoin]("ways to join")


def way_to_join(journey: JoinJourney, invitation: Invitation) -> WayToJoin | None:
    """Return the provider at which this invited person can join, or None."""
    ways = (each.way(journey, invitation) for each in WAYS_TO_JOIN.values())
    return next((way for way in ways if way is not None), None)


def page_to_link(invitation: Invitation, session: ActiveSession) -> WayToJoin | None:
    """Return the page that links an identity to the account of the session, or None."""
    ways = (each.link(invitation, session) for each in WAYS_TO_JOIN.values())
    return next((way for way in ways if way is not None), None)
