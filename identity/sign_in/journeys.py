"""Beginning, finding and finishing a sign-in journey."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from flask import redirect, url_for
from sqlalchemy import Select, delete, select, update
from sqlalchemy.orm import Session as DatabaseSession
from werkzeug import Response

from app.clock import now
from app.database import db, writing
from app.web.headers import allow_form_redirect
from identity.anonymous_rows import admit_row
from identity.sessions.access import own_page
from identity.sessions.browser import bound_browser, browser_hash
from identity.sessions.ending import Ending
from identity.sessions.models import Session
from identity.sign_in.models import SignInJourney
from identity.statements import rows_changed

# Long enough to find the phone, short enough not to be found by the next person at the desk.
LIFETIME = timedelta(minutes=30)


def begin(
    resume_to: str,
    *,
    caption: str | None = None,
    login_hint: str | None = None,
    cancel_to: str | None = None,
    fresh: bool = False,
    services: Sequence[str] = (),
    ends_at: str | None = None,
) -> Response:
    """Ask the person of this browser to sign in, then go on at `resume_to`, a path of our own.

    caption: the service, shown behind "to continue to". cancel_to: a path of our own for who
    cancels. fresh: ask even where
    a session stands (`prompt=login`, `max_age`). services: whose terms are asked for after the
    sign-in besides the platform's. ends_at: the checked redirect URI at which the relying service
    awaits the person; the pages' form-action covers its origin.
    """
    journey = create(
        resume_to,
        caption=caption,
        login_hint=login_hint,
        cancel_to=cancel_to,
        fresh=fresh,
        services=services,
        ends_at=ends_at,
    )
    return redirect(url_for("sign_in.start", journey=journey.public_id), code=303)


def ask_for_terms(
    resume_to: str,
    *,
    services: Sequence[str] = (),
    caption: str | None = None,
    cancel_to: str | None = None,
    ends_at: str | None = None,
) -> Response:
    """Show the signed-in person the terms that are due, then go on at `resume_to`."""
    journey = create(
        resume_to, caption=caption, cancel_to=cancel_to, services=services, ends_at=ends_at
    )
    return redirect(url_for("sign_in.terms", journey=journey.public_id), code=303)


def confirm(resume_to: str, session: Session) -> SignInJourney:
    """A journey in which the person of this session shows both factors once more."""
    return create(resume_to, fresh=True, confirms=session)


def create(
    resume_to: str,
    *,
    caption: str | None = None,
    login_hint: str | None = None,
    cancel_to: str | None = None,
    fresh: bool = False,
    services: Sequence[str] = (),
    ends_at: str | None = None,
    confirms: Session | None = None,
) -> SignInJourney:
    """The row of a new journey; see `begin`."""
    if own_page(resume_to) is None or (cancel_to is not None and own_page(cancel_to) is None):
        raise ValueError("a sign-in resumes and cancels at pages of our own")
    admit_row()
    with writing() as session:
        journey = SignInJourney(
            browser_hash=bound_browser(),
            expires_at=now() + LIFETIME,
            resume_to=resume_to,
            cancel_to=cancel_to,
            ends_at=ends_at,
            caption=caption,
            login_hint=(login_hint or "")[:254] or None,
            fresh=fresh,
            services=list(services),
            account_id=confirms.account_id if confirms else None,
            confirms_session_id=confirms.id if confirms else None,
            proved=[],
        )
        session.add(journey)
        session.flush()
    return journey


def find(public_id: str | None) -> SignInJourney | None:
    """The journey of that id where it is this browser's and still has time."""
    browser = browser_hash()
    if not public_id or browser is None:
        return None
    journey: SignInJourney | None = db.session.scalar(
        select(SignInJourney).where(
            SignInJourney.public_id == public_id,
            SignInJourney.browser_hash == browser,
            SignInJourney.expires_at > now(),
        )
    )
    if journey is not None and journey.ends_at:
        allow_form_redirect(journey.ends_at)
    return journey


def claim(journey: SignInJourney) -> bool:
    """Finish the journey, inside `writing()`; False where somebody was faster."""
    claimed = rows_changed(
        update(SignInJourney)
        .where(SignInJourney.id == journey.id, SignInJourney.finished_at.is_(None))
        .values(finished_at=now())
    )
    return claimed == 1


def end_journeys(ending: Ending) -> None:
    """The half-signed-in's channel of `end_access`: a password shown before counts no more."""
    if not ending.everything:
        return
    db.session.execute(
        delete(SignInJourney).where(
            SignInJourney.account_id == ending.account_id, SignInJourney.finished_at.is_(None)
        )
    )


def under_way() -> Select[int]:
    """Sign-ins that are not finished, of anybody."""
    return select(SignInJourney.id).where(
        SignInJourney.finished_at.is_(None), SignInJourney.expires_at > now()
    )


def end_all() -> None:
    """Everybody who was signing in begins again."""
    rows_changed(delete(SignInJourney).where(SignInJourney.finished_at.is_(None)))


def purge_journeys(_session: DatabaseSession) -> int:
    """Journeys whose time is over."""
    return rows_changed(delete(SignInJourney).where(SignInJourney.expires_at < now()))
