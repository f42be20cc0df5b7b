"""An organisation that is open on a day: the rule, and the same condition in SQL.

A period of the register says whether a school or trust is open. Bodies without periods are open
until they close.
"""

from __future__ import annotations

from datetime import date
from typing import TypeVar

from sqlalchemy import Select, and_, or_

from approvals.organisations.models import Organisation, OrganisationPeriod

Selected = TypeVar("Selected", bound=Select[*tuple[object, ...]])


def is_open(in_period: bool | None, closed_on: date | None, day: date) -> bool:
    """Return whether an organisation is open on the day.

    in_period: what its period of the day says; None without one.
    """
    if in_period is not None:
        return in_period
    return closed_on is None or day < closed_on


def only_open(statement: Selected, day: date) -> Selected:
    """Restrict a statement about `Organisation` to what is open on the day.

    It can use the columns of `OrganisationPeriod` afterwards; they are empty without a period.
    """
    return statement.outerjoin(
        OrganisationPeriod,
        and_(
            OrganisationPeriod.organisation_id == Organisation.id,
            OrganisationPeriod.holds_on(day),
        ),
    ).where(
        or_(
            OrganisationPeriod.open,
            and_(
                OrganisationPeriod.id.is_(None),
                or_(Organisation.closed_on.is_(None), Organisation.closed_on > day),
            ),
        )
    )
