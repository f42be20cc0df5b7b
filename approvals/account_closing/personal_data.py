"""Each table with rows about people: what is deleted, what is replaced, and what stays.

A test compares the tables and their columns with the database, so a new table or column has to be
entered here. The rows that stay are the evidence of who could see what, when, and who decided it.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import ColumnElement, SQLColumnExpression, and_, func, or_, select

from app.audit import AuditEvent
from app.clock import now
from app.outbox import OutboxMail
from app.queue.models import WAITING
from approvals.access_requests.models import RequestNotice
from approvals.account_closing.erasable import Deleted, Kept, Owner, Person, Stage, kept_columns
from approvals.account_closing.pseudonym import Pseudonym
from approvals.memberships.models import (
    Appointment,
    Grant,
    Journey,
    LastUse,
    Membership,
    MembershipSuspension,
    StandIn,
    search_key,
    sort_key,
)
from approvals.operators.models import Operator
from approvals.pending_decisions.models import PendingDecision
from approvals.task_mails.models import DigestMail, MailPreference
from approvals.terms.models import TermsAcceptance
from identity.accounts.models import (
    Account,
    Invitation,
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
from identity.email_address import EmailAddress
from identity.email_changes.models import EmailChange
from identity.oidc.models import (
    AuthorizationRequest,
    OrganisationChoice,
    TokenFamily,
)
from identity.sessions.models import KeptPost, RememberedDevice, Session
from identity.sign_in.models import KnownDevice, SignInJourney
from identity.upstream.models import Identity


def _owns(column: SQLColumnExpression[int] | SQLColumnExpression[int | None]) -> Owner[Account]:
    """Return the owner of rows that refer to an account."""
    return lambda account: column == account.id


def _has_membership(column: SQLColumnExpression[int]) -> Owner[Account]:
    """Return the owner of rows that refer to a membership."""
    return lambda account: column.in_(
        select(Membership.id).where(Membership.account_id == account.id)
    )


def is_membership_of(account: Account) -> ColumnElement[bool]:
    """Return the condition that a membership is the person's, joined or not.

    An invitation to their address that they did not accept counts until the closing. One that they
    accepted where they belonged already gave no membership, and is theirs too.
    """
    accepted = Membership.invitation_id.in_(
        select(Invitation.id).where(Invitation.account_id == account.id)
    )
    return or_(_is_or_was_to_be_held_by(account, Membership), accepted)


def is_appointment_of(account: Account) -> ColumnElement[bool]:
    """Return the condition that an appointment as operator is the person's, accepted or not."""
    return _is_or_was_to_be_held_by(account, Operator)


def _is_or_was_to_be_held_by(
    account: Account, table: type[Membership | Operator]
) -> ColumnElement[bool]:
    not_accepted = and_(
        table.account_id.is_(None),
        table.email_key == _key(account),
        table.valid_from <= account.closed_at,
        table.valid_to.is_not(None),
    )
    return or_(table.account_id == account.id, not_accepted)


def _key(account: Account) -> str:
    """Return the text that all spellings of the person's address share.

    The account itself has it no more, once it is closed.
    """
    return EmailAddress.parse(account.email).key


def _was_sent_by(account: Account) -> ColumnElement[bool]:
    """Return the condition that the person sent an invitation. The audit alone says so."""
    added = (
        select(Membership.invitation_id)
        .join(AuditEvent, AuditEvent.detail["membership"].as_string() == Membership.public_id)
        .where(AuditEvent.actor == account.subject, AuditEvent.event == "membership.added")
    )
    appointed = select(Operator.invitation_id).where(Operator.appointed_by == account.subject)
    return or_(Invitation.id.in_(added), Invitation.id.in_(appointed))


def _was_invited(account: Account) -> ColumnElement[bool]:
    """Return the condition that the invitation is the person's, not that of a later account."""
    at_address = and_(
        Invitation.account_id.is_(None),
        Invitation.email_key == _key(account),
        Invitation.created_at <= account.closed_at,
    )
    return or_(Invitation.account_id == account.id, at_address)


def _was_mailed(account: Account) -> ColumnElement[bool]:
    return and_(
        func.lower(OutboxMail.recipient) == account.email.lower(),
        OutboxMail.created_at <= account.closed_at,
        OutboxMail.state != WAITING,
    )


def _is_decision_about(account: Account) -> ColumnElement[bool]:
    """Return the condition that the person is named: by account, membership, or in a proposal."""
    return or_(
        PendingDecision.account_id == account.id,
        is_proposal_of(account),
        _is_access_of(is_membership_of(account)),
    )


def is_proposal_of(person: Account | Invitation | type[Invitation]) -> ColumnElement[bool]:
    """Return the condition that the person was proposed as an approver by address."""
    return and_(
        PendingDecision.account_id.is_(None),
        func.lower(PendingDecision.details["email"].as_string()) == func.lower(person.email),
        PendingDecision.asked_at <= person.closed_at,
    )


def is_ended_proposal_of(invitation: Invitation | type[Invitation]) -> ColumnElement[bool]:
    """Return the condition that the invited person was proposed before, and it was decided."""
    return is_proposal_of(invitation) & PendingDecision.ended_at.is_not(None)


def _is_access_of(memberships: ColumnElement[bool]) -> ColumnElement[bool]:
    """Return the condition that the decision is about user groups for one of the memberships."""
    membership: ColumnElement[str] = PendingDecision.details["membership"].as_string()
    return membership.in_(select(Membership.public_id).where(memberships))


def is_membership_without_account(
    invitation: Invitation | type[Invitation],
) -> ColumnElement[bool]:
    """Return the condition that the invitation was to give the membership, which has ended.

    A merger of organisations moves an open invitation to a new membership: the former one is found
    by the address.
    """
    moved = and_(
        Membership.invitation_id.is_(None),
        Membership.email_key == invitation.email_key,
        Membership.valid_from <= invitation.closed_at,
    )
    return and_(
        Membership.account_id.is_(None),
        Membership.valid_to.is_not(None),
        or_(Membership.invitation_id == invitation.id, moved),
    )


def is_appointment_without_account(
    invitation: Invitation | type[Invitation],
) -> ColumnElement[bool]:
    """Return the condition that the invitation was to make the person an operator."""
    return and_(Operator.invitation_id == invitation.id, Operator.account_id.is_(None))


def _is_decision_about_invited(invitation: Invitation) -> ColumnElement[bool]:
    return or_(is_proposal_of(invitation), _is_access_of(is_membership_without_account(invitation)))


def _name(pseudonym: Pseudonym) -> Mapping[str, object]:
    return {"given_name": "", "family_name": pseudonym.name}


def _address(pseudonym: Pseudonym) -> Mapping[str, object]:
    return {"email": pseudonym.email, "email_key": pseudonym.email}


def _member(pseudonym: Pseudonym) -> Mapping[str, object]:
    return {
        **_name(pseudonym),
        **_address(pseudonym),
        "sort_name": sort_key("", pseudonym.name, pseudonym.email),
        "search_text": search_key("", pseudonym.name, pseudonym.email),
    }


def _invitations(owner: Owner[Person]) -> Kept[Person]:
    return Kept(
        Invitation,
        owner,
        kept_columns(
            "id public_id created_at expires_at state sender organisation_name renewal_asked_at "
            "account_id closed_at invited_by lapse_counted_from"
        ),
        lambda pseudonym: {
            **_name(pseudonym),
            **_address(pseudonym),
            "token_hash": None,
            "erased_at": now(),
        },
    )


def _memberships(owner: Owner[Person]) -> Kept[Person]:
    return Kept(
        Membership,
        owner,
        kept_columns(
            "id public_id organisation_id account_id invitation_id joined_at suspended_at "
            "ended_cause ended_by undo_until dormancy_warned_at valid_from valid_to"
        ),
        _member,
    )


def _operators(owner: Owner[Person]) -> Kept[Person]:
    return Kept(
        Operator,
        owner,
        kept_columns(
            "id public_id account_id invitation_id appointed_by joined_at valid_from valid_to"
        ),
        _address,
    )


def _decisions(owner: Owner[Person]) -> Kept[Person]:
    return Kept(
        PendingDecision,
        owner,
        kept_columns(
            "id public_id kind account_id organisation_id asked_by asked_at undecided_until "
            "first_agreed_by first_agreed_at decided_by decided_at deciding_organisation_id "
            "takes_effect_at ended_at ending ended_by"
        ),
        lambda _pseudonym: {"reason": None, "end_reason": None},
        {"details": ("email", "given_name", "family_name", "answers")},
    )


_CLOSING, _ERASURE = Stage.CLOSING, Stage.ERASURE

TABLES: tuple[Deleted | Kept[Account], ...] = (
    Deleted(
        KeptPost,
        _CLOSING,
        lambda account: KeptPost.session_id.in_(
            select(Session.id).where(Session.account_id == account.id)
        ),
    ),
    Deleted(TotpEnrolment, _CLOSING),
    Deleted(PasskeyEnrolment, _CLOSING),
    Deleted(RecoveryCodesShown, _CLOSING),
    Deleted(Journey, _CLOSING),
    Deleted(SignInJourney, _CLOSING),
    Deleted(AuthorizationRequest, _CLOSING, _owns(AuthorizationRequest.chosen_by)),
    Deleted(OrganisationChoice, _CLOSING),
    Deleted(PasswordCredential, _CLOSING),
    Deleted(TotpCredential, _CLOSING),
    Deleted(UsedTotpStep, _CLOSING),
    Deleted(Passkey, _CLOSING),
    Deleted(PasskeyUser, _CLOSING),
    Deleted(RecoveryCode, _CLOSING),
    Deleted(Identity, _CLOSING),
    Deleted(KnownDevice, _CLOSING),
    Deleted(RememberedDevice, _CLOSING),
    # An address that the person left is free for other people at once.
    Deleted(EmailChange, _CLOSING),
    Deleted(LastUse, _CLOSING),
    Deleted(MailPreference, _CLOSING),
    Deleted(DigestMail, _CLOSING),
    Deleted(TokenFamily, _ERASURE),
    Deleted(Session, _ERASURE),
    Deleted(PasswordReset, _ERASURE),
    Deleted(RequestNotice, _ERASURE),
    Deleted(OutboxMail, _ERASURE, _was_mailed),
    _invitations(_was_invited),
    Kept(
        Invitation,
        _was_sent_by,
        kept_columns(
            "id public_id created_at expires_at state sender organisation_name renewal_asked_at "
            "account_id closed_at email email_key given_name family_name token_hash "
            "lapse_counted_from erased_at"
        ),
        lambda _pseudonym: {"invited_by": ""},
    ),
    # Before the memberships, by whose addresses some of them are found.
    _decisions(_is_decision_about),
    _memberships(is_membership_of),
    Kept(
        MembershipSuspension,
        _has_membership(MembershipSuspension.membership_id),
        kept_columns("id membership_id kind cause suspended_by ended_by valid_from valid_to"),
        lambda _pseudonym: {"reason": None},
    ),
    Kept(
        Appointment,
        _has_membership(Appointment.membership_id),
        kept_columns("id membership_id valid_from valid_to"),
    ),
    Kept(
        StandIn,
        _has_membership(StandIn.membership_id),
        kept_columns("id membership_id valid_from valid_to planned_to named_by ended_by"),
    ),
    Kept(
        Grant,
        _has_membership(Grant.membership_id),
        kept_columns(
            "id public_id membership_id service user_group given_by ended_cause planned_to "
            "reminded_at valid_from valid_to"
        ),
    ),
    _operators(is_appointment_of),
    Kept(
        TermsAcceptance,
        _owns(TermsAcceptance.account_id),
        kept_columns("id account_id terms_version_id accepted_at sha256 session"),
    ),
    Kept(
        Suspension,
        _owns(Suspension.account_id),
        kept_columns("id account_id valid_from valid_to"),
    ),
    # The last: the other conditions read the person's name and address.
    Kept(
        Account,
        _owns(Account.id),
        kept_columns(
            "id subject email_key created_at joined_at updated_at suspended_at access_revision "
            "closing_counted_from closing_announced_at closed_at erased_at"
        ),
        lambda pseudonym: {
            **_name(pseudonym),
            "email": pseudonym.email,
            "last_signed_in_at": None,
        },
    ),
)
"""Tables in the order in which their rows are changed: those that refer to others first."""

TABLES_OF_INVITED: tuple[Kept[Invitation], ...] = (
    _decisions(_is_decision_about_invited),
    _memberships(is_membership_without_account),
    _operators(is_appointment_without_account),
    _invitations(lambda invitation: Invitation.id == invitation.id),
)
"""Tables about people who were invited and never joined, in the same order."""

PERSONAL_FIELDS = frozenset(
    {
        "email",
        "family_name",
        "former",
        "given_name",
        "name",
        "network",
        "note",
        "person",
        "reason",
        "search",
        "tried",
        "what",
    }
)
"""Fields of audit events whose texts are replaced where the event is about the person."""
