"""Sentences about a person's own activity, as the person reads them."""

from __future__ import annotations

OWN_WORDS = {
    "access.changed": "{actor} changed what you can see in {service} for {organisation}: {change}.",
    "access.given_up": "You gave up what you could see in {service} for {organisation}: {change}.",
    "access.looked_up": "{actor} looked up why you can, or cannot, see {service} for "
    "{organisation}.",
    "access.self_given": "You changed your user group of {service} for {organisation}: {change}.",
    "access_request.approved": "{actor} approved your request for {granted} of {service} at "
    "{organisation}.",
    "access_request.ended": "Your request for {user_group} of {service} at {organisation} ended "
    "without a decision.",
    "access_request.escalated": "Your request for {user_group} of {service} at {organisation} was "
    "passed on: {level}.",
    "access_request.filed": "You asked for {user_group} of {service} at {organisation}.",
    "access_request.rejected": "{actor} rejected your request for {user_group} of {service} at "
    "{organisation}.",
    "access_request.withdrawn": "You withdrew your request for {user_group} of {service} at "
    "{organisation}.",
    "access.second_agreed": "{actor} agreed that you get {groups} of {service} at {organisation}.",
    "access.second_refused": "{actor} refused that you get {groups} of {service}.",
    "access.waits": "{actor} gave you {groups} of {service}; a second person has to agree.",
    "account.address_change_asked": "{actor} asked to change your email address.",
    "account.address_changed": "You changed your email address from {before_email}.",
    "account.address_put_back": "Your email address was put back to {after_email}.",
    "account.closed": "Your account was closed: {cause}.",
    "account.closing_announced": "We told you by email that your account is going to be closed.",
    "account.data_read": "You looked at, or downloaded, the data that we hold about you.",
    "account.erased": "Your personal data was erased.",
    "account.erasure_requested": "You asked to close your account and to erase your data.",
    "account.erasure_stopped": "The erasure of your account was stopped.",
    "account.joined": "You joined Secure Access.",
    "account.mails_chosen": "You chose how you get emails about tasks: {choice}.",
    "account.joined_accounts": "Another account of yours was joined with this one.",
    "account.joining_agreed": "An operator agreed to join two accounts of yours.",
    "account.joining_ended": "The joining of two accounts of yours ended.",
    "account.joining_requested": "You asked to join two accounts of yours.",
    "account.joining_read": "An operator looked at two of your accounts that are to be joined.",
    "account.renamed": "You changed your name.",
    "account.restored": "An operator restored your account.",
    "account.suspended": "An operator suspended your account.",
    "approver.made": "{actor} made you an approver of {organisation}.",
    "approver.offer_accepted": "You agreed to be an approver of {organisation}.",
    "approver.offer_declined": "You declined to be an approver of {organisation}.",
    "approver.offered": "{actor} asked you to be an approver of {organisation}.",
    "approver.stand_in_ended": "{actor} ended your time as a stand-in at {organisation}.",
    "approver.stand_in_named": "{actor} named you as a stand-in for the approvers of "
    "{organisation}, from {first_day} to {last_day}.",
    "approver.stopped": "{actor} stopped you being an approver of {organisation}.",
    "console.access_explained": "An operator looked up why you can, or cannot, see {service}.",
    "console.looked_at": "An operator looked at the page about you.",
    "device.forgotten": "A device no longer lets you sign in without a code.",
    "device.remembered": "You chose to sign in without a code on a device.",
    "invitation.refused": "You opened an invitation that was sent to another person.",
    "membership.admitted": "{actor} added you to {organisation}, as you had asked.",
    "membership.continued": "You went on in {organisation} with this account.",
    "membership.joined": "You joined {organisation}.",
    "membership.joined_already": "You accepted a second invitation to {organisation}.",
    "membership.left": "You left {organisation}.",
    "membership.moved": "You were moved to {organisation}, because organisations were merged.",
    "membership.removal_undone": "{actor} undid your removal from {organisation}.",
    "membership.reopened": "{actor} restored your access at {organisation}.",
    "membership.suspended": "Your access at {organisation} was suspended: the sign-in with "
    "{reason} was switched off.",
    "membership.suspended_as_dormant": "Your access at {organisation} was suspended: you had not "
    "used it for {reason} days.",
    "membership.suspended_by_approver": "{actor} suspended your access at {organisation}, "
    "with the reason “{reason}”.",
    "membership.removed": "{actor} removed you from {organisation}.",
    "operator.joined": "You became an operator of Secure Access.",
    "operator.removed": "You are no longer an operator of Secure Access.",
    "passkey.added": "You added a passkey.",
    "passkey.removed": "You removed a passkey.",
    "passkey.renamed": "You renamed a passkey.",
    "passkey.sign_count_regressed": "A passkey was refused, because it may have been copied.",
    "password.changed": "You changed your password.",
    "password.confirmation_refused": "A wrong password was entered on the page that changes it.",
    "password.reset": "A new password was set by a link that we sent you.",
    "password.reset_asked": "{actor} asked for a link to reset your password.",
    "recovery_codes.made": "You made new recovery codes.",
    "second_step.replaced": "You set up a new second step by the link of a reset.",
    "second_step_reset.access_agreed": "{actor} opened your access at {organisation} again.",
    "second_step_reset.access_closed": "Your access at {organisation} waits for an approver there.",
    "second_step_reset.agreed": "{actor} agreed to reset your second step.",
    "second_step_reset.asked": "A reset of your second step was asked for.",
    "second_step_reset.decided": "{actor} decided to reset your second step.",
    "second_step_reset.expired": "The request for a reset of your second step ran out.",
    "second_step_reset.link_sent": "We sent you the link to set up a new second step.",
    "second_step_reset.refused": "{actor} refused to reset your second step.",
    "second_step_reset.stopped": "{actor} stopped the reset of your second step.",
    "service.entered": "You opened {client}.",
    "service.entry_refused": "You tried to open {client}, which you have no access to.",
    "service.signed_out": "You signed out of {client}.",
    "session.ended": "A session ended: {cause}.",
    "session.others_ended": "You ended all your other sessions.",
    "sign_in.code_refused": "A code was refused after the right password.",
    "sign_in.confirmed": "You confirmed that it was you.",
    "sign_in.disavowed": "You said “this was not me”. Everybody was signed out.",
    "sign_in.factor_refused": "A passkey was refused.",
    "sign_in.factor_closed": "Too many wrong entries closed a way to sign in for unknown browsers.",
    "sign_in.guesses_announced": "We told you by email that somebody guesses your codes.",
    "sign_in.password_refused": "A wrong password was entered for your account.",
    "sign_in.succeeded": "You signed in.",
    "sign_in.terms_declined": "You did not accept the terms of use.",
    "sign_in.throttled": "Too many wrong entries were made, so that the next has to wait.",
    "terms.accepted": "You accepted version {number} of the terms of use of {owner}.",
    "upstream.identity_linked": "You linked an account of {connection_name}.",
    "upstream.identity_unlinked": "You unlinked your account of {connection_name}.",
    "totp.changed": "You set up another authenticator app.",
}
"""By event. Another event has the sentence that approvers and operators read."""

CAUSES = {
    "another person signed in": "another person signed in in the same browser",
    "ended by the person": "you ended it from another browser",
    "sign-out": "you signed out",
}
"""Causes of `session.ended` in words for the person."""

TOLD_OTHERWISE = frozenset(
    {
        "approver.none_left",
        "client.checked",
        "invitation.accepted",
        "membership.account_restored",
        "membership.account_suspended",
        "membership.address_changed",
        "membership.renamed",
        "service.told_of_sign_out",
        "service.not_told_of_sign_out",
    }
)
"""Events for approvers and operators: another event tells the person of the same act."""
