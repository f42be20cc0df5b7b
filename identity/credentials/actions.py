"""Changes that signed-in people make to their own factors. Each ends all their other sessions.

Each change locks the person's access and their session first (`lock_session`): a session that ended
while its request was under way changes nothing.
"""

from __future__ import annotations

from datetime import timedelta

from app.audit import record
from app.clock import now
from app.database import writing
from app.journeys import Journeys
from app.retention import Expired
from app.vault import decrypt, encrypt
from identity.access_termination import end_access
from identity.accounts.person import actor_of
from identity.credentials import password, recovery_codes, reset, totp
from identity.credentials.factor import ProofAccepted, ProofRejected
from identity.credentials.hashing import hash_password
from identity.credentials.models import RecoveryCodesShown, TotpEnrolment
from identity.credentials.password_context import password_owner
from identity.credentials.set_up_here import announce_set_up
from identity.sessions.active_session import ActiveSession
from identity.sessions.current_session import lock_session

WRONG_CURRENT = "Your current password is incorrect."
_ENROLMENT_LIFETIME = timedelta(minutes=30)
_SHOWN_LIFETIME = timedelta(minutes=30)
_SHOWN_PURPOSE = "recovery codes"
_ENROLMENTS = Journeys(
    TotpEnrolment,
    owner=[TotpEnrolment.session_id],
    expires=TotpEnrolment.expires_at,
    finished=TotpEnrolment.finished_at,
)
_SHOWN_CODES = Journeys(
    RecoveryCodesShown,
    owner=[RecoveryCodesShown.session_id],
    expires=RecoveryCodesShown.expires_at,
)


def change_password(
    session: ActiveSession, confirmed: ProofAccepted | None, password_hash: str
) -> bool:
    """Store the new password; the present session stays, all others end.

    confirmed: None for a person who had no password. False where the password that was confirmed is
    no longer the person's. Raises SessionOver.
    """
    account = session.account
    with writing():
        lock_session(session)
        if confirmed is None:
            is_unchanged = not password.PASSWORD.enrolled(account.id)
        else:
            is_unchanged = password.is_unchanged(account.id, confirmed)
        if not is_unchanged:
            return False
        password.store(account.id, password_hash)
        end_access(account.id, cause="password changed", keep_session=session.id)
        record("password.changed", subject=account.subject)
        reset.send_disavowable(account, "credentials/password_changed", at=now(), by_link=False)
    return True


def replace_password(session: ActiveSession, current: str, chosen: str) -> dict[str, str]:
    """Change the password of the signed-in person, who shows the current one if they have one.

    Return what is wrong, by field; nothing where the password is changed. Raises SessionOver.
    """
    account, wrong = session.account, {}
    confirmed: ProofAccepted | None = None
    if password.PASSWORD.enrolled(account.id):
        shown = password.PASSWORD.prove(account.id, current)
        if isinstance(shown, ProofRejected):
            with writing():
                record("password.confirmation_refused", subject=account.subject)
            wrong["current_password"] = WRONG_CURRENT
        else:
            confirmed = shown
    refusal = password.why_refused(chosen, password_owner(account))
    if refusal is not None:
        wrong["password"] = refusal
    if wrong:
        return wrong
    changed = change_password(session, confirmed, hash_password(chosen))
    return {} if changed else {"current_password": WRONG_CURRENT}


def begin_enrolment(session: ActiveSession) -> TotpEnrolment:
    """Store a fresh secret for another app; the old app stays until the new one is proved.

    Raises SessionOver.
    """
    with writing():
        lock_session(session)
        return _ENROLMENTS.begin(
            TotpEnrolment(
                account_id=session.account_id,
                session_id=session.id,
                sealed_secret=totp.new_sealed_secret(),
                expires_at=now() + _ENROLMENT_LIFETIME,
            )
        )


def find_enrolment(public_id: str | None, session: ActiveSession) -> TotpEnrolment | None:
    """Return the open enrolment of this session, or None."""
    return _ENROLMENTS.find(public_id, session.id)


def prove_enrolment(
    enrolment: TotpEnrolment, session: ActiveSession, answer: str
) -> ProofRejected | None:
    """Replace the person's app by the new one, once that shows a right code. Raises SessionOver."""
    sealed_secret = enrolment.sealed_secret
    step = totp.proves(sealed_secret, answer)
    if isinstance(step, ProofRejected):
        return step
    account = session.account
    with writing():
        lock_session(session)
        if not _ENROLMENTS.finish(
            enrolment.id,
            TotpEnrolment.account_id == account.id,
            TotpEnrolment.session_id == session.id,
            TotpEnrolment.sealed_secret == sealed_secret,
        ):
            return ProofRejected(totp.USED)
        change = totp.change_of(account.id)
        totp.store(account.id, sealed_secret, step)
        announce_set_up(session, totp.TOTP.name)
        end_access(account.id, cause="second step changed", keep_session=session.id)
        record("totp.changed", subject=account.subject)
        reset.send_disavowable(
            account, "credentials/second_step_changed", change=change, at=now(), codes=False
        )
    return None


def make_recovery_codes(session: ActiveSession, *, continue_to: str, announce: bool) -> str:
    """Replace the person's recovery codes; return the id of the page that shows the new ones.

    announce: false for the first codes, on joining; true mails the person and ends their other
    sessions. Raises SessionOver.
    """
    account = session.account
    with writing():
        lock_session(session)
        codes = recovery_codes.replace(account.id)
        shown = _SHOWN_CODES.begin(
            RecoveryCodesShown(
                account_id=account.id,
                session_id=session.id,
                sealed_codes=encrypt("\n".join(codes), purpose=_SHOWN_PURPOSE),
                continue_to=continue_to,
                expires_at=now() + _SHOWN_LIFETIME,
            )
        )
        record("recovery_codes.made", actor=actor_of(account), subject=account.subject)
        if announce:
            end_access(account.id, cause="second step changed", keep_session=session.id)
            reset.send_disavowable(
                account,
                "credentials/second_step_changed",
                change=recovery_codes.MADE,
                at=now(),
                codes=True,
            )
    return shown.public_id


def shown_codes(
    public_id: str, session: ActiveSession
) -> tuple[RecoveryCodesShown, list[str]] | None:
    """Return codes that this session has just made and not yet put away."""
    shown = _SHOWN_CODES.find(public_id, session.id)
    if shown is None:
        return None
    return shown, decrypt(shown.sealed_codes, purpose=_SHOWN_PURPOSE).split("\n")


def codes_saved(shown_id: int) -> None:
    """Record that the owner has saved the codes: they are shown no more."""
    with writing():
        _SHOWN_CODES.finish(shown_id)


def expired_enrolments() -> list[Expired]:
    """Return enrolments and shown codes whose time is over."""
    return [_SHOWN_CODES.expired(), _ENROLMENTS.expired()]
