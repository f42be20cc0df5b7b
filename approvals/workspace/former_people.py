"""Reads for the pages about people who left an organisation.

Each page is a value, whose fields its template shows.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from app.web.pagination import Page
from approvals.activity import queries as activity
from approvals.activity.queries import ActivityEntry
from approvals.memberships import facts, queries, rules
from approvals.memberships.actions.undo_removal import (
    ended_as_approver,
    parts_left_out,
    returning_grants,
)
from approvals.memberships.catalogue import Catalogue
from approvals.memberships.models import Membership
from approvals.memberships.queries import FormerRow
from approvals.organisations.models import Organisation
from approvals.workspace.queries import LATEST
from identity.email_address import EmailAddress


@dataclass(frozen=True)
class FormerPage:
    """A person who left. present_membership: the open one of a person who belongs here again.

    ended_by: name of the person who ended the membership. may_undo: whether the removal can still
    be undone.
    """

    present_membership: Membership | None
    ended_by: str | None
    may_undo: bool
    events: Sequence[ActivityEntry]


@dataclass(frozen=True)
class FormerList:
    """A page of people who left. names: of those who ended a membership, by subject."""

    page: Page[FormerRow]
    names: Mapping[str, str]


@dataclass(frozen=True)
class UndoneRemoval:
    """The effect of undoing a removal: what returns, and what today's rules leave out."""

    groups: Sequence[str]
    left_out: Sequence[str]
    approver: bool


def former_page(organisation: Organisation, person: Membership, at: datetime) -> FormerPage:
    """Return the page of a person who no longer belongs to the organisation."""
    account = facts.account_of_member(person)
    address = account.address if account else person.address
    may_undo = _may_undo(person, address, at)
    return FormerPage(
        present_membership=facts.open_membership(organisation.id, address),
        ended_by=queries.names_of([person.ended_by or ""]).get(person.ended_by or ""),
        may_undo=may_undo,
        events=activity.activity_about_person(organisation, person, account, at, limit=LATEST),
    )


def former_list(organisation: Organisation, *, page: int) -> FormerList:
    """Return a page of the people who left the organisation, the latest first."""
    found = queries.former_people(organisation.id, page=page)
    names = queries.names_of(row.membership.ended_by or "" for row in found.rows)
    return FormerList(found, names)


def undone_removal(
    organisation: Organisation, person: Membership, at: datetime
) -> UndoneRemoval | None:
    """Return the effect of undoing the removal now, or None where it cannot be undone."""
    account = facts.account_of_member(person)
    if account is None or not _may_undo(person, account.address, at):
        return None
    returning, left_out = returning_grants(person, organisation, at)
    services = Catalogue(at)
    return UndoneRemoval(
        groups=[
            f"{services.group_name(grant.service, grant.user_group)} of "
            f"{services.service_name(grant.service)}"
            for grant in returning
        ],
        left_out=[*left_out, *parts_left_out(person, account)],
        approver=ended_as_approver(person) and not account.suspended,
    )


def _may_undo(person: Membership, address: EmailAddress, at: datetime) -> bool:
    refusal = rules.may_undo_removal(
        undo_until=person.undo_until,
        at=at,
        oneself=False,
        added_since=facts.has_later_membership(person, address),
    )
    return refusal is None
