"""The body above a school: its trust, its local authority or its diocese, by the school's type.

The table is data, and the link is that of the moment: a school that left its trust yesterday has
another parent today (docs/decisions/0043). An organisation without a parent is the operators'.
"""

from collections.abc import Collection, Mapping
from datetime import date, datetime
from types import MappingProxyType

from sqlalchemy import ColumnElement, Select, and_, false, or_, select

from app.database import db
from approvals.organisations import queries
from approvals.organisations.kinds import Kind, RemitRule, facts_of
from approvals.organisations.models import Organisation, OrganisationPeriod, TrustLink
from approvals.organisations.register.codes import (
    ACADEMY_TYPES,
    MAINTAINED_TYPES,
    VOLUNTARY_AIDED,
)

PARENTS_OF_TYPE: Mapping[str, tuple[Kind, ...]] = MappingProxyType(
    {
        **dict.fromkeys(
            sorted(ACADEMY_TYPES), (Kind.MULTI_ACADEMY_TRUST, Kind.SINGLE_ACADEMY_TRUST)
        ),
        **dict.fromkeys(sorted(MAINTAINED_TYPES), (Kind.LOCAL_AUTHORITY,)),
        # A diocese appoints most governors of a voluntary aided school.
        VOLUNTARY_AIDED: (Kind.LOCAL_AUTHORITY, Kind.DIOCESE),
    }
)
"""Kinds of body that are a parent of a school, by GIAS `TypeOfEstablishment (code)`.

A type that is not listed has no parent.
"""


def parents_of(organisation: Organisation, at: date | datetime) -> list[Organisation]:
    """Return the open bodies above an open school at a moment; none for other organisations."""
    on = queries.on_day(at)
    period = queries.period_on(organisation, on) if organisation.is_school else None
    if period is None or not period.open:
        return []
    kinds = PARENTS_OF_TYPE.get(period.type_code or "", ())
    bodies = db.session.scalars(
        select(Organisation)
        .where(or_(false(), *(_is_above(kind, organisation, period, on) for kind in kinds)))
        .order_by(Organisation.id)
    ).all()
    by_kind = sorted(bodies, key=lambda body: kinds.index(Kind(body.kind)))
    return [body for body in by_kind if queries.is_open(body, on)]


def may_have_children(body: Organisation) -> bool:
    """Return whether bodies of this kind are parents of schools. It runs no statement."""
    return any(body.kind in kinds for kinds in PARENTS_OF_TYPE.values())


def children_among(
    body: Organisation, organisations: Collection[int], at: date | datetime
) -> frozenset[int]:
    """Return which of the organisations (database ids) have the body as a parent."""
    statement = children_of(body, at).where(Organisation.id.in_(organisations))
    return frozenset(db.session.scalars(statement.with_only_columns(Organisation.id)))


def children_of(body: Organisation, at: date | datetime) -> Select[Organisation]:
    """Select the open schools of which a body is a parent at a moment."""
    on = queries.on_day(at)
    types = [code for code, kinds in PARENTS_OF_TYPE.items() if body.kind in kinds]
    return (
        select(Organisation)
        .join(OrganisationPeriod, OrganisationPeriod.organisation_id == Organisation.id)
        .where(
            Organisation.kind == Kind.ESTABLISHMENT,
            OrganisationPeriod.open,
            OrganisationPeriod.holds_on(on),
            OrganisationPeriod.type_code.in_(types),
            _is_below(body, on) if queries.is_open(body, on) else false(),
        )
    )


def _is_above(
    kind: Kind, school: Organisation, period: OrganisationPeriod, on: date
) -> ColumnElement[bool]:
    linked: ColumnElement[bool]
    match facts_of(kind).remit:
        case RemitRule.TRUST:
            trusts = select(TrustLink.trust_id).where(
                TrustLink.organisation_id == school.id, TrustLink.holds_on(on)
            )
            linked = Organisation.id.in_(trusts)
        case RemitRule.LOCAL_AUTHORITY:
            linked = Organisation.la_code == period.la_code
        case RemitRule.DIOCESE:
            linked = Organisation.diocese_code == period.diocese_code
        case _:
            linked = false()
    return and_(Organisation.kind == kind.value, linked)


def _is_below(body: Organisation, on: date) -> ColumnElement[bool]:
    match body.facts.remit:
        case RemitRule.TRUST:
            schools = select(TrustLink.organisation_id).where(
                TrustLink.trust_id == body.id, TrustLink.holds_on(on)
            )
            return Organisation.id.in_(schools)
        case RemitRule.LOCAL_AUTHORITY:
            return OrganisationPeriod.la_code == body.la_code
        case RemitRule.DIOCESE:
            return OrganisationPeriod.diocese_code == body.diocese_code
        case _:
            return false()
