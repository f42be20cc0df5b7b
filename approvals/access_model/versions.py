"""Versions of services: which was in force when, read once and kept for as long as the process.

A version never changes, so keeping it is safe; which version is in force is asked of the database
each time. A moment before the first version is answered from the first.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import current_app
from sqlalchemy import BindParameter, ScalarSelect, SQLColumnExpression, case, func, select
from sqlalchemy.orm import aliased

from app.database import db
from approvals.access_model import schema
from approvals.access_model.definition import ServiceDefinition
from approvals.access_model.models import ListedOrganisation, Service, ServiceVersion

_KEY = "secure_access.service_versions"
_KEPT = 256

Candidate = aliased(ServiceVersion)


@dataclass(frozen=True, slots=True)
class LoadedVersion:
    """A version's content, and under which keys it lists which organisations (by database id)."""

    definition: ServiceDefinition
    listed: dict[int, frozenset[str]]

    def listed_as(self, organisation_id: int) -> frozenset[str]:
        return self.listed.get(organisation_id, frozenset())


def in_force(
    service_id: SQLColumnExpression[int], at: datetime | BindParameter[datetime]
) -> ScalarSelect[int]:
    """Return a subquery for the id of the service's version that was in force."""
    begun = Candidate.valid_from <= at
    return (
        select(Candidate.id)
        .where(Candidate.service_id == service_id)
        # Begun ones first, the newest of them on top; else the first of those to come.
        .order_by(
            case((begun, 0), else_=1),
            case((begun, -Candidate.number), else_=Candidate.number),
        )
        .limit(1)
        .scalar_subquery()
    )


def loaded_version(version_id: int, sha256: str) -> LoadedVersion:
    """Return the content of a version.

    Its hash is part of the cache key: the id of a rolled-back version is used again.
    """
    kept: dict[tuple[int, str], LoadedVersion] = current_app.extensions.setdefault(_KEY, {})
    found = kept.get((version_id, sha256))
    if found is None:
        found = _read(version_id)
        if len(kept) >= _KEPT:
            kept.clear()
        kept[version_id, sha256] = found
    return found


def _read(version_id: int) -> LoadedVersion:
    version = db.session.get_one(ServiceVersion, version_id)
    definition = schema.from_data(version.definition)
    keys = {each.key for each in definition.organisations}
    listed: dict[int, frozenset[str]] = {}
    for row in db.session.scalars(
        select(ListedOrganisation).where(ListedOrganisation.service_id == version.service_id)
    ):
        if row.key in keys:
            listed[row.organisation_id] = listed.get(row.organisation_id, frozenset()) | {row.key}
    return LoadedVersion(definition, listed)


def first_version(code: str) -> datetime | None:
    """Return the moment from which versions of a service are known; none for an unknown code."""
    return db.session.scalar(
        select(func.min(ServiceVersion.valid_from))
        .join(Service, Service.id == ServiceVersion.service_id)
        .where(Service.code == code)
    )


def service_version(code: str, at: datetime) -> LoadedVersion | None:
    """Return the service's version in force at a moment."""
    found = _all(at, code)
    return found[0] if found else None


def service_versions(at: datetime) -> Sequence[LoadedVersion]:
    """Return every service as it was at a moment, in the order of their codes."""
    return _all(at)


def _all(at: datetime, code: str | None = None) -> list[LoadedVersion]:
    statement = (
        select(ServiceVersion.id, ServiceVersion.sha256)
        .join(Service, Service.id == ServiceVersion.service_id)
        .where(ServiceVersion.id == in_force(Service.id, at))
        .order_by(Service.code)
    )
    if code is not None:
        statement = statement.where(Service.code == code)
    return [loaded_version(row.id, row.sha256) for row in db.session.execute(statement)]
