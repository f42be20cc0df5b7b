"""Filters of the list of an organisation's people, as conditions of its statement.

A figure of the home page is the number of people who match one `MemberFilters`, and its link opens
the list with the same filters: both use `conditions`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import ColumnExpressionArgument, Select, select, tuple_

from app.text_search import contains_words, search_words
from approvals.memberships.approvers import is_named_approver
from approvals.memberships.last_uses import not_here_since
from approvals.memberships.models import Grant, Membership
from identity.accounts.models import Account, Invitation
from identity.accounts.shared_addresses import is_shared_sql
from identity.accounts.undelivered import undelivered_invitations

DORMANT_AFTER = timedelta(days=90)
ENDING_WITHIN = timedelta(days=30)

Condition = ColumnExpressionArgument[bool]
GroupKey = tuple[str, str]
"""A service and a user group of it, by their codes."""

STATUSES = {
    "joined": "Joined",
    "invited": "Invited, not joined yet",
    "expired": "Invitation has run out",
    "undelivered": "Invitation was not delivered",
    "suspended": "Suspended",
    "dormant": "Not here for 90 days",
    "ending": "Access ends within 30 days",
    "no_access": "No access to any service",
    "shared": "Address that several people may share",
}
SORTS = {"name": "Name", "last_here": "Last here", "added": "Last added"}
PUPIL_NAMES = "pupil_names"
SEES = {PUPIL_NAMES: "Can see pupil names"}


@dataclass(frozen=True)
class MemberFilters:
    """Filters of a list of people. Unknown values narrow nothing.

    sees: a key of `SEES`. sees_by: the user groups that allow it in this organisation. among: keys
    of the memberships that alone count, if there are any.
    """

    search: str = ""
    status: str = ""
    service: str = ""
    user_group: str = ""
    approver: str = ""
    sees: str = ""
    sees_by: frozenset[GroupKey] = frozenset()
    among: tuple[int, ...] = ()
    sort: str = "name"

    @property
    def any(self) -> bool:
        return bool(self.search or self.status or self.user_group or self.approver or self.sees)

    @property
    def group(self) -> str:
        """The user group as the field of the form has it: `service:group`."""
        return f"{self.service}:{self.user_group}" if self.user_group else ""

    def without_search(self) -> MemberFilters:
        """Return the other filters."""
        return replace(self, search="")

    def arguments(self) -> dict[str, str]:
        """Return the query of the list's address, without what narrows nothing."""
        query = {
            "q": self.search,
            "status": self.status,
            "group": self.group,
            "approver": self.approver,
            "sees": self.sees,
            "sort": self.sort if self.sort != "name" else "",
        }
        return {name: value for name, value in query.items() if value}


def conditions(filters: MemberFilters, at: datetime) -> list[Condition]:
    """Return the conditions of a statement about `Membership`, its `Account` and `Invitation`."""
    found: list[Condition] = [*contains_words(Membership.search_text, search_words(filters.search))]
    found += _status(filters.status, at)
    if filters.user_group:
        found.append(
            _holds(at)
            .where(Grant.service == filters.service, Grant.user_group == filters.user_group)
            .exists()
        )
    if filters.approver in {"yes", "no"}:
        approver = is_named_approver(at)
        found.append(approver if filters.approver == "yes" else ~approver)
    if filters.among:
        found.append(Membership.id.in_(filters.among))
    if filters.sees in SEES:
        found += _opens_one_of(filters.sees_by, at)
    return found


def _status(status: str, at: datetime) -> list[Condition]:
    joined = Membership.joined_at.is_not(None)
    match status:
        case "joined":
            return [joined, ~Account.suspended, Membership.suspended_at.is_(None)]
        case "invited":
            return [~joined, ~Invitation.has_expired(at)]
        case "expired":
            return [~joined, Invitation.has_expired(at)]
        case "undelivered":
            return [~joined, Membership.invitation_id.in_(undelivered_invitations())]
        case "suspended":
            return [joined, Account.suspended | Membership.suspended_at.is_not(None)]
        case "dormant":
            since = at - DORMANT_AFTER
            return [Membership.joined_at < since, not_here_since(since)]
        case "ending":
            return [_holds(at).where(Grant.valid_to <= at + ENDING_WITHIN).exists()]
        case "no_access":
            return [~_holds(at).exists()]
        case "shared":
            return [is_shared_sql(Membership.email_key)]
        case _:
            return []


def _opens_one_of(groups: frozenset[GroupKey], at: datetime) -> list[Condition]:
    """Return the conditions that one of the groups opens something for the person now.

    They are those of `decision`, which a test compares, and that the account is not suspended.
    """
    return [
        Membership.joined_at.is_not(None),
        Membership.suspended_at.is_(None),
        ~Account.suspended,
        _holds(at).where(tuple_(Grant.service, Grant.user_group).in_(sorted(groups))).exists(),
    ]


def _holds(at: datetime) -> Select[int]:
    return (
        select(Grant.id)
        .where(
            Grant.membership_id == Membership.id,
            Grant.counts_at(at),
        )
        .correlate(Membership)
    )
