"""The organisations that a body covers: itself, and the schools of a trust."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import aliased

from app.clock import day_of
from app.database import db
from approvals.organisations.models import Organisation, TrustLink


def unknown_organisations(organisations: Collection[str]) -> Sequence[str]:
    """Return the public ids among these that are of no organisation."""
    known = organisation_names(organisations)
    return [each for each in organisations if each not in known]


def organisation_names(organisations: Collection[str]) -> Mapping[str, str]:
    """Return the names of these organisations by their public ids."""
    rows = db.session.execute(
        select(Organisation.public_id, Organisation.name)
        .where(Organisation.public_id.in_(organisations))
        .order_by(Organisation.search_name)
    )
    return {row.public_id: row.name for row in rows}


def organisations_within(
    bodies: Collection[str], organisations: Collection[str], at: datetime
) -> frozenset[str]:
    """Return the organisations that are one of the bodies, or a school of a trust among them.

    All are public ids. A school belongs to the trust that it is in on the day of the moment.
    """
    trust = aliased(Organisation)
    return frozenset(
        db.session.scalars(
            select(Organisation.public_id)
            .outerjoin(
                TrustLink,
                (TrustLink.organisation_id == Organisation.id) & TrustLink.holds_on(day_of(at)),
            )
            .outerjoin(trust, trust.id == TrustLink.trust_id)
            .where(
                Organisation.public_id.in_(organisations),
                or_(Organisation.public_id.in_(bodies), trust.public_id.in_(bodies)),
            )
        )
    )
