"""Each table with rows about people: the columns that a person gets, or why they get none.

A test compares the tables with the database, so that a new table about people has its entry.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    SQLColumnExpression,
    and_,
    case,
    exists,
    func,
    literal,
    or_,
)

from app.audit import AuditEvent
from app.database import Base
from app.outbox import OutboxMail
from approvals.access_requests.models import RequestNotice
from approvals.memberships.models import (
    Appointment,
    Grant,
    Journey,
    LastUse,
    Membership,
    MembershipSuspension,
    StandIn,
)
from approvals.operators.models import Operator
from approvals.organisations.models import Organisation
from approvals.own_data.section import ORGANISATION, Section, section_of_membership
from approvals.pending_decisions.models import PendingDecision
from approvals.task_mails.models import DigestMail, MailPreference
from approvals.terms.models import TermsAcceptance, TermsVersion
from identity.accounts.models import (
    Account,
    Invitation,
    InvitationMail,
    JoinJourney,
    Registration,
    Suspension,
)
from identity.credentials.models import (
    Passkey,
    PasskeyEnrolment,
    PasskeyUser,
    PasswordCredential,
    PasswordReset,
    RecoveryCode,
    RecoveryCodesShown,
    TotpCredential,
    TotpEnrolment,
    UsedTotpStep,
)
from identity.email_changes.models import EmailChange
from identity.oidc.models import (
    AuthorizationRequest,
    Client,
    LogoutNotice,
    OrganisationChoice,
    TokenFamily,
)
from identity.sessions.models import KeptPost, RememberedDevice, ReplacedToken, Session
from identity.sign_in.models import KnownDevice, SignInJourney
from identity.upstream.models import Connection, Identity


def _is_later_than_other_holders(
    account: Account, moment: SQLColumnExpression[datetime]
) -> ColumnElement[bool]:
    """Return the condition that the account's address was no other account's at the moment.

    An address that an account left is reserved for it while the change can be undone.
    """
    left = and_(
        EmailChange.former_email_key == account.email_key, EmailChange.reversible_until >= moment
    )
    put_back = and_(EmailChange.email_key == account.email_key, EmailChange.undone_at >= moment)
    return ~exists().where(EmailChange.account_id != account.id, or_(left, put_back))


SECTIONS = (
    Section(
        "Account",
        Account,
        {
            "First names": Account.given_name,
            "Last name": Account.family_name,
            "Email address": Account.email,
            "Identifier in tokens": Account.subject,
            "Created": Account.created_at,
            "Joined": Account.joined_at,
            "Name or address last changed": Account.updated_at,
            "Last signed in": Account.last_signed_in_at,
            "Suspended": Account.suspended_at,
        },
        lambda account: Account.id == account.id,
    ),
    Section(
        "Changes of the email address",
        EmailChange,
        {
            "Former address": EmailChange.former_email,
            "New address": EmailChange.email,
            "Asked for": EmailChange.created_at,
            "Confirmed": EmailChange.confirmed_at,
            "Undone": EmailChange.undone_at,
        },
    ),
    Section(
        "Suspensions",
        Suspension,
        {"From": Suspension.valid_from, "Until": Suspension.valid_to},
    ),
    Section(
        "Invitations",
        Invitation,
        {
            "Email address": Invitation.email,
            "First names": Invitation.given_name,
            "Last name": Invitation.family_name,
            "Organisation": Invitation.organisation_name,
            "State": Invitation.state,
            "Sent": Invitation.created_at,
            "Link works until": Invitation.expires_at,
            "Answered or withdrawn": Invitation.closed_at,
        },
        lambda account: or_(
            Invitation.account_id == account.id,
            and_(
                Invitation.account_id.is_(None),
                Invitation.email_key == account.email_key,
                _is_later_than_other_holders(account, Invitation.created_at),
            ),
        ),
    ),
    Section(
        "Organisations",
        Membership,
        {
            "Organisation": Organisation.name,
            "Email address": Membership.email,
            "First names": Membership.given_name,
            "Last name": Membership.family_name,
            "From": Membership.valid_from,
            "Joined": Membership.joined_at,
            "Suspended": Membership.suspended_at,
            "Until": Membership.valid_to,
            "Reason of the end": Membership.ended_cause,
        },
        joined=ORGANISATION,
    ),
    Section(
        "Last use of your access",
        LastUse,
        {"Organisation": Organisation.name, "Last use": LastUse.at},
        joined={Organisation: Organisation.id == LastUse.organisation_id},
    ),
    section_of_membership(
        "Suspensions of your access",
        MembershipSuspension,
        {
            "From": MembershipSuspension.valid_from,
            "Until": MembershipSuspension.valid_to,
            "Cause": MembershipSuspension.cause,
            "Reason": MembershipSuspension.reason,
        },
    ),
    section_of_membership(
        "User groups",
        Grant,
        {
            "Service": Grant.service,
            "User group": Grant.user_group,
            "From": Grant.valid_from,
            "Until": Grant.valid_to,
            "Reason of the end": Grant.ended_cause,
        },
    ),
    section_of_membership(
        "Being an approver",
        Appointment,
        {
            "From": Appointment.valid_from,
            "Until": Appointment.valid_to,
        },
    ),
    section_of_membership(
        "Standing in for approvers",
        StandIn,
        {
            "From": StandIn.valid_from,
            "Until": StandIn.valid_to,
        },
    ),
    Section(
        "Being an operator",
        Operator,
        {
            "Email address": Operator.email,
            "From": Operator.valid_from,
            "Joined": Operator.joined_at,
            "Until": Operator.valid_to,
        },
    ),
    Section(
        "Terms of use that you accepted",
        TermsAcceptance,
        {
            "Service": func.coalesce(TermsVersion.service, literal("Secure Access")),
            "Version": TermsVersion.number,
            "Accepted": TermsAcceptance.accepted_at,
        },
        joined={TermsVersion: TermsVersion.id == TermsAcceptance.terms_version_id},
    ),
    Section(
        "Password",
        PasswordCredential,
        {"Last changed": PasswordCredential.changed_at},
    ),
    Section(
        "Authenticator app",
        TotpCredential,
        {"Set up": TotpCredential.enrolled_at},
    ),
    Section(
        "Passkeys",
        Passkey,
        {
            "Name": Passkey.name,
            "Added": Passkey.created_at,
            "Last used": Passkey.last_used_at,
        },
    ),
    Section(
        "Recovery codes",
        RecoveryCode,
        {"Made": RecoveryCode.created_at, "Used": RecoveryCode.used_at},
    ),
    Section(
        "Requests for decisions about you",
        PendingDecision,
        {
            "Kind": PendingDecision.kind,
            "Your reason": case(
                (PendingDecision.asked_by == Account.subject, PendingDecision.reason)
            ),
            "Asked": PendingDecision.asked_at,
            "Decided": PendingDecision.decided_at,
            "Takes effect": PendingDecision.takes_effect_at,
            "Ended": PendingDecision.ended_at,
            "Ending": PendingDecision.ending,
            "Reason of the ending": PendingDecision.end_reason,
        },
        joined={Account: Account.id == PendingDecision.account_id},
    ),
    Section(
        "Mails about requests for access",
        RequestNotice,
        {"Sent": RequestNotice.sent_at},
    ),
    Section(
        "Links that we sent you",
        PasswordReset,
        {
            "Purpose": PasswordReset.purpose,
            "Sent": PasswordReset.created_at,
            "Works until": PasswordReset.expires_at,
            "Used": PasswordReset.used_at,
        },
    ),
    Section(
        "Sessions",
        Session,
        {
            "Began": Session.created_at,
            "Last used": Session.last_active_at,
            "Network": Session.network,
            "Browser": Session.user_agent,
            "Level": Session.acr,
            "Ended": Session.ended_at,
            "Reason of the end": Session.ended_cause,
        },
    ),
    Section(
        "Devices that we know",
        KnownDevice,
        {
            "First sign-in": KnownDevice.created_at,
            "Last sign-in": KnownDevice.last_used_at,
            "Second step used last": KnownDevice.second_step,
            "Kept until": KnownDevice.expires_at,
        },
    ),
    Section(
        "Devices on which you sign in without a code",
        RememberedDevice,
        {
            "Chosen": RememberedDevice.created_at,
            "Last used": RememberedDevice.last_used_at,
            "Network": RememberedDevice.network,
            "Browser": RememberedDevice.user_agent,
            "Ends": RememberedDevice.expires_at,
        },
    ),
    Section(
        "Organisations’ accounts to sign in with",
        Identity,
        {
            "Sign-in": Connection.name,
            "Issuer": Identity.issuer,
            "Subject": Identity.subject,
            "Linked": Identity.linked_at,
            "Last used": Identity.last_used_at,
        },
        joined={Connection: Connection.id == Identity.connection_id},
    ),
    Section(
        "Sign-ins to services",
        TokenFamily,
        {
            "Service": Client.name,
            "Organisation": Organisation.name,
            "Data requested": TokenFamily.scope,
            "Began": TokenFamily.created_at,
            "Ends": TokenFamily.ends_at,
            "Ended": TokenFamily.ended_at,
            "Reason of the end": TokenFamily.ended_cause,
        },
        joined={
            Client: Client.id == TokenFamily.client_id,
            Organisation: Organisation.public_id == TokenFamily.organisation,
        },
    ),
    Section(
        "Organisations that you chose for services",
        OrganisationChoice,
        {
            "Service": Client.name,
            "Organisation": Organisation.name,
            "Chosen": OrganisationChoice.chosen_at,
        },
        joined={
            Client: Client.id == OrganisationChoice.client_id,
            Organisation: Organisation.public_id == OrganisationChoice.organisation,
        },
    ),
    Section(
        "Mails to your present address",
        OutboxMail,
        {
            "Subject": OutboxMail.subject,
            "Written": OutboxMail.created_at,
            "Sent": OutboxMail.sent_at,
        },
        lambda account: and_(
            func.lower(OutboxMail.recipient) == account.email.lower(),
            _is_later_than_other_holders(account, OutboxMail.created_at),
        ),
    ),
    Section(
        "Emails about tasks",
        MailPreference,
        {
            "Hour of the digest in London": MailPreference.digest_hour,
            "Last digest": MailPreference.last_digest_on,
        },
    ),
    Section(
        "Emails that wait for your digest",
        DigestMail,
        {"Subject": DigestMail.subject, "Written": DigestMail.created_at},
    ),
    Section(
        "Requests for an account at your address",
        Registration,
        {"Asked": Registration.asked_at},
        lambda account: and_(
            Registration.email_key == account.email_key,
            _is_later_than_other_holders(account, Registration.asked_at),
        ),
    ),
    Section(
        "Invitation mails counted for the daily limit",
        InvitationMail,
        {"Sent": InvitationMail.sent_at},
        lambda account: and_(
            InvitationMail.email_key == account.email_key,
            _is_later_than_other_holders(account, InvitationMail.sent_at),
        ),
    ),
)
"""The data that a person gets, in the order of the page."""

_MINUTES = "Steps of pages that you have open. They are deleted within a day."
WITHHELD: Mapping[type[Base], str] = {
    AuditEvent: "It is in the activity of the account, in words.",
    AuthorizationRequest: _MINUTES,
    JoinJourney: _MINUTES,
    Journey: "Answers of an approver on a form about another person.",
    PasskeyEnrolment: _MINUTES,
    PasskeyUser: "A number by which devices know your passkeys apart from those of other people.",
    KeptPost: _MINUTES,
    ReplacedToken: _MINUTES,
    LogoutNotice: "A message to a service. The session is listed.",
    RecoveryCodesShown: _MINUTES,
    SignInJourney: _MINUTES,
    TotpEnrolment: _MINUTES,
    UsedTotpStep: "Numbers that keep a code from being used twice.",
}
"""Tables whose rows the person does not get, and why."""
