"""The steps of a sign-in: password, second factor, session. Gather, decide, apply."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select

from app.actors import ANONYMOUS
from app.audit import record
from app.clock import now
from app.database import db, writing
from app.outbox import send_mail
from app.web.request import client_network
from identity.accounts.email import email_key
from identity.accounts.models import Account
from identity.credentials import catalogue, reset
from identity.credentials.factor import Factor, NotProved, Proved
from identity.credentials.password import PASSWORD, WRONG
from identity.credentials.recovery_codes import RECOVERY_CODE, remaining
from identity.ports import approvals
from identity.sessions import actions as sessions
from identity.sessions.browser import browser_hash
from identity.sessions.lookup import current, person
from identity.sessions.models import Session
from identity.sign_in import devices, journeys, throttle
from identity.sign_in.models import SignInJourney


@dataclass(frozen=True)
class Wait:
    """Too many wrong tries: the next one counts only after this time."""

    time: timedelta

    @property
    def seconds(self) -> int:
        return max(1, int(self.time.total_seconds() + 0.999))

    @property
    def minutes(self) -> int:
        return -(-self.seconds // 60)


@dataclass(frozen=True)
class Addressee:
    """Whose address was entered. Plain values: an entity would be read anew after each commit,
    and the time of those reads would tell whether there is somebody."""

    id: int
    subject: str
    active: bool


class JourneyOver(Exception):
    """The journey ended meanwhile: finished in another tab, or its person was suspended."""


def prove_password(journey: SignInJourney, email: str, password: str) -> Proved | NotProved | Wait:
    """The first step. Unknown, suspended and not yet joined people cost and answer the same."""
    account, key = _addressed(email)
    attempt = throttle.password_attempt(
        key,
        client_network(),
        device=devices.known_device(account.id if account else None),
        reset=reset.used_in_browser(account.id if account else None, browser_hash()),
    )
    return _first_step(journey, account, password, attempt)


def confirm_password(journey: SignInJourney, password: str) -> Proved | NotProved | Wait:
    """The first step of a signed-in person who is asked once more."""
    session = current()
    if session is None or session.id != journey.confirms_session_id:
        raise JourneyOver
    account = session.account
    addressee = Addressee(account.id, account.subject, account.active)
    return _first_step(journey, addressee, password, throttle.confirmation_attempt(session.id))


def prove_second_factor(
    journey: SignInJourney, factor: Factor, answer: str
) -> Session | NotProved | Wait:
    """The second step; with it the session begins, in the same transaction."""
    if journey.account_id is None or PASSWORD.name not in journey.proved:
        raise JourneyOver
    account_id = journey.account_id
    attempt = throttle.code_attempt(account_id, device=devices.known_device(account_id))
    wait = throttle.admit(attempt)
    if wait:
        return Wait(wait)
    with writing():
        outcome = factor.prove(account_id, answer)
        if isinstance(outcome, NotProved):
            _second_step_refused(account_id, factor, outcome, attempt)
            return outcome
        throttle.give_back(attempt)
        return _complete(journey, factor)


def begin_session(account: Account, proved: list[Factor], services: list[str]) -> Session:
    """Sign this browser in as the person who showed these factors, inside `writing()`."""
    first = account.last_signed_in_at is None
    device, was_known = devices.remember(account.id)
    awaiting = bool(approvals().terms_due(account, None, now(), newly=False))
    session = sessions.start(
        account,
        amr=catalogue.amr(proved),
        acr=catalogue.acr(proved),
        known_device_id=device,
        awaiting_terms=awaiting,
    )
    record(
        "sign_in.succeeded",
        actor=person(account),
        subject=account.subject,
        sid=session.sid,
        amr=list(session.amr),
        acr=session.acr,
        services=services,
        network=session.network,
        new_device=not was_known,
    )
    if not was_known and not first:
        send_mail(
            to=account.email,
            template="credentials/new_device",
            context={
                "name": account.name,
                "at": session.auth_time,
                "device": session.browser,
                "link": reset.disavowal_path(account),
            },
        )
    return session


def _addressed(email: str) -> tuple[Addressee | None, str]:
    try:
        key = email_key(email)
    except ValueError:
        # No address: the same work is done for nobody, and counted under what was typed.
        return None, email[:254]
    row = db.session.execute(
        select(Account.id, Account.subject, Account.joined_at, Account.suspended_at).where(
            Account.email_key == key
        )
    ).first()
    if row is None:
        return None, key
    active = row.joined_at is not None and row.suspended_at is None
    return Addressee(row.id, row.subject, active), key


def _first_step(
    journey: SignInJourney, account: Addressee | None, password: str, attempt: throttle.Attempt
) -> Proved | NotProved | Wait:
    wait = throttle.admit(attempt)
    if wait:
        return Wait(wait)
    outcome = PASSWORD.prove(account.id if account else None, password)
    if isinstance(outcome, Proved) and (account is None or not account.active):
        outcome = NotProved(WRONG)
    if isinstance(outcome, NotProved) or account is None:
        _first_step_refused(account, attempt)
        return NotProved(WRONG)
    with writing():
        throttle.give_back(attempt)
        journey.account_id = account.id
        journey.proved = [PASSWORD.name]
    return outcome


def _first_step_refused(account: Addressee | None, attempt: throttle.Attempt) -> None:
    reason = "not right" if account is None or account.active else "suspended or not joined"
    with writing():
        throttle.failed(attempt)
        record(
            "sign_in.password_refused",
            actor=ANONYMOUS,
            subject=account.subject if account else None,
            reason=reason,
            network=client_network(),
        )
        _note_wait("password", account.subject if account else None, attempt)


def _second_step_refused(
    account_id: int, factor: Factor, outcome: NotProved, attempt: throttle.Attempt
) -> None:
    if not outcome.counts:
        throttle.give_back(attempt)
        return
    account = db.session.get_one(Account, account_id)
    throttle.failed(attempt)
    record(
        "sign_in.code_refused",
        actor=ANONYMOUS,
        subject=account.subject,
        factor=factor.name,
        network=client_network(),
    )
    _note_wait("second step", account.subject, attempt)


def _note_wait(step: str, subject: str | None, attempt: throttle.Attempt) -> None:
    seconds = int(throttle.pending(attempt).total_seconds())
    if seconds:
        record(
            "sign_in.throttled",
            actor=ANONYMOUS,
            subject=subject,
            step=step,
            seconds=seconds,
            network=client_network(),
        )


def _complete(journey: SignInJourney, second: Factor) -> Session:
    if not journeys.claim(journey):
        raise JourneyOver
    account = db.session.get_one(Account, journey.account_id, populate_existing=True)
    if not account.active:
        raise JourneyOver
    proved = [*(catalogue.factor(name) for name in journey.proved), second]
    if journey.confirms_session_id is not None:
        session = _renew(journey, account, proved)
    else:
        session = begin_session(account, proved, journey.services)
    if second is RECOVERY_CODE:
        send_mail(
            to=account.email,
            template="credentials/recovery_code_used",
            context={"name": account.name, "at": now(), "remaining": remaining(account.id)},
        )
    return session


def _renew(journey: SignInJourney, account: Account, proved: list[Factor]) -> Session:
    session = current()
    if session is None or session.id != journey.confirms_session_id:
        raise JourneyOver
    session = sessions.start(
        account,
        amr=catalogue.amr(proved),
        acr=catalogue.acr(proved),
        known_device_id=session.known_device_id,
        awaiting_terms=session.awaiting_terms,
    )
    record("sign_in.confirmed", actor=person(account), subject=account.subject, sid=session.sid)
    return session
