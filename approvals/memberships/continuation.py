"""Memberships that continue another one: of a merged organisation, or of a joined account."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from app.database import db
from approvals.memberships import granting, stand_ins, suspension
from approvals.memberships.models import Appointment, Grant, Membership


def open_continued(
    former: Membership, continued: Membership, grants: Sequence[Grant], at: datetime
) -> None:
    """Add the membership with everything that the former one has at the moment.

    That is the appointment, the spell as a stand-in, the suspensions, and of the user groups those
    of `grants`, with their ends. Must run inside `writing()`.
    """
    granting.continue_grants(grants, continued, at)
    continued.appointments = [Appointment(valid_from=at)] if former.is_approver else []
    db.session.add(continued)
    db.session.flush()
    suspension.continue_in(former, continued, at)
    stand_ins.continue_in(former, continued, at)
