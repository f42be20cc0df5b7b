"""Changes that signed-in people make to their passkeys.

Adding and removing end all other sessions of the person, and mail them. Each change locks the
person's access and their session first (`lock_session`).
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from app.audit import record
from app.clock import now
from app.database import db, writing
from app.identifiers import new_secret
from app.journeys import Journeys
from app.refusal import Refusal, RefusalError
from app.retention import Expired
from app.typed_text import clean_text
from identity.access_termination import end_access
from identity.credentials import passkeys, registry, reset, webauthn_ceremonies
from identity.credentials.models import Passkey, PasskeyEnrolment
from identity.credentials.passkeys import LONGEST_NAME, MOST, PASSKEY
from identity.credentials.set_up_here import announce_set_up
from identity.sessions.actions import StartedSession, start_session
from identity.sessions.active_session import ActiveSession
from identity.sessions.browser import Browser
from identity.sessions.current_session import lock_session

NAME = "Name"
FULL = Refusal(
    "full", f"You have {MOST} passkeys, which is the most. Remove one before you add another."
)
TAKEN = Refusal("taken", "This passkey is set up already.")
OVER = Refusal("over", "You took too long, or used this page twice. Try again.")
LAST = Refusal(
    "last",
    "This is the only way you can sign in. Add another passkey, or set up a password and an "
    "authenticator app, before you remove it.",
)
_LIFETIME = timedelta(minutes=10)
_ENROLMENTS = Journeys(
    PasskeyEnrolment,
    owner=[PasskeyEnrolment.session_id],
    expires=PasskeyEnrolment.expires_at,
    finished=PasskeyEnrolment.finished_at,
)


def begin_enrolment(session: ActiveSession, *, continue_to: str) -> PasskeyEnrolment:
    """Store a challenge for a new passkey, and the page that follows. Raises SessionOver."""
    with writing():
        lock_session(session)
        passkeys.handle_of(session.account_id)
        return _ENROLMENTS.begin(
            PasskeyEnrolment(
                account_id=session.account_id,
                session_id=session.id,
                challenge=new_secret(),
                continue_to=continue_to,
                expires_at=now() + _LIFETIME,
            )
        )


def find_enrolment(public_id: str | None, session: ActiveSession) -> PasskeyEnrolment | None:
    """Return the open enrolment of this session, or None."""
    return _ENROLMENTS.find(public_id, session.id)


def options(enrolment: PasskeyEnrolment, session: ActiveSession) -> webauthn_ceremonies.Options:
    """Return what the browser needs to make the passkey."""
    account = session.account
    handle = passkeys.handle_found(account.id)
    existing = [each.credential_id for each in passkeys.passkeys_of(account.id)]
    return webauthn_ceremonies.creation_options(
        enrolment.challenge, handle or "", account.email, account.name, existing
    )


def add_passkey(
    enrolment: PasskeyEnrolment,
    session: ActiveSession,
    name: str,
    answer: str,
    browser: Browser,
) -> StartedSession:
    """Store the passkey that the browser made, and raise the session to the level of a passkey.

    The session needs a fresh sign-in: the user verification of the registration is added to it
    (record 0039). Raises RefusalError, SessionOver.
    """
    shown_name = clean_text(name, NAME, LONGEST_NAME)
    credential = webauthn_ceremonies.check_registration(answer, enrolment.challenge)
    made = passkeys.evidence_of_registration(credential)
    with writing():
        account = lock_session(session)
        if not _ENROLMENTS.finish(enrolment.id, PasskeyEnrolment.account_id == account.id):
            raise RefusalError(OVER)
        if passkeys.count(account.id) >= MOST:
            raise RefusalError(FULL)
        passkey = passkeys.store(account.id, credential, shown_name)
        if passkey is None:
            raise RefusalError(TAKEN)
        end_access(account.id, cause="second step changed", keep_session=session.id)
        record("passkey.added", subject=account.subject, passkey=passkey.public_id)
        announce_set_up(session, PASSKEY.name)
        reset.send_disavowable(
            account,
            "credentials/passkey_changed",
            change=passkeys.change_added(passkey),
            at=now(),
            passkey=passkey.name,
            added=True,
        )
        return start_session(
            account,
            browser,
            amr=tuple(dict.fromkeys([*session.amr, *registry.amr([made])])),
            acr=registry.acr([made]),
            known_device_id=session.known_device_id,
        )


def find_passkey(public_id: str, session: ActiveSession) -> Passkey | None:
    """Return the passkey of that id if it is the person's, else None."""
    found: Passkey | None = db.session.scalar(
        select(Passkey).where(
            Passkey.public_id == public_id, Passkey.account_id == session.account_id
        )
    )
    return found


def rename_passkey(public_id: str, session: ActiveSession, name: str) -> bool:
    """Give the passkey another name; False where the person has none of that id.

    Raises RefusalError, SessionOver.
    """
    shown_name = clean_text(name, NAME, LONGEST_NAME)
    with writing():
        lock_session(session)
        passkey = find_passkey(public_id, session)
        if passkey is None:
            return False
        passkey.name = shown_name
        record("passkey.renamed", subject=session.account.subject, passkey=public_id)
    return True


def remove_passkey(public_id: str, session: ActiveSession) -> bool:
    """Remove the passkey, unless its owner could not sign in without it.

    False where the person has none of that id. Raises RefusalError, SessionOver.
    """
    account = session.account
    with writing() as database:
        lock_session(session)
        passkey = find_passkey(public_id, session)
        if passkey is None:
            return False
        if is_last_way_in(passkey):
            raise RefusalError(LAST)
        change, name = passkeys.change_removed(passkey), passkey.name
        database.delete(passkey)
        end_access(account.id, cause="second step changed", keep_session=session.id)
        record("passkey.removed", subject=account.subject, passkey=public_id)
        reset.send_disavowable(
            account,
            "credentials/passkey_changed",
            change=change,
            at=now(),
            passkey=name,
            added=False,
        )
    return True


def is_last_way_in(passkey: Passkey) -> bool:
    """Return whether the person could not sign in completely without this passkey.

    Recovery codes are no way in of their own: they run out.
    """
    if passkeys.count(passkey.account_id) > 1:
        return False
    return not registry.has_lasting_way_in(passkey.account_id, without=PASSKEY)


def expired_enrolments() -> list[Expired]:
    """Return enrolments whose time is over."""
    return [_ENROLMENTS.expired()]
