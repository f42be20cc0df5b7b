"""Audit events of this room, as data: each event, its sentence, its required columns.

``person`` is the name at the time and ``membership`` its public id: somebody who was invited and
has not joined has no subject yet.
"""

from app.audit import Event

_ABOUT = {"organisation", "membership", "person"}

EVENTS = (
    Event("membership.added", "{actor} added {person} and sent an invitation.", _ABOUT),
    Event("membership.admitted", "{actor} added {person}, who had asked for access.", _ABOUT),
    Event("membership.joined", "{person} accepted the invitation and joined.", _ABOUT),
    Event(
        "membership.joined_already",
        "{person} accepted an invitation to an organisation that they belonged to already; "
        "it gave them nothing more.",
        _ABOUT,
    ),
    Event("membership.declined", "{person} said that the invitation was not for them.", _ABOUT),
    Event(
        "membership.invitation_lapsed",
        "The invitation of {person} ended: it ran out and was not sent again.",
        _ABOUT,
    ),
    Event("membership.removed", "{actor} removed {person}.", _ABOUT),
    Event(
        "membership.moved",
        "{actor} moved {person} here, because another organisation was merged into this one.",
        _ABOUT | {"after", "source"},
    ),
    Event(
        "organisation.merged",
        "{actor} merged the organisation into {target_name} and closed it: {moved} people moved.",
        {"organisation", "into", "target_name", "moved", "already"},
    ),
    Event(
        "membership.suspended",
        "The access of {person} was suspended: the sign-in with {reason} was switched off.",
        _ABOUT | {"reason"},
    ),
    Event(
        "membership.suspended_by_approver",
        "{actor} suspended the access of {person}, with the reason “{reason}”.",
        _ABOUT | {"reason"},
    ),
    Event(
        "membership.suspended_as_dormant",
        "The access of {person} was suspended: it had not been used for {reason} days.",
        _ABOUT | {"reason"},
    ),
    Event(
        "membership.sign_in_link_sent",
        "{actor} sent {person} a link to connect the organisation’s own sign-in.",
        _ABOUT,
    ),
    Event("membership.reopened", "{actor} reopened the access of {person}.", _ABOUT),
    Event(
        "membership.removal_undone",
        "{actor} undid the removal of {person}.",
        _ABOUT | {"after", "former", "left_out"},
    ),
    Event("membership.left", "{person} left the organisation.", _ABOUT),
    Event("membership.invitation_resent", "{actor} sent {person} a new invitation.", _ABOUT),
    Event(
        "membership.invitation_corrected",
        "{actor} corrected the email address of {person} and sent a new invitation.",
        _ABOUT | {"before", "after"},
    ),
    Event(
        "membership.invitation_withdrawn", "{actor} withdrew the invitation of {person}.", _ABOUT
    ),
    Event(
        "membership.invitation_renewal_asked",
        "{person} asked for a new invitation, because the old one had run out.",
        _ABOUT,
    ),
    Event(
        "organisation.access_ended",
        "The organisation has closed: all access through it ended.",
        {"organisation", "people"},
    ),
    Event(
        "access.changed",
        "{actor} changed what {person} can see in {service}: {change}.",
        _ABOUT | {"service", "before", "after", "change"},
    ),
    Event(
        "access.waits",
        "{actor} gave {person} {groups} of {service}; a second person has to agree.",
        _ABOUT | {"service", "groups"},
    ),
    Event(
        "access.second_agreed",
        "{actor} agreed that {person} gets {groups} of {service}.",
        _ABOUT | {"service", "groups"},
    ),
    Event(
        "access.second_refused",
        "{actor} refused that {person} gets {groups} of {service}, with the reason “{reason}”.",
        _ABOUT | {"service", "groups", "reason"},
    ),
    Event(
        "access.waiting_ended",
        "{groups} of {service} for {person} wait no longer: the access was changed meanwhile.",
        _ABOUT | {"service", "groups"},
    ),
    Event(
        "access.rule_tried",
        "{actor} gave access to {person} in {service}, against a rule that is not in force yet: "
        "“{rule}”.",
        {"organisation", "service", "person", "rule"},
    ),
    Event(
        "access.given_up",
        "{person} gave up what they could see in {service}: {change}.",
        _ABOUT | {"service", "before", "after", "change"},
    ),
    Event(
        "access.self_given",
        "{actor} changed their own user group of {service} as the only approver: {change}. "
        "The operators were told.",
        _ABOUT | {"service", "before", "after", "change"},
    ),
    Event(
        "access.looked_up",
        "{actor} looked up why {person} can, or cannot, see {service}.",
        _ABOUT | {"service"},
    ),
    Event(
        "access.end_moved",
        "The end of what {person} can see in {service} moved to midnight in London. "
        "The last day is the same.",
        _ABOUT | {"service", "before", "after"},
    ),
    Event(
        "membership.account_suspended",
        "{actor} suspended the account of {person}: they cannot sign in.",
        _ABOUT,
    ),
    Event(
        "membership.account_restored",
        "{actor} restored the account of {person}: they can sign in again.",
        _ABOUT,
    ),
    Event(
        "membership.renamed",
        "{former} changed their name to {person}.",
        _ABOUT | {"subject", "former", "before", "after"},
    ),
    Event(
        "membership.address_change_begun",
        "{actor} asked to change the email address of {person}.",
        _ABOUT | {"after"},
    ),
    Event(
        "membership.address_changed",
        "The email address of {person} was changed.",
        _ABOUT | {"subject", "before", "after"},
    ),
    Event("approver.invited", "{actor} invited {person} to be an approver.", _ABOUT),
    Event(
        "approver.none_left",
        "{actor} suspended the account of {person}, the last approver. Only a stand-in, if one "
        "was named, can act.",
        {"organisation", "subject", "person"},
    ),
    Event(
        "approver.none_left_after_switch_off",
        "{actor} switched off the sign-in with {connection_name}, which suspended the last "
        "approver. Only a stand-in, if one was named, can act.",
        {"organisation", "connection_name"},
    ),
    Event("approver.made", "{actor} made {person} an approver.", _ABOUT),
    Event("approver.stopped", "{actor} stopped {person} being an approver.", _ABOUT),
    Event(
        "approver.stand_in_named",
        "{actor} named {person} as a stand-in for the approvers, from {first_day} to {last_day}.",
        _ABOUT | {"first_day", "last_day"},
    ),
    Event("approver.stand_in_ended", "{actor} ended the time of {person} as a stand-in.", _ABOUT),
    Event("page.denied", "{actor} was refused a page: {reason}.", {"reason", "tried"}),
)
