"""The requests that wait: on the home page of an organisation, and their number in its pages."""

from __future__ import annotations

from datetime import datetime

from flask import g, url_for

from approvals.access_requests.decider_queries import count_waiting, oldest_waiting
from approvals.access_requests.forms import APPROVE
from approvals.access_requests.rows import RequestRow
from approvals.memberships.home_cards import CardButton, CardItem, CardLink, HomeCard
from approvals.organisations.models import Organisation
from identity.sessions.current_session import signed_in_session

SHOWN = 5
"""Requests that the card names; its link leads to all."""


def waiting_requests(organisation: Organisation, at: datetime) -> HomeCard | None:
    """Return the card with the oldest requests, or None where none waits."""
    rows, count = oldest_waiting(organisation, at, SHOWN)
    g.waiting_requests = (organisation.id, count)
    if not count:
        return None
    everything = url_for("access_requests.of_organisation", organisation=organisation.public_id)
    return HomeCard(
        order=10,
        title="Requests for access",
        count=count,
        items=tuple(_item(row, organisation) for row in rows),
        links=(CardLink("See all requests", everything),),
    )


def _item(row: RequestRow, reader: Organisation) -> CardItem:
    """Return the row of a request. The reader's own one has no button: somebody else decides it."""
    page = url_for(
        "access_requests.decide",
        organisation=reader.public_id,
        request_id=row.decision.public_id,
    )
    place = "" if row.organisation.id == reader.id else f", {row.organisation.name}"
    own = row.asker.id == signed_in_session().account_id
    about = f"{row.user_group} for {row.asker.name}"
    return CardItem(
        text=row.asker.name,
        note=f"{row.user_group}, {row.service}{place}",
        links=(CardLink("Look", page, f"at the request of {row.asker.name}"),),
        button=None if own else CardButton("Approve", page, {"decision": APPROVE}, about),
    )


def number_in_navigation(organisation: Organisation, at: datetime) -> int:
    """Return how many requests wait, read once for a page that has the card."""
    counted: tuple[int, int] | None = g.get("waiting_requests")
    if counted is not None and counted[0] == organisation.id:
        return counted[1]
    return count_waiting(organisation, at)
