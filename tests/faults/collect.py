"""Reads the evidence of a fault from the database, the mail server and the relying parties."""

from __future__ import annotations

import time
from collections.abc import Sequence

from sqlalchemy import func, select

from app.audit import AuditEvent
from app.database import db
from app.outbox import OutboxMail
from app.queue.models import WAITING
from app.vault import decrypt
from approvals.memberships.models import Grant
from identity.accounts.models import Account
from identity.credentials.models import PasswordCredential, TotpCredential
from identity.oidc.models import AuthorizationCode, LogoutNotice, RefreshToken, TokenFamily
from identity.sessions.models import Session
from tests.faults.evidence import (
    AuditRow,
    CodeRow,
    CredentialRow,
    Delivery,
    Evidence,
    KeySet,
    MailRow,
    MembershipRow,
    NoticeRow,
    RefreshRow,
    SessionRow,
    Window,
)
from tests.faults.invariants_of_service import resources_return
from tests.faults.journal import Call
from tests.faults.programs import Usage
from tests.faults.rig import REQUEST_LIMIT, WORKERS, Rig
from tests.faults.stage import Stage, memberships_of

THREADS = 8
MOST_CONNECTIONS = 2 * WORKERS * THREADS + 2 * WORKERS + 10
"""Number of connections for which the operators' guide dimensions `max_connections`."""
_COLUMNS = ("organisation", "subject", "service", "client")


def collect(
    rig: Rig,
    stage: Stage,
    calls: Sequence[Call],
    key_sets: Sequence[KeySet],
    window: Window,
    usage_before: dict[str, Usage],
    usage_after: dict[str, Usage],
) -> Evidence:
    """Return the evidence of the fault that this stage was set for."""
    with rig.app.app_context():
        try:
            subjects = [person.subject for school in stage.schools for person in school.people]
            accounts = list(
                db.session.scalars(select(Account.id).where(Account.subject.in_(subjects)))
            )
            memberships = _memberships(stage)
            recipients = {row.email for row in memberships}
            sessions = _sessions(accounts)
            return Evidence(
                window=window,
                calls=calls,
                memberships=memberships,
                mails=_mails(recipients),
                audit=_audit(stage.first_audit),
                codes=_codes(accounts),
                refresh_tokens=_refresh_tokens(accounts),
                sessions=sessions,
                credentials=_credentials(accounts),
                notices=_notices(accounts),
                deliveries=[
                    Delivery(recipient, str(mail.message["Message-ID"]))
                    for mail in list(rig.mail.received)
                    for recipient in mail.recipients
                    if recipient in recipients
                ],
                notified=list(rig.parties.received),
                key_sets=key_sets,
                markers=_markers(stage),
                request_limit=REQUEST_LIMIT * WORKERS,
                usage_before=usage_before,
                usage_after=usage_after,
                connections=rig.connections(),
                most_connections=MOST_CONNECTIONS,
            )
        finally:
            db.session.remove()
            db.engine.dispose()


def settled_usage(rig: Rig, before: dict[str, Usage], seconds: float) -> dict[str, Usage]:
    """Return the resources when they have returned, or after the time.

    The server ends idle threads after 30 seconds.
    """
    deadline = time.monotonic() + seconds
    while True:
        after = rig.usage()
        settled = resources_return(
            Evidence(Window(0, 0, 0), usage_before=before, usage_after=after)
        )
        if not settled.breaches or time.monotonic() > deadline:
            return after
        time.sleep(1)


def waiting(rig: Rig) -> int:
    """Return the number of mails and notices that are still to be delivered."""
    with rig.app.app_context():
        try:
            return sum(
                db.session.scalar(
                    select(func.count()).select_from(table).where(table.state == WAITING)
                )
                or 0
                for table in (OutboxMail, LogoutNotice)
            )
        finally:
            db.session.remove()
            db.engine.dispose()


def wait_for_queues(rig: Rig, seconds: float) -> None:
    """Return when nothing waits for delivery, or after the time."""
    deadline = time.monotonic() + seconds
    while waiting(rig) and time.monotonic() < deadline:
        time.sleep(0.3)


def _memberships(stage: Stage) -> list[MembershipRow]:
    staged = {person.membership for school in stage.schools for person in school.people}
    rows = [row for school in stage.schools for row in memberships_of(school.public_id)]
    return [
        MembershipRow(
            row.public_id,
            row.email,
            row.valid_to is None,
            db.session.scalar(
                select(func.count()).select_from(Grant).where(Grant.membership_id == row.id)
            )
            or 0,
            row.public_id in staged,
        )
        for row in rows
    ]


def _mails(recipients: set[str]) -> list[MailRow]:
    rows = db.session.scalars(select(OutboxMail).where(OutboxMail.recipient.in_(recipients)))
    return [MailRow(row.recipient, row.state, row.template) for row in rows]


def _audit(after: int) -> list[AuditRow]:
    rows = db.session.scalars(
        select(AuditEvent).where(AuditEvent.id > after).order_by(AuditEvent.id)
    )
    return [
        AuditRow(
            row.id,
            row.event,
            {name: str(value) for name, value in row.detail.items()}
            | {name: str(getattr(row, name) or "") for name in _COLUMNS},
        )
        for row in rows
    ]


def _codes(accounts: list[int]) -> list[CodeRow]:
    rows = db.session.execute(
        select(AuthorizationCode, TokenFamily.public_id)
        .join(TokenFamily, TokenFamily.id == AuthorizationCode.grant_id)
        .where(TokenFamily.account_id.in_(accounts))
    )
    return [CodeRow(code.code_hash, family, code.used_at is not None) for code, family in rows]


def _refresh_tokens(accounts: list[int]) -> list[RefreshRow]:
    rows = db.session.execute(
        select(RefreshToken, TokenFamily.public_id)
        .join(TokenFamily, TokenFamily.id == RefreshToken.grant_id)
        .where(TokenFamily.account_id.in_(accounts))
    )
    return [
        RefreshRow(token.token_hash, family, token.used_at is not None, token.retries)
        for token, family in rows
    ]


def _sessions(accounts: list[int]) -> list[SessionRow]:
    rows = db.session.execute(
        select(Session, Account.subject)
        .join(Account, Account.id == Session.account_id)
        .where(Session.account_id.in_(accounts))
    )
    return [
        SessionRow(row.token_hash, row.sid, row.ended_at is not None, subject)
        for row, subject in rows
    ]


def _credentials(accounts: list[int]) -> list[CredentialRow]:
    rows = db.session.execute(
        select(
            Account.subject,
            Account.email,
            PasswordCredential.password_hash,
            TotpCredential.sealed_secret,
        )
        .join(PasswordCredential, PasswordCredential.account_id == Account.id)
        .join(TotpCredential, TotpCredential.account_id == Account.id)
        .where(Account.id.in_(accounts))
    )
    return [
        CredentialRow(subject, email, password_hash, decrypt(sealed, purpose="totp"))
        for subject, email, password_hash, sealed in rows
    ]


def _notices(accounts: list[int]) -> list[NoticeRow]:
    rows = db.session.scalars(select(LogoutNotice).where(LogoutNotice.account_id.in_(accounts)))
    return [NoticeRow(row.sid, row.public_id, row.state) for row in rows]


def _markers(stage: Stage) -> dict[str, set[str]]:
    allowed: dict[str, set[str]] = {}
    for school in stage.schools:
        for approver in (school.approver, *school.deputies):
            allowed[f"approver {approver.marker}"] = school.markers
        for person in (*school.members, *school.leavers, *school.deputies):
            allowed[f"member {person.marker}"] = {person.marker}
            allowed[f"leaver {person.marker}"] = {person.marker}
    return allowed
