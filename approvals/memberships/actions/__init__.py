"""Changes to who belongs to an organisation and what they hold, one module each.

Pages, commands and the demo call these and nothing else. Each gathers facts under the lock of the
organisation, asks the rules, and writes rows, audit and mails in one transaction. One that is
refused raises RefusalError and leaves everything as it was.
"""

from approvals.memberships.actions.add_member import add_member
from approvals.memberships.actions.appoint import appoint_approver
from approvals.memberships.actions.appointments import make_approver, stop_approver
from approvals.memberships.actions.change_address import begin_address_change
from approvals.memberships.actions.change_user_group import change_user_group
from approvals.memberships.actions.confirm import (
    SignInTooOld,
    confirm_addition,
    confirm_change,
)
from approvals.memberships.actions.give_on_request import give_on_request, lock_for_request
from approvals.memberships.actions.hand_over import hand_over
from approvals.memberships.actions.invitations import (
    correct_invitation,
    resend_invitation,
    withdraw_invitation,
)
from approvals.memberships.actions.remove_member import leave, remove_member
from approvals.memberships.actions.second_approval import agree_to_access, refuse_access
from approvals.memberships.actions.stand_in import end_stand_in, name_stand_in
from approvals.memberships.actions.suspend_member import restore_member, suspend_member
from approvals.memberships.actions.undo_removal import undo_removal

__all__ = [
    "SignInTooOld",
    "add_member",
    "agree_to_access",
    "appoint_approver",
    "begin_address_change",
    "change_user_group",
    "confirm_addition",
    "confirm_change",
    "correct_invitation",
    "end_stand_in",
    "give_on_request",
    "hand_over",
    "leave",
    "lock_for_request",
    "make_approver",
    "name_stand_in",
    "refuse_access",
    "remove_member",
    "resend_invitation",
    "restore_member",
    "stop_approver",
    "suspend_member",
    "undo_removal",
    "withdraw_invitation",
]
