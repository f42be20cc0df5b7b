"""Operators: appointed, listed and removed."""

from datetime import datetime
from typing import Protocol

from sqlalchemy import bindparam, or_, select

from app.actors import SYSTEM, Actor
from app.audit import record
from app.clock import now
from app.database import CompiledQuery, db, writing
from app.outbox import send_mail
from app.refusal import RefusalError
from approvals.operators.models import Operator
from identity.access_termination import end_access
from identity.accounts import invitations
from identity.accounts.models import Account, Invitation, InvitationState
from identity.accounts.person import Person
from identity.accounts.sent_invitation import SentInvitation
from identity.email_address import EmailAddress


class _Appointment(Protocol):
    """Row of an open appointment."""

    valid_from: datetime
    joined_at: datetime | None


_APPOINTMENT: CompiledQuery[_Appointment] = CompiledQuery(
    select(Operator.valid_from, Operator.joined_at).where(
        Operator.account_id == bindparam("account"), Operator.open
    )
)


def is_operator(account_id: int) -> bool:
    """Return whether this account is an operator now."""
    return operator_since(account_id) is not None


def operator_since(account_id: int) -> datetime | None:
    """Return the moment from which on the account is an operator, or None."""
    found = _APPOINTMENT.one(account=account_id)
    return None if found is None else max(found.valid_from, found.joined_at or found.valid_from)


def is_invited(email: EmailAddress) -> bool:
    """Return whether this address is invited to be an operator, and nobody has accepted it."""
    operator = _with_address(email)
    return operator is not None and operator.account_id is None


def active_operators() -> list[Account]:
    """Return the operators who can act now, for mails to them."""
    return list(
        db.session.scalars(
            select(Account)
            .join(Operator, Operator.account_id == Account.id)
            .where(Operator.open, ~Account.suspended)
            .order_by(Account.id)
            .execution_options(populate_existing=True)
        )
    )


def lock_active_operators() -> list[Account]:
    """Lock the operators who can act now and return them. Must run inside `writing()`.

    Concurrent suspensions and removals wait here.
    """
    db.session.scalars(
        select(Operator.id).where(Operator.open).order_by(Operator.id).with_for_update()
    ).all()
    return active_operators()


def appointments() -> list[tuple[Operator, Account | None]]:
    """Return every appointment that has not ended, with its account once it is accepted."""
    rows = db.session.execute(
        select(Operator, Account)
        .outerjoin(Account, Account.id == Operator.account_id)
        .where(Operator.open)
        .order_by(Operator.valid_from, Operator.id)
    )
    return [(row[0], row[1]) for row in rows]


def add_operator(
    email: EmailAddress, *, given_name: str = "", family_name: str = "", actor: Actor
) -> Operator:
    """Appoint by invitation. Raises RefusalError."""
    with writing() as session:
        if _with_address(email) is not None:
            sentence = f"{email} is an operator already, or invited to be one."
            raise RefusalError.of("already_operator", sentence)
        invitation = invitations.invite(
            email,
            given_name,
            family_name,
            invited_by=actor.persons_name,
            sender="",
            organisation_name=None,
        )
        operator = Operator(
            invitation_id=invitation.id,
            email=email.text,
            email_key=email.key,
            appointed_by=actor.identifier,
            valid_from=now(),
        )
        session.add(operator)
        session.flush()
        record("operator.added", actor=actor, operator=operator.public_id, person=email.text)
        for other in active_operators():
            _mail("operator_added", other, actor, person=email.text)
    return operator


def remove_operator(email: EmailAddress, *, actor: Actor) -> Operator:
    """End an appointment and all sessions of its holder, or withdraw the invitation to one.

    Raises RefusalError.
    """
    with writing() as session:
        # Invitations before operators, as the acceptance of one locks them.
        invitations.lock_open_at(email)
        active = lock_active_operators()
        operator = _with_address(email)
        if operator is None:
            sentence = f"{email} is not an operator, nor invited to be one."
            raise RefusalError.of("not_an_operator", sentence)
        if [each.id for each in active] == [operator.account_id]:
            sentence = f"{email} is the only operator. Add another operator first."
            raise RefusalError.of("only_operator", sentence)
        operator.valid_to = now()
        invitation = session.get(Invitation, operator.invitation_id or 0, populate_existing=True)
        if invitation is not None and invitation.state == InvitationState.OPEN:
            invitations.withdraw(invitation)
        account = session.get(Account, operator.account_id or 0)
        name = account.name if account else operator.email
        record(
            "operator.removed",
            actor=actor,
            subject=account.subject if account else None,
            operator=operator.public_id,
            person=name,
        )
        for other in active:
            _mail("operator_removed", other, actor, person=name, oneself=other is account)
        if account is not None:
            end_access(account.id, cause="no longer an operator")
    return operator


def _with_address(email: EmailAddress) -> Operator | None:
    return db.session.scalar(
        select(Operator)
        .outerjoin(Account, Account.id == Operator.account_id)
        .where(
            Operator.open,
            or_(Operator.email_key == email.key, Account.email_key == email.key),
        )
        .execution_options(populate_existing=True)
    )


def _mail(template: str, to: Account, actor: Actor, **context: object) -> None:
    send_mail(to=to.email, template=f"console/{template}", context={"actor": actor.name, **context})


def operator_of_invitation(invitation: SentInvitation) -> Operator | None:
    """Return the appointment that this invitation is for, or None."""
    return db.session.scalar(select(Operator).where(Operator.invitation_id == invitation.id))


def record_acceptance(operator: Operator, account: Person) -> None:
    """Record that the invitation was accepted. Must run inside `writing()`."""
    operator.account_id = account.id
    operator.joined_at = now()
    record(
        "operator.joined",
        subject=account.subject,
        operator=operator.public_id,
        person=account.name,
    )


def repeat_address(account_id: int, email: EmailAddress) -> None:
    """Write the account's new address to its appointment. Must run inside `writing()`.

    The appointment keeps the former one where another person is invited at the new address.
    """
    operator = db.session.scalar(
        select(Operator).where(Operator.account_id == account_id, Operator.open)
    )
    taken = db.session.scalar(
        select(Operator.id).where(
            Operator.email_key == email.key, Operator.open, Operator.account_id.is_(None)
        )
    )
    if operator is not None and taken is None:
        operator.email, operator.email_key = email.text, email.key


def record_decline(operator: Operator) -> None:
    """Record that the invited person declined. Must run inside `writing()`."""
    operator.valid_to = now()
    record("operator.declined", operator=operator.public_id, person=operator.email)


def record_lapse(operator: Operator) -> None:
    """End the appointment, as nobody answered the invitation. Must run inside `writing()`."""
    operator.valid_to = now()
    record(
        "operator.invitation_lapsed",
        actor=SYSTEM,
        operator=operator.public_id,
        person=operator.email,
    )
