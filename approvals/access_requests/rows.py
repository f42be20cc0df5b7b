"""Requests with the names of what they ask for, as lists and pages show them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from app.database import db
from approvals.access_requests import rules
from approvals.access_requests.facts import AskedFor
from approvals.memberships import facts as members
from approvals.memberships.catalogue import Catalogue
from approvals.memberships.queries import names_of
from approvals.memberships.rules import Authority
from approvals.organisations.models import Organisation
from approvals.pending_decisions.decisions import Ending
from approvals.pending_decisions.models import PendingDecision
from identity.accounts.models import Account


@dataclass(frozen=True)
class RequestRow:
    """A request in a list or on a page, with the names of what it asks for.

    granted: name of the user group that was given. by: name of the person who ended it.
    """

    decision: PendingDecision
    organisation: Organisation
    asker: Account
    service: str
    user_group: str
    granted: str | None
    by: str

    @property
    def state(self) -> str:
        """Return `waiting`, `approved`, `rejected`, `withdrawn` or `ended`."""
        if self.decision.ended_at is None:
            return "waiting"
        if self.decision.ending == Ending.IN_EFFECT:
            return "approved"
        if self.decision.ending == Ending.REFUSED:
            return "rejected"
        return "withdrawn" if self.decision.ended_by == self.asker.subject else "ended"


def rows_of(decisions: Sequence[PendingDecision], at: datetime) -> list[RequestRow]:
    """Return requests with their names, by a constant number of statements."""
    if not decisions:
        return []
    services = Catalogue(at)
    bodies = {
        each.id: each
        for each in db.session.scalars(
            select(Organisation).where(
                Organisation.id.in_({each.organisation_id for each in decisions})
            )
        )
    }
    askers = {
        each.id: each
        for each in db.session.scalars(
            select(Account).where(Account.id.in_({each.account_id for each in decisions}))
        )
    }
    names = names_of(each.ended_by for each in decisions if each.ended_by is not None)
    rows = []
    for each in decisions:
        asked = AskedFor.of(each)
        rows.append(
            RequestRow(
                decision=each,
                organisation=bodies[each.organisation_id or 0],
                asker=askers[each.account_id or 0],
                service=services.service_name(asked.service),
                user_group=services.group_name(asked.service, asked.user_group),
                granted=services.group_name(asked.service, asked.granted)
                if asked.granted
                else None,
                by=names.get(each.ended_by or "", "Secure Access"),
            )
        )
    return rows


def levels_of(
    decision: PendingDecision, organisation: Organisation, at: datetime
) -> tuple[Authority, ...]:
    """Return the levels of people who may decide the request now, the nearest first."""
    return rules.levels_open(
        members.deciders(organisation, at),
        asker=decision.account_id or 0,
        asked_at=decision.asked_at,
        at=at,
    )
