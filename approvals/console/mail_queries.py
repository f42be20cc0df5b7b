"""The list of mails for operators, with the step that follows from a failure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from sqlalchemy import select

from app.database import db
from app.outbox.queries import ListedMail, MailFilters, look_up_mails
from app.refusal import RefusalError
from app.web.pagination import Page
from approvals.memberships.models import Membership
from approvals.organisations.models import Organisation
from identity.accounts.models import Account, Invitation
from identity.accounts.undelivered import invitation_of
from identity.email_address import EmailAddress


@dataclass(frozen=True)
class InvitedPerson:
    """A person who has not joined the organisation."""

    person: Membership
    organisation: Organisation
    approver: bool


@dataclass(frozen=True)
class MailRow:
    """A mail of the list. Of one that failed also its recipient: an account or an invited person.

    The account is none, too, if the address is not that of an account any more.
    """

    mail: ListedMail
    account: Account | None
    invited: InvitedPerson | None


def list_mails(filters: MailFilters, *, page: int) -> Page[MailRow]:
    """Return a page of mails, and record the look-up. Three statements for any number."""
    found = look_up_mails(filters, page=page)
    failed = [mail for mail in found.rows if mail.failed]
    accounts, invited = _accounts(failed), _invited(failed)
    rows = [
        MailRow(mail, accounts.get(_key(mail)), invited.get(invitation_of(mail.key) or ""))
        if mail.failed
        else MailRow(mail, None, None)
        for mail in found.rows
    ]
    return Page(rows, found.number, found.per_page, found.total)


def _accounts(mails: Sequence[ListedMail]) -> Mapping[str, Account]:
    keys = {_key(mail) for mail in mails}
    found = db.session.scalars(select(Account).where(Account.email_key.in_(keys)))
    return {account.email_key: account for account in found}


def _invited(mails: Sequence[ListedMail]) -> Mapping[str, InvitedPerson]:
    """Return the people who still wait for their invitation, by its public id."""
    ids = {invitation_of(mail.key) for mail in mails} - {None}
    rows = db.session.execute(
        select(Invitation.public_id, Membership, Organisation, Membership.is_approver)
        .join(Membership, Membership.invitation_id == Invitation.id)
        .join(Organisation, Organisation.id == Membership.organisation_id)
        .where(Invitation.public_id.in_(ids), Membership.open, Membership.joined_at.is_(None))
    )
    return {row[0]: InvitedPerson(row[1], row[2], row[3]) for row in rows}


def _key(mail: ListedMail) -> str:
    with suppress(RefusalError):
        return EmailAddress.parse(mail.recipient).key
    return ""
