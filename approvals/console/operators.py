"""Who is an operator, and appointing one."""

from sqlalchemy import or_, select

from app.actors import Actor
from app.audit import record
from app.clock import now
from app.database import db, writing
from approvals.console.models import Operator
from identity.accounts.email import clean_email, email_key
from identity.accounts.invitations import invite
from identity.accounts.models import Account, Invitation


class AlreadyOperatorError(ValueError):
    """The address belongs to an operator, appointed or invited."""


def is_operator(account_id: int) -> bool:
    """Whether this account is an operator now."""
    found = db.session.scalar(
        select(Operator.id).where(Operator.account_id == account_id, Operator.valid_to.is_(None))
    )
    return found is not None


def active_operators() -> list[Account]:
    """The operators who can act now, for mails to them."""
    return list(
        db.session.scalars(
            select(Account)
            .join(Operator, Operator.account_id == Account.id)
            .where(Operator.valid_to.is_(None), Account.suspended_at.is_(None))
            .order_by(Account.id)
        )
    )


def add_operator(
    email: str, *, given_name: str = "", family_name: str = "", actor: Actor
) -> Operator:
    """Appoints by invitation. Raises AlreadyOperatorError; ValueError for what is no address."""
    address = clean_email(email)
    key = email_key(address)
    with writing() as session:
        existing = session.scalar(
            select(Operator.id)
            .outerjoin(Account, Account.id == Operator.account_id)
            .where(
                Operator.valid_to.is_(None),
                or_(Operator.email_key == key, Account.email_key == key),
            )
        )
        if existing is not None:
            raise AlreadyOperatorError(f"{address} is an operator already, or invited to be one.")
        invitation = invite(
            address,
            given_name,
            family_name,
            invited_by=actor.persons_name,
            sender="",
            organisation_name=None,
        )
        operator = Operator(
            invitation_id=invitation.id,
            email=address,
            email_key=key,
            appointed_by=actor.identifier,
            valid_from=now(),
        )
        session.add(operator)
        session.flush()
        record("operator.added", actor=actor, operator=operator.public_id, person=address)
    return operator


def of_invitation(invitation: Invitation) -> Operator | None:
    """The appointment that this invitation is for, if it is for one."""
    return db.session.scalar(select(Operator).where(Operator.invitation_id == invitation.id))


def accepted(operator: Operator, account: Account) -> None:
    """The invitation was accepted; inside `writing()`."""
    operator.account_id = account.id
    operator.joined_at = now()
    record(
        "operator.joined",
        subject=account.subject,
        operator=operator.public_id,
        person=account.name,
    )


def declined(operator: Operator) -> None:
    """The invited person said that it was not for them; inside `writing()`."""
    operator.valid_to = now()
    record("operator.declined", operator=operator.public_id, person=operator.email)
