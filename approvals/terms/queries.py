"""Reads about terms: what waits for a person, what was accepted, by whom."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Protocol

from sqlalchemy import Select, String, and_, bindparam, or_, select

from app.database import CompiledQuery, Query, UtcDateTime, db
from approvals.access_cache import Revisions, get_or_load, store
from approvals.terms import rules
from approvals.terms.models import TermsAcceptance, TermsVersion
from identity.accounts.person import Person


@dataclass(frozen=True, slots=True)
class WaitingTerms:
    """The version in effect of the platform's or a service's terms, not accepted yet."""

    id: int
    blocking: bool


@dataclass(frozen=True, slots=True)
class AcceptedTerms:
    """The newest version of a service's terms that a person accepted."""

    number: int
    at: datetime


@dataclass(frozen=True, slots=True)
class AcceptedVersion:
    """A version, and when the person accepted it."""

    version: TermsVersion
    accepted_at: datetime


@dataclass(frozen=True, slots=True)
class TermsStatus:
    """How a person stands to the terms of the platform and of one service."""

    waiting: tuple[WaitingTerms, ...]
    accepted: AcceptedTerms | None
    """Of the service's terms; None where it has none or none was accepted."""
    changes_at: tuple[datetime, ...] = ()
    """Moments at which versions take effect."""


class TermsRow(Protocol):
    """A version, and when the person accepted it, if they did."""

    id: int
    service: str | None
    number: int
    effective_from: datetime
    published_at: datetime
    accept_again: bool
    accepted_at: datetime | None


def terms_status(account: Person, service: str | None, at: datetime) -> TermsStatus:
    """Return the status, which is asked whenever tokens are issued (`access_cache`)."""

    def load() -> tuple[TermsStatus, tuple[datetime, ...]]:
        status = _status(query_of_status(account, service, at).all(), service, at)
        return status, status.changes_at

    return get_or_load(account, ("terms", service), at, load)


def query_of_status(account: Person, service: str | None, at: datetime) -> Query[TermsRow]:
    """Return the query of `terms_status`, to be read together with others."""
    return _status_statement().query(account=account.id, service=service, at=at)


def store_status(
    rows: Sequence[TermsRow],
    account: Person,
    revisions: Revisions | None,
    service: str | None,
    at: datetime,
) -> TermsStatus:
    """Return the status in the rows of `query_of_status`, and store it for `terms_status`.

    revisions: `revisions_of` the account, from before the rows were read.
    """
    status = _status(rows, service, at)
    store(account, revisions, ("terms", service), at, status, status.changes_at)
    return status


def _status(rows: Sequence[TermsRow], service: str | None, at: datetime) -> TermsStatus:
    waiting = []
    for scope in (None,) if service is None else (None, service):
        mine = [row for row in rows if row.service == scope]
        due = rules.due_version(
            [
                rules.Version(
                    row.id,
                    row.number,
                    rules.takes_effect(row.effective_from, row.published_at),
                    row.accept_again,
                )
                for row in mine
            ],
            {row.id for row in mine if row.accepted_at is not None},
            at,
        )
        if due is not None:
            waiting.append(WaitingTerms(due.version.id, due.blocking))
    accepted = [
        AcceptedTerms(row.number, row.accepted_at)
        for row in rows
        if row.accepted_at is not None and row.service is not None
    ]
    effects = {rules.takes_effect(row.effective_from, row.published_at) for row in rows}
    return TermsStatus(tuple(waiting), accepted[-1] if accepted else None, tuple(effects))


@cache
def _status_statement() -> CompiledQuery[TermsRow]:
    """Put together once: that takes longer than running it."""
    return CompiledQuery(
        select(
            TermsVersion.id,
            TermsVersion.service,
            TermsVersion.number,
            TermsVersion.effective_from,
            TermsVersion.published_at,
            TermsVersion.accept_again,
            TermsAcceptance.accepted_at,
        )
        .outerjoin(
            TermsAcceptance,
            and_(
                TermsAcceptance.terms_version_id == TermsVersion.id,
                TermsAcceptance.account_id == bindparam("account"),
                TermsAcceptance.accepted_at <= bindparam("at", type_=UtcDateTime),
            ),
        )
        .where(
            or_(
                TermsVersion.service.is_(None),
                TermsVersion.service == bindparam("service", type_=String),
            )
        )
        .order_by(TermsVersion.number)
    )


def versions(service: str | None) -> Sequence[TermsVersion]:
    """Return the versions of a service's or the platform's terms, by publication."""
    return db.session.scalars(
        select(TermsVersion)
        .where(
            TermsVersion.service.is_(None) if service is None else TermsVersion.service == service
        )
        .order_by(TermsVersion.number)
    ).all()


def in_effect(service: str | None, at: datetime) -> TermsVersion | None:
    """Return the version that a person who accepts now accepts."""
    published = {each.id: each for each in versions(service)}
    current = rules.newest([as_rule(each) for each in published.values()], at)
    return published[current.id] if current else None


def as_rule(version: TermsVersion) -> rules.Version:
    """Return the version as the rules see it."""
    return rules.Version(version.id, version.number, version.takes_effect, version.accept_again)


def accepted_by(account_id: int) -> Sequence[AcceptedVersion]:
    """Return what a person accepted, the latest first."""
    rows = db.session.execute(_accepted_by(account_id))
    return [AcceptedVersion(version, at) for version, at in rows]


def acceptance_of(account_id: int, public_id: str) -> AcceptedVersion | None:
    """Return the version with this public id as the person accepted it, or None."""
    row = db.session.execute(
        _accepted_by(account_id).where(TermsVersion.public_id == public_id)
    ).first()
    return None if row is None else AcceptedVersion(*row)


def _accepted_by(account_id: int) -> Select[TermsVersion, datetime]:
    return (
        select(TermsVersion, TermsAcceptance.accepted_at)
        .join(TermsAcceptance, TermsVersion.id == TermsAcceptance.terms_version_id)
        .where(TermsAcceptance.account_id == account_id)
        .order_by(TermsAcceptance.accepted_at.desc(), TermsAcceptance.id.desc())
    )
