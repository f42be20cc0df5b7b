"""Number of changes of a day that gave a person something: each is mailed, so they are bounded.

Taking away has no limit, and without giving there is no more to take away. The count belongs to the
person in the organisation: it goes on in a membership that was ended and restored.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import func, or_, select, union

from app.database import db
from app.refusal import Refusal
from approvals.memberships import rules
from approvals.memberships.models import (
    Appointment,
    Grant,
    Membership,
    MembershipSuspension,
    StandIn,
)

DAY = timedelta(days=1)


def refuse_change(membership: Membership, at: datetime) -> Refusal | None:
    """Return the refusal of one more change that gives the person something, or None.

    Must run under the organisation's lock.
    """
    return rules.may_change_again(recent_changes(membership, at))


def recent_changes(membership: Membership, at: datetime) -> int:
    """Count the changes of the last 24 hours that gave the person something here.

    That is access, a membership after the first, an appointment, a spell as a stand-in, or the end
    of a suspension, in this membership or an earlier one. Everything that one act gave counts once.
    """
    since, person = at - DAY, [Membership.email_key == membership.email_key]
    if membership.account_id is not None:
        person.append(Membership.account_id == membership.account_id)
    spells = (
        select(Membership.id)
        .where(Membership.organisation_id == membership.organisation_id, or_(*person))
        .cte("spells")
    )
    moments = union(
        select(Membership.valid_from).where(
            # The first one was an addition, whose mails have a limit of their own.
            Membership.id.in_(select(spells.c.id)),
            Membership.id > select(func.min(spells.c.id)).scalar_subquery(),
        ),
        *(
            select(moment).where(table.membership_id.in_(select(spells.c.id)))
            for table, moment in (
                (Grant, Grant.valid_from),
                (Appointment, Appointment.valid_from),
                (MembershipSuspension, MembershipSuspension.valid_to),
            )
        ),
    ).subquery()
    given = select(func.count()).select_from(moments).where(moments.c[0] > since)
    # Several spells may begin with the same day.
    stand_ins = select(func.count(StandIn.id)).where(
        StandIn.membership_id.in_(select(spells.c.id)), StandIn.valid_from > since
    )
    return sum(db.session.scalar(each) or 0 for each in (given, stand_ins))
