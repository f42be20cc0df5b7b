"""Sign-in journeys: created, found, remembered for a page that was left open.

A journey's person never changes; `identity.sign_in.proofs` binds it and finishes it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from flask import redirect, url_for
from sqlalchemy import Select, delete, select
from werkzeug import Response

from app.clock import now
from app.database import writing
from app.database.single_use import rows_changed
from app.journeys import Phase
from app.retention import Expired
from app.web.headers import allow_form_redirect
from identity.access_termination import Termination
from identity.sessions.access import own_page
from identity.sessions.browser_binding import bound_browser
from identity.sessions.browser_journeys import BrowserJourneys
from identity.sessions.models import Session
from identity.sign_in.models import JourneyKind, SignInJourney

# Long enough to find the phone, short enough not to be found by the next person at the desk.
LIFETIME = timedelta(minutes=30)
# For so long after that the journey's purpose is known to the browser that left a page open.
REMEMBERED = timedelta(days=1)
SIGN_INS = BrowserJourneys(
    SignInJourney,
    owner=[SignInJourney.browser_hash],
    kind=SignInJourney.kind,
    expires=SignInJourney.expires_at,
    finished=SignInJourney.finished_at,
)
TOOK_TOO_LONG = "You took longer than 30 minutes. Sign in again to continue."


def begin(
    resume_to: str,
    *,
    caption: str | None = None,
    client_id: str | None = None,
    login_hint: str | None = None,
    cancel_to: str | None = None,
    fresh: bool = False,
    services: Sequence[str] = (),
    ends_at: str | None = None,
) -> Response:
    """Ask the person of this browser to sign in, then continue at `resume_to`, a path of our own.

    caption: the service, shown after "to continue to". client_id: its client. cancel_to: a path of
    our own for a person who cancels. fresh: ask even where a session is active (`prompt=login`,
    `max_age`). services: the services whose terms are asked for after the sign-in, besides the
    platform's. ends_at: the checked redirect URI at which the relying service awaits the person;
    the pages' form-action covers its origin.
    """
    journey = create(
        JourneyKind.SIGN_IN,
        resume_to,
        caption=caption,
        client_id=client_id,
        login_hint=login_hint,
        cancel_to=cancel_to,
        fresh=fresh,
        services=services,
        ends_at=ends_at,
    )
    return redirect(url_for("sign_in.start", journey=journey.public_id), code=303)


def ask_for_terms(
    resume_to: str,
    session: Session,
    *,
    services: Sequence[str] = (),
    caption: str | None = None,
    cancel_to: str | None = None,
    ends_at: str | None = None,
) -> Response:
    """Show the person of this session the terms that are due, then continue at `resume_to`."""
    journey = create(
        JourneyKind.TERMS,
        resume_to,
        account_id=session.account_id,
        caption=caption,
        cancel_to=cancel_to,
        services=services,
        ends_at=ends_at,
    )
    return redirect(url_for("sign_in.terms", journey=journey.public_id), code=303)


def confirm(resume_to: str, session: Session, *, cancel_to: str | None = None) -> SignInJourney:
    """Return a journey in which the person of this session shows both factors once more."""
    return create(
        JourneyKind.CONFIRM,
        resume_to,
        cancel_to=cancel_to,
        account_id=session.account_id,
        confirms_session_id=session.id,
        fresh=True,
    )


def create(
    kind: JourneyKind,
    resume_to: str,
    *,
    account_id: int | None = None,
    confirms_session_id: int | None = None,
    caption: str | None = None,
    client_id: str | None = None,
    login_hint: str | None = None,
    cancel_to: str | None = None,
    fresh: bool = False,
    services: Sequence[str] = (),
    ends_at: str | None = None,
) -> SignInJourney:
    """Store a new journey of this browser; for the parameters see `begin`."""
    if own_page(resume_to) is None or (cancel_to is not None and own_page(cancel_to) is None):
        raise ValueError("a sign-in resumes and cancels at pages of our own")
    return SIGN_INS.begin(
        SignInJourney(
            kind=kind.value,
            browser_hash=bound_browser(),
            # A page of terms is only for a session, which has limits of its own.
            expires_at=now() + (REMEMBERED if kind is JourneyKind.TERMS else LIFETIME),
            resume_to=resume_to,
            cancel_to=cancel_to,
            ends_at=ends_at,
            caption=caption,
            client_id=client_id,
            login_hint=(login_hint or "")[:254] or None,
            fresh=fresh,
            services=list(services),
            account_id=account_id,
            confirms_session_id=confirms_session_id,
            proved=[],
        )
    )


def find(public_id: str | None, *kinds: JourneyKind) -> SignInJourney | None:
    """Return this browser's journey of that id if it is of one of these kinds and still has time.

    A page names the kinds that it accepts, so that no page continues another kind's journey.
    """
    journey = SIGN_INS.find_here(
        public_id, kinds=[kind.value for kind in kinds], phase=Phase.IN_TIME
    )
    if journey is not None and journey.ends_at:
        allow_form_redirect(journey.ends_at)
    return journey


def find_left_open(public_id: str | None, kind: JourneyKind) -> SignInJourney | None:
    """Return this browser's journey of that id whose time is over or which is finished, or None.

    Its page may still be open somewhere. Nothing that was proved in it counts; its purpose does
    (`begin_again`).
    """
    return SIGN_INS.find_here(public_id, kinds=[kind.value], phase=Phase.ENDED)


def keep_mistake(
    journey: SignInJourney, page: str, sentence: str, *, email: str | None = None
) -> None:
    """Store the sentence about a wrong answer for the page that shows it next.

    email: the address that was typed, which the page fills in again.
    """
    values = {"mistake": sentence, "mistake_page": page}
    if email is not None:
        # Databases keep no NUL and no lone surrogate.
        values["login_hint"] = "".join(filter(str.isprintable, email))[:254]
    with writing():
        SIGN_INS.advance(journey.id, **values)


def mistake_on(journey: SignInJourney, page: str) -> str | None:
    """Return the sentence about the last wrong answer where it belongs to this page."""
    return journey.mistake if journey.mistake_page == page else None


def begin_again(journey: SignInJourney) -> SignInJourney:
    """Store another journey with the purpose of this sign-in, for nobody yet, nothing proved."""
    return create(
        JourneyKind.SIGN_IN,
        journey.resume_to,
        caption=journey.caption,
        login_hint=journey.login_hint,
        cancel_to=journey.cancel_to,
        fresh=journey.fresh,
        services=journey.services,
        ends_at=journey.ends_at,
    )


def end_journeys(ending: Termination) -> None:
    """End this person's unfinished journeys (a channel of `end_access`): their proofs are void."""
    if not ending.everything:
        return
    rows_changed(
        delete(SignInJourney).where(
            SignInJourney.account_id == ending.account_id, SignInJourney.finished_at.is_(None)
        )
    )


def under_way() -> Select[int]:
    """Return sign-ins that are not finished, of anybody."""
    return select(SignInJourney.id).where(SIGN_INS.is_open())


def end_all() -> None:
    """End all sign-ins in progress; each begins again."""
    rows_changed(delete(SignInJourney).where(SignInJourney.finished_at.is_(None)))


def expired() -> list[Expired]:
    """Return journeys that no open page needs any more."""
    return [SIGN_INS.expired(REMEMBERED)]
