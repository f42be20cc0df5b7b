"""Look-ups of operators: organisations and people, among all of them."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Generic, TypeVar

from sqlalchemy import or_, select

from app.database import db
from app.refusal import RefusalError
from app.web.pagination import Page, paginate
from approvals.activity import queries as activity
from approvals.memberships.models import Membership
from approvals.memberships.people_search import is_called, similar_people
from approvals.organisations import queries as organisations
from approvals.organisations.models import Organisation
from identity.accounts.models import Account, by_name
from identity.email_address import EmailAddress

SHORTEST = 2

Item = TypeVar("Item")


@dataclass(frozen=True)
class SearchResult(Generic[Item]):
    """The rows that match a search. only_similar: none matches, and these nearly do."""

    page: Page[Item]
    only_similar: bool


def find_organisations(search: str, *, page: int) -> SearchResult[Organisation] | None:
    """Find by identifier or words of the name. None if there is too little to look for."""
    if len(search) < SHORTEST:
        return None
    by_name = organisations.matching(search).order_by(Organisation.search_name, Organisation.id)
    return _or_similar(paginate(by_name, page=page), lambda: organisations.search_similar(search))


def find_people(search: str, *, page: int) -> SearchResult[Account] | None:
    """Find by subject, or by words of a name or address. None if there is too little to look for.

    An address is found in any spelling.
    """
    if len(search) < SHORTEST:
        return None
    conditions = [Account.subject == search, is_called(search)]
    with suppress(RefusalError):
        conditions.append(Account.email_key == EmailAddress.parse(search).key)
    matching = select(Account).where(or_(*conditions)).order_by(*by_name())
    return _or_similar(paginate(matching, page=page), lambda: similar_people(search))


def _or_similar(page: Page[Item], similar: Callable[[], Sequence[Item]]) -> SearchResult[Item]:
    """Return the page, or one page of similar rows where nothing matches."""
    rows = () if page.total else similar()
    if not rows:
        return SearchResult(page, only_similar=False)
    return SearchResult(Page(rows, 1, len(rows), len(rows)), only_similar=True)


def person(subject: str) -> Account | None:
    """Return the account with this subject."""
    return db.session.scalar(select(Account).where(Account.subject == subject))


def organisation(public_id: str) -> Organisation | None:
    """Return the organisation with this public id."""
    return organisations.by_public_id(public_id)


def invited_approvers(organisation: Organisation) -> list[Membership]:
    """Return the approvers of the organisation who have not accepted their invitation, by name."""
    return list(
        db.session.scalars(
            select(Membership)
            .where(
                Membership.organisation_id == organisation.id,
                Membership.open,
                Membership.joined_at.is_(None),
                Membership.is_approver,
            )
            .order_by(Membership.sort_name, Membership.id)
        )
    )


def memberships_of(account_id: int) -> list[tuple[Organisation, Membership]]:
    """Return every spell of the person in an organisation, the latest first."""
    statement = (
        select(Organisation, Membership)
        .join(Membership, Membership.organisation_id == Organisation.id)
        .where(Membership.account_id == account_id)
        .order_by(Membership.valid_from.desc(), Membership.id.desc())
    )
    return [(row[0], row[1]) for row in db.session.execute(statement)]


def request_of_proposal(organisation: Organisation, email: str) -> str:
    """Return the reference of the request that last proposed this address; empty if unknown."""
    return activity.request_with(organisation, "approver.proposed", "email", email)
