"""Handing over: a colleague becomes an approver, and the approver stops being one."""

from app.actors import Actor
from app.database import db, writing
from approvals.memberships import facts
from approvals.memberships.actions.appointments import make_approver, stop_approver
from approvals.memberships.models import Membership


def hand_over(own: Membership, successor: Membership, *, actor: Actor) -> None:
    """Make the successor an approver and end the actor's own appointment, both or neither.

    A successor who is an approver already stays one. Raises RefusalError, also where nobody who can
    act would be left: an invited successor has to join first.
    """
    with writing():
        locked = facts.lock_membership(db.session(), successor, own)
        if not locked.is_approver:
            make_approver(locked, actor=actor)
        stop_approver(own, actor=actor)
