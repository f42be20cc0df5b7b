"""End of access in organisations that the register says have closed."""

from collections.abc import Sequence
from itertools import groupby
from operator import attrgetter

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit import record
from approvals.memberships.models import Membership
from approvals.organisations.models import Organisation
from identity.access_termination import end_access

CAUSE = "organisation closed"
_AT_ONCE = 500


def end_access_through(session: Session, organisations: Sequence[int]) -> None:
    """End what was issued for these organisations. Must run inside `writing()`.

    Memberships and grants stay as they are: the decision refuses them for as long as the
    organisation is closed, and a register that was wrong about it does no lasting harm.
    """
    for start in range(0, len(organisations), _AT_ONCE):
        rows = session.execute(
            select(Membership.account_id, Organisation.public_id)
            .join(Organisation, Organisation.id == Membership.organisation_id)
            .where(
                Membership.organisation_id.in_(organisations[start : start + _AT_ONCE]),
                Membership.account_id.is_not(None),
                Membership.open,
            )
            .order_by(Organisation.public_id, Membership.account_id)
        ).all()
        for organisation, members in groupby(rows, attrgetter("public_id")):
            accounts = [member.account_id for member in members]
            for account_id in accounts:
                end_access(account_id, cause=CAUSE, organisation=organisation)
            record("organisation.access_ended", organisation=organisation, people=len(accounts))
