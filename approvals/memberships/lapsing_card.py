"""Invitations that are about to lapse, on the home page of an organisation."""

from __future__ import annotations

from datetime import datetime

from flask import url_for

from app.days import in_words
from approvals.memberships import queries
from approvals.memberships.home_cards import CardItem, CardLink, HomeCard
from approvals.memberships.member_filters import ENDING_WITHIN
from approvals.memberships.models import Membership
from approvals.organisations.models import Organisation

SHOWN = 5
"""People whom the card names; its link leads to all."""


def invitations_end_soon(organisation: Organisation, at: datetime) -> HomeCard | None:
    """Return the card with the invitations that end first, or None where none ends soon."""
    found = queries.lapsing_invitations(organisation.id, at, at + ENDING_WITHIN)
    if not found:
        return None
    everyone = url_for("memberships.invitations", organisation=organisation.public_id)
    return HomeCard(
        order=25,
        title="Invitations that end soon",
        text="They ran out. Send them again, or they end and these people are no longer listed "
        "as users.",
        count=len(found),
        items=tuple(_item(organisation, *each) for each in found[:SHOWN]),
        links=(CardLink("See all invitations", everyone),),
    )


def _item(organisation: Organisation, membership: Membership, lapses_at: datetime) -> CardItem:
    address = url_for(
        "memberships.user", organisation=organisation.public_id, member=membership.public_id
    )
    return CardItem(
        text=membership.name,
        note=f"ends on {in_words(lapses_at)}",
        links=(CardLink("Look", address, f"at the page of {membership.name}"),),
    )
