"""Reads for an organisation's home page and for the list of its people."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from app.web.pagination import Page
from approvals.access_model.definition import UserGroup
from approvals.activity import queries as activity
from approvals.activity.queries import ActivityEntry
from approvals.memberships import home_cards, queries
from approvals.memberships.catalogue import Catalogue, ServiceOffer
from approvals.memberships.home_cards import HomeCard
from approvals.memberships.member_filters import (
    PUPIL_NAMES,
    SEES,
    STATUSES,
    GroupKey,
    MemberFilters,
)
from approvals.memberships.queries import MemberRow
from approvals.memberships.similar_names import similar_people
from approvals.organisations.models import Organisation
from approvals.organisations.queries import is_open

LATEST = 10
"""Events on the home page."""

VIEW_PUPIL_NAMES = "view_pupil_names"

FIGURES = {
    "Users": MemberFilters(),
    "Approvers": MemberFilters(approver="yes", status="joined"),
    SEES[PUPIL_NAMES]: MemberFilters(sees=PUPIL_NAMES),
    STATUSES["invited"]: MemberFilters(status="invited"),
    "Invitations that have run out": MemberFilters(status="expired"),
    "Invitations that were not delivered": MemberFilters(status="undelivered"),
    STATUSES["dormant"]: MemberFilters(status="dormant"),
    STATUSES["ending"]: MemberFilters(status="ending"),
    STATUSES["shared"]: MemberFilters(status="shared"),
}
"""The figures of a home page by their text. Each is the length of the list of its filters."""


@dataclass(frozen=True)
class Figure:
    """A figure with the filters of the list that it counts."""

    text: str
    filters: MemberFilters
    count: int


@dataclass(frozen=True)
class GroupBar:
    """A user group in the chart. share: of the largest one, from 0 to 100."""

    group: UserGroup
    filters: MemberFilters
    count: int
    share: int

    @property
    def sees_pupil_names(self) -> bool:
        return VIEW_PUPIL_NAMES in self.group.capabilities


@dataclass(frozen=True)
class ServiceChart:
    """The user groups of a service that an organisation can give, with their people."""

    offer: ServiceOffer
    bars: Sequence[GroupBar]


@dataclass(frozen=True)
class HomePage:
    """The start page of an organisation. not_offered: name of each service, and why."""

    cards: Sequence[HomeCard]
    figures: Sequence[Figure]
    charts: Sequence[ServiceChart]
    not_offered: Sequence[tuple[str, str]]
    events: Sequence[ActivityEntry]
    open: bool


@dataclass(frozen=True)
class UsersPage:
    """A page of the organisation's users, and the services that it can give.

    seeing: keys of the shown memberships whose people can see pupil names. undelivered: keys of
    those whose invitation did not arrive. only_similar: nothing
    matches the search, and the page has what resembles it.
    """

    page: Page[MemberRow]
    filters: MemberFilters
    offers: Sequence[ServiceOffer]
    catalogue: Catalogue
    seeing: frozenset[int]
    undelivered: frozenset[int]
    only_similar: bool


def home_page(organisation: Organisation, at: datetime) -> HomePage:
    """Return the figures of an organisation, its user groups and its latest events."""
    services = Catalogue(at)
    offers, open_ = services.offers(organisation), is_open(organisation, at)
    figures = {
        text: _resolved(filters, offers if open_ else ()) for text, filters in FIGURES.items()
    }
    counts = queries.count_each(organisation.id, figures, at)
    by_group = queries.count_by_group(organisation.id, at)
    return HomePage(
        cards=home_cards.cards(organisation, at),
        figures=[Figure(text, filters, counts[text]) for text, filters in figures.items()],
        charts=[ServiceChart(offer, _bars(offer, by_group)) for offer in offers],
        not_offered=services.not_offered(organisation),
        events=activity.latest_activity(organisation, at, limit=LATEST),
        open=open_,
    )


def users_page(
    organisation: Organisation, filters: MemberFilters, at: datetime, *, page: int
) -> UsersPage:
    """Return one page of the people who match the filters."""
    services = Catalogue(at)
    offers = services.offers(organisation)
    giving = offers if is_open(organisation, at) else ()
    filters = _resolved(filters, giving)
    found = queries.people(organisation.id, filters, at, page=page)
    alike = similar_people(organisation.id, filters, at) if not found.total else []
    if alike:
        nearest = replace(filters.without_search(), among=tuple(alike))
        found = queries.people(organisation.id, nearest, at, page=page)
    names = _resolved(MemberFilters(sees=PUPIL_NAMES), giving)
    shown = [row.membership.id for row in found.rows]
    seeing = queries.matching(shown, names, at)
    undelivered = queries.matching(shown, MemberFilters(status="undelivered"), at)
    return UsersPage(found, filters, offers, services, seeing, undelivered, bool(alike))


def _resolved(filters: MemberFilters, offers: Sequence[ServiceOffer]) -> MemberFilters:
    """Return the filters with the user groups of the offers that allow what `sees` names."""
    if filters.sees != PUPIL_NAMES:
        return filters
    allowing = {
        (offer.code, group.code)
        for offer in offers
        for group in offer.groups
        if VIEW_PUPIL_NAMES in group.capabilities
    }
    return replace(filters, sees_by=frozenset(allowing))


def _bars(offer: ServiceOffer, counts: dict[GroupKey, int]) -> list[GroupBar]:
    most = max((counts.get((offer.code, group.code), 0) for group in offer.groups), default=0)
    bars = []
    for group in offer.groups:
        count = counts.get((offer.code, group.code), 0)
        filters = MemberFilters(service=offer.code, user_group=group.code)
        bars.append(GroupBar(group, filters, count, round(100 * count / most) if most else 0))
    return bars
