"""The organisations in which the demo's people work, found in the register that was imported."""

from sqlalchemy import func, select

from app.database import db
from approvals.organisations.kinds import Kind
from approvals.organisations.models import END, Organisation, TrustLink

OPEN = "1"
COMMUNITY_SCHOOL = "01"


def choose() -> dict[tuple[Kind, int], Organisation]:
    """Choose by kind and place: two community schools, the largest trust, and the first others."""
    chosen = {(kind, 0): _first(kind) for kind in Kind}
    schools = db.session.scalars(
        select(Organisation)
        .where(
            Organisation.kind == Kind.ESTABLISHMENT,
            Organisation.type_code == COMMUNITY_SCHOOL,
            Organisation.status_code == OPEN,
        )
        .order_by(Organisation.urn)
        .limit(2)
    ).all()
    chosen |= {(Kind.ESTABLISHMENT, place): school for place, school in enumerate(schools)}
    chosen[Kind.MULTI_ACADEMY_TRUST, 0] = _largest_trust()
    return chosen


def _first(kind: Kind) -> Organisation:
    return db.session.scalars(
        select(Organisation)
        .where(Organisation.kind == kind, Organisation.closed_on.is_(None))
        .order_by(Organisation.id)
        .limit(1)
    ).one()


def _largest_trust() -> Organisation:
    return db.session.scalars(
        select(Organisation)
        .join(TrustLink, TrustLink.trust_id == Organisation.id)
        .where(Organisation.kind == Kind.MULTI_ACADEMY_TRUST, TrustLink.valid_to == END)
        .group_by(Organisation.id)
        .order_by(func.count().desc(), Organisation.id)
        .limit(1)
    ).one()
