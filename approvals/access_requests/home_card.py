"""The requests that wait: on the home page of an organisation, and their number in its pages."""

from __future__ import annotations

from datetime import datetime

from flask import g, url_for

from approvals.access_requests.decider_queries import count_waiting, oldest_waiting
from approvals.memberships.home_cards import CardItem, CardLink, HomeCard
from approvals.organisations.models import Organisation

SHOWN = 5
"""Requests that the card names; its link leads to all."""


def waiting_requests(organisation: Organisation, at: datetime) -> HomeCard | None:
    """Return the card with the oldest requests, or None where none waits."""
    rows, count = oldest_waiting(organisation, at, SHOWN)
    g.waiting_requests = (organisation.id, count)
    if not count:
        return None
    items = tuple(
        CardItem(
            text=row.asker.name,
            note=f"{row.user_group}, {row.service}"
            + ("" if row.organisation.id == organisation.id else f", {row.organisation.name}"),
            links=(
                CardLink(
                    "Look",
                    url_for(
                        "access_requests.decide",
                        organisation=organisation.public_id,
                        request_id=row.decision.public_id,
                    ),
                    f"at the request of {row.asker.name}",
                ),
            ),
        )
        for row in rows
    )
    everything = url_for("access_requests.of_organisation", organisation=organisation.public_id)
    return HomeCard(
        order=10,
        title="Requests for access",
        count=count,
        items=items,
        links=(CardLink("See all requests", everything),),
    )


def number_in_navigation(organisation: Organisation, at: datetime) -> int:
    """Return how many requests wait, read once for a page that has the card."""
    counted: tuple[int, int] | None = g.get("waiting_requests")
    if counted is not None and counted[0] == organisation.id:
        return counted[1]
    return count_waiting(organisation, at)
