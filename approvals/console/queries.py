"""Look-ups of operators: organisations and people, among all of them."""

from contextlib import suppress

from sqlalchemy import ColumnElement, and_, or_, select

from app.database import db
from app.refusal import RefusalError
from app.web.pagination import Page, paginate
from approvals.activity import queries as activity
from approvals.memberships.models import Membership, folded
from approvals.organisations.models import Organisation
from identity.accounts.models import Account, by_name
from identity.email_address import EmailAddress

SHORTEST = 2


def find_organisations(search: str, *, page: int) -> Page[Organisation] | None:
    """Find by identifier or words of the name. None if there is too little to look for."""
    if len(search) < SHORTEST:
        return None
    words = folded(search).split()[:6]
    by_name = [Organisation.search_name.contains(word, autoescape=True) for word in words]
    identifiers = (
        Organisation.urn,
        Organisation.uid,
        Organisation.la_code,
        Organisation.ukprn,
        Organisation.public_id,
    )
    statement = select(Organisation).where(
        or_(*(column == search for column in identifiers), *([and_(*by_name)] if by_name else []))
    )
    return paginate(statement.order_by(Organisation.search_name, Organisation.id), page=page)


def find_people(search: str, *, page: int) -> Page[Account] | None:
    """Find by exact address, subject, or the beginning of a name or address."""
    if len(search) < SHORTEST:
        return None
    conditions: list[ColumnElement[bool]] = [
        Account.subject == search,
        Account.email_key.startswith(search.casefold(), autoescape=True),
        Account.family_name.istartswith(search, autoescape=True),
        Account.given_name.istartswith(search, autoescape=True),
    ]
    with suppress(RefusalError):
        conditions.append(Account.email_key == EmailAddress.parse(search).key)
    words = search.split()
    if len(words) == 2:
        conditions.append(
            Account.given_name.istartswith(words[0], autoescape=True)
            & Account.family_name.istartswith(words[1], autoescape=True)
        )
    statement = select(Account).where(or_(*conditions))
    return paginate(statement.order_by(*by_name()), page=page)


def person(subject: str) -> Account | None:
    """Return the account with this subject."""
    return db.session.scalar(select(Account).where(Account.subject == subject))


def organisation(public_id: str) -> Organisation | None:
    """Return the organisation with this public id."""
    return db.session.scalar(select(Organisation).where(Organisation.public_id == public_id))


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
