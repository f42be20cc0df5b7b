"""Access that waits for a second approver, on the home page of an organisation."""

from __future__ import annotations

from datetime import datetime

from flask import url_for

from approvals.memberships.home_cards import CardItem, CardLink, HomeCard
from approvals.memberships.waiting_lists import WaitingRow, oldest_waiting
from approvals.organisations.models import Organisation

SHOWN = 5
"""Rows that the card names; its link leads to all."""


def waiting_for_second_approver(organisation: Organisation, at: datetime) -> HomeCard | None:
    """Return the card with the rows that wait longest, or None where none waits."""
    rows, count = oldest_waiting(organisation, at, SHOWN)
    if not count:
        return None
    everything = url_for("memberships.waiting_list", organisation=organisation.public_id)
    return HomeCard(
        order=12,
        title="Waiting for a second approver",
        count=count,
        items=tuple(_item(row, organisation) for row in rows),
        links=(CardLink("See all that waits", everything),),
    )


def _item(row: WaitingRow, reader: Organisation) -> CardItem:
    waiting = row.waiting
    place = "" if waiting.organisation.id == reader.id else f", {waiting.organisation.name}"
    address = url_for("memberships.waiting_access", decision=waiting.decision.public_id)
    return CardItem(
        text=waiting.membership.name,
        note=f"{row.access}, given by {row.giver_name}{place}",
        links=(CardLink("Look", address, f"at the access of {waiting.membership.name}"),),
    )
