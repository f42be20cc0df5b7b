"""A small world for tests: organisations, people in them, and browsers that are signed in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from flask import Flask
from sqlalchemy import delete, or_, select, update

from app.actors import Actor
from app.audit import AuditEvent
from app.clock import day_of, now
from app.database import db, writing
from app.identifiers import new_secret, secret_hash
from app.outbox import OutboxMail
from app.vault import decrypt
from approvals.access_model.loading import load_shipped
from approvals.memberships import invitation_port
from approvals.memberships.actions import add_member
from approvals.memberships.models import Appointment, Grant, Membership
from approvals.operators.models import Operator
from approvals.organisations.kinds import Kind
from approvals.organisations.models import (
    BEGINNING,
    END,
    Organisation,
    OrganisationPeriod,
    TrustLink,
    search_name,
)
from identity.accounts.models import Account, Invitation, InvitationState
from identity.accounts.sent_invitation import sent_invitation
from identity.email_address import EmailAddress
from identity.sessions.cookies import SESSION, cookie_name
from identity.sessions.models import Session
from tests.identity.walking import Walker

SERVICE = "school_performance"
COMMAND = Actor.command("test")
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def organisation(
    name: str = "Ashfield School",
    *,
    kind: Kind = Kind.ESTABLISHMENT,
    urn: str | None = None,
    uid: str | None = None,
    la_code: str | None = None,
    diocese_code: str | None = None,
    type_code: str | None = None,
    trust: Organisation | None = None,
    closed_on: date | None = None,
) -> Organisation:
    """A body; of a school the period that the register would give it, and its link to a trust."""
    with writing() as session:
        made = Organisation(
            kind=kind.value,
            key=f"test:{name}",
            name=name,
            search_name=search_name(name),
            urn=urn,
            uid=uid,
            la_code=la_code,
            diocese_code=diocese_code,
            closed_on=closed_on,
        )
        session.add(made)
        session.flush()
        if kind is Kind.ESTABLISHMENT:
            for begins, ends, is_open in _periods(closed_on):
                session.add(
                    OrganisationPeriod(
                        organisation_id=made.id,
                        valid_from=begins,
                        valid_to=ends,
                        open=is_open,
                        name=name,
                        type_code=type_code,
                        la_code=la_code,
                        diocese_code=diocese_code,
                    )
                )
        if trust is not None:
            session.add(
                TrustLink(
                    organisation_id=made.id,
                    trust_id=trust.id,
                    valid_from=BEGINNING,
                    valid_to=END,
                    known_from=BEGINNING,
                )
            )
    return made


def leave_trust(where: Organisation, on: date) -> None:
    """End the school's link to its trust on a day."""
    with writing() as session:
        session.execute(
            update(TrustLink).where(TrustLink.organisation_id == where.id).values(valid_to=on)
        )


def _periods(closed_on: date | None) -> list[tuple[date, date, bool]]:
    if closed_on is None:
        return [(BEGINNING, END, True)]
    return [(BEGINNING, closed_on, True), (closed_on, END, False)]


def close(where: Organisation) -> None:
    """The organisation closes today."""
    today = day_of(now())
    with writing() as session:
        where.closed_on = today
        session.execute(
            delete(OrganisationPeriod).where(OrganisationPeriod.organisation_id == where.id)
        )
        for begins, ends, is_open in _periods(today):
            session.add(
                OrganisationPeriod(
                    organisation_id=where.id,
                    valid_from=begins,
                    valid_to=ends,
                    open=is_open,
                    name=where.name,
                )
            )


def school(name: str = "Ashfield School", urn: str = "100001", **more: Any) -> Organisation:
    """A school, with the access model loaded."""
    load_shipped()
    return organisation(name, urn=urn, **more)


def account(email: str, given_name: str = "Ada", family_name: str = "Byron") -> Account:
    """Somebody who has joined."""
    with writing() as session:
        made = Account(
            email=email,
            email_key=EmailAddress.parse(email).key,
            given_name=given_name,
            family_name=family_name,
            created_at=LONG_AGO,
            joined_at=LONG_AGO,
        )
        session.add(made)
    return made


def member(
    where: Organisation,
    email: str,
    *groups: str,
    given_name: str = "Ada",
    family_name: str = "Byron",
    approver: bool = False,
    last_day: date | None = None,
    actor: Actor = COMMAND,
) -> Membership:
    """Somebody whom a command added and who has accepted."""
    added = invited(
        where,
        email,
        *groups,
        given_name=given_name,
        family_name=family_name,
        approver=approver,
        last_day=last_day,
        actor=actor,
    )
    join(added)
    return added


def invited(
    where: Organisation,
    email: str,
    *groups: str,
    given_name: str = "Ada",
    family_name: str = "Byron",
    approver: bool = False,
    last_day: date | None = None,
    actor: Actor = COMMAND,
) -> Membership:
    return add_member(
        where,
        email=EmailAddress.parse(email),
        given_name=given_name,
        family_name=family_name,
        access={SERVICE: groups} if groups else {},
        approver=approver,
        last_day=last_day,
        actor=actor,
    )


def join(membership: Membership) -> Account:
    """Accepts the invitation, with the account of that address or a new one."""
    key = membership.email_key
    found = db.session.scalar(select(Account).where(Account.email_key == key))
    who = found or account(membership.email, membership.given_name, membership.family_name)
    with writing() as session:
        invitation = session.get_one(Invitation, membership.invitation_id)
        invitation.state = InvitationState.ACCEPTED
        invitation.token_hash = None
        invitation.account_id = who.id
        invitation_port.record_acceptance(sent_invitation(invitation), who)
    return who


def operator(email: str = "olive@operators.example") -> Account:
    return make_operator(account(email, "Olive", "Operator"))


def make_operator(who: Account) -> Account:
    with writing() as session:
        session.add(
            Operator(
                account_id=who.id,
                email=who.email,
                email_key=who.email_key,
                appointed_by="test",
                valid_from=LONG_AGO,
                joined_at=LONG_AGO,
            )
        )
    return who


def who(membership: Membership) -> Account:
    assert membership.account_id is not None
    return db.session.get_one(Account, membership.account_id)


def acting(membership: Membership) -> Actor:
    person = who(membership)
    return Actor("person", person.subject, person.name)


def session_of(person: Account) -> str:
    """The cookie of a browser that is signed in as this person."""
    token = new_secret()
    with writing() as session:
        session.add(
            Session(
                token_hash=secret_hash(token),
                account_id=person.id,
                auth_time=now(),
                amr_values=["pwd", "otp", "mfa"],
                acr="urn:secure-access:aal2",
                last_active_at=now(),
                absolute_end=now() + timedelta(hours=12),
                network="192.0.2.0/24",
                user_agent="test",
            )
        )
    return token


def session_id_of(person: Account) -> int:
    """The id of a new session of this person."""
    token_hash = secret_hash(session_of(person))
    return db.session.scalars(select(Session.id).where(Session.token_hash == token_hash)).one()


def browser(app: Flask, person: Account | Membership) -> Walker:
    """A browser that is signed in as this person."""
    signed_in = who(person) if isinstance(person, Membership) else person
    client = app.test_client()
    client.set_cookie(cookie_name(SESSION), session_of(signed_in))
    return Walker(client)


def stranger(app: Flask) -> Walker:
    """A browser that nobody is signed in with."""
    return Walker(app.test_client())


def held(membership: Membership, at: datetime | None = None) -> list[str]:
    """Codes of the user groups held at a moment."""
    moment = at or now()
    in_force = select(Grant.user_group).where(
        Grant.membership_id == membership.id,
        Grant.valid_from <= moment,
        or_(Grant.valid_to.is_(None), Grant.valid_to > moment),
    )
    return sorted(db.session.scalars(in_force))


def approves(membership: Membership) -> bool:
    """Whether an appointment of this membership is open."""
    statement = select(Appointment.id).where(
        Appointment.membership_id == membership.id, Appointment.valid_to.is_(None)
    )
    return db.session.scalar(statement) is not None


def mails(template: str) -> list[tuple[str, str]]:
    """Recipients and texts (subject first) of the mails of one kind."""
    rows = db.session.scalars(
        select(OutboxMail).where(OutboxMail.template == template).order_by(OutboxMail.id)
    )
    return [
        (row.recipient, f"{row.subject}\n{decrypt(row.sealed_text, purpose='mail')}")
        for row in rows
        if row.sealed_text is not None
    ]


@dataclass(frozen=True)
class Row:
    actor: str
    organisation: str | None
    subject: str | None
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None
    detail: Mapping[str, Any]


def audited(event: str) -> Sequence[Row]:
    rows = db.session.scalars(
        select(AuditEvent).where(AuditEvent.event == event).order_by(AuditEvent.id)
    )
    return [
        Row(row.actor, row.organisation, row.subject, row.before, row.after, row.detail)
        for row in rows
    ]


def path(where: Organisation, *parts: str) -> str:
    return "/".join(["/o", where.public_id, *parts])
