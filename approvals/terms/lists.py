"""Lists of acceptances for the operators' pages, searched and paged in the database."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import Row, Select, and_, exists, func, select

from app.audit import record_look_up
from app.clock import now
from app.database import db
from app.web.pagination import Columns, Page, paginate_rows
from approvals.memberships.models import Grant, Membership
from approvals.memberships.people_search import is_called
from approvals.terms.models import TermsAcceptance, TermsVersion
from identity.accounts.models import Account, by_name

Shown = Literal["accepted", "waiting"]


@dataclass(frozen=True, slots=True)
class PublishedVersion:
    """A version, and how many people accepted it."""

    version: TermsVersion
    accepted: int


def published_versions() -> Sequence[PublishedVersion]:
    """Return all versions: the platform's, then each service's, the newest first."""
    counts = (
        select(TermsAcceptance.terms_version_id, func.count().label("accepted"))
        .group_by(TermsAcceptance.terms_version_id)
        .subquery()
    )
    rows = db.session.execute(
        select(TermsVersion, func.coalesce(counts.c.accepted, 0))
        .outerjoin(counts, counts.c.terms_version_id == TermsVersion.id)
        .order_by(
            TermsVersion.service.is_not(None), TermsVersion.service, TermsVersion.number.desc()
        )
    )
    return [PublishedVersion(row[0], row[1]) for row in rows]


def version(public_id: str) -> TermsVersion | None:
    """Return the version with this public id."""
    return db.session.scalar(select(TermsVersion).where(TermsVersion.public_id == public_id))


def people(
    terms_version: TermsVersion, shown: Shown, search: str, at: datetime, *, page: int
) -> Page[Row[Account, datetime]] | Page[Row[Account]]:
    """Return rows of an account and the moment of acceptance, by name.

    `waiting` are those who use what the terms are about (any account that has joined, or a holder
    of a user group of the service) and accepted neither this version nor a newer one.
    """
    if shown == "accepted":
        return paginate_rows(_searched(_accepted_rows(terms_version), search), page=page)
    return paginate_rows(_searched(_waiting_rows(terms_version, at), search), page=page)


def read_people(
    terms_version: TermsVersion, shown: Shown, search: str, *, page: int
) -> Page[Row[Account, datetime]] | Page[Row[Account]]:
    """Return `people` of this moment, and record that an operator read their names."""
    listed = people(terms_version, shown, search, now(), page=page)
    record_look_up(
        "terms.list_read",
        service=terms_version.service,
        terms=terms_version.public_id,
        shown=shown,
        search=search,
        rows=len(listed.rows),
    )
    return listed


def _searched(statement: Select[*Columns], search: str) -> Select[*Columns]:
    found = statement.where(is_called(search)) if search else statement
    return found.order_by(*by_name())


def _accepted_rows(terms_version: TermsVersion) -> Select[Account, datetime]:
    return select(Account, TermsAcceptance.accepted_at).join(
        TermsAcceptance,
        and_(
            TermsAcceptance.account_id == Account.id,
            TermsAcceptance.terms_version_id == terms_version.id,
        ),
    )


def _waiting_rows(terms_version: TermsVersion, at: datetime) -> Select[Account]:
    same = (
        TermsVersion.service.is_(None)
        if terms_version.service is None
        else TermsVersion.service == terms_version.service
    )
    accepted = exists(
        select(TermsAcceptance.id)
        .join(TermsVersion, TermsVersion.id == TermsAcceptance.terms_version_id)
        .where(
            TermsAcceptance.account_id == Account.id,
            same,
            TermsVersion.number >= terms_version.number,
        )
    )
    statement = select(Account).where(Account.joined_at.is_not(None), ~accepted)
    if terms_version.service is not None:
        statement = statement.where(
            exists(
                select(Grant.id)
                .join(Membership, Membership.id == Grant.membership_id)
                .where(
                    Membership.account_id == Account.id,
                    Grant.service == terms_version.service,
                    Grant.counts_at(at),
                )
            )
        )
    return statement
