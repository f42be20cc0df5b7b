"""Sign-in journeys: created, found, remembered for a page that was left open.

A journey's person never changes; `identity.sign_in.proofs` binds it and finishes it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import Select, delete, insert, select

from app.clock import now
from app.database import CompiledStatement, commit_unit, is_writing, writing
from app.database.single_use import rows_changed
from app.identifiers import new_id
from app.journeys import Journeys, Phase
from app.retention import Expired
from identity.access_termination import Termination
from identity.credentials import registry
from identity.sessions.access import own_page
from identity.sessions.active_session import ActiveSession
from identity.sessions.anonymous_rows import admit_row
from identity.sessions.browser import Browser
from identity.sessions.levels import ONE_FACTOR
from identity.sign_in.models import JourneyKind, JourneySnapshot, SignInJourney

# Long enough to find the phone, short enough not to be found by the next person at the desk.
LIFETIME = timedelta(minutes=30)
# For so long after that the journey's purpose is known to the browser that left a page open.
REMEMBERED = timedelta(days=1)
SIGN_INS = Journeys(
    SignInJourney,
    owner=[SignInJourney.browser_hash],
    kind=SignInJourney.kind,
    expires=SignInJourney.expires_at,
    finished=SignInJourney.finished_at,
)
_INSERT = CompiledStatement(insert(SignInJourney))
TOOK_TOO_LONG = "You took longer than 30 minutes. Sign in again to continue."


def confirm(
    resume_to: str, session: ActiveSession, browser: Browser, *, cancel_to: str | None = None
) -> str:
    """Store a journey in which the person of this session shows both factors once more.

    Return its public id.
    """
    return create(
        JourneyKind.CONFIRM,
        resume_to,
        browser,
        cancel_to=cancel_to,
        account_id=session.account_id,
        confirms_session_id=session.id,
        fresh=True,
    )


def create(
    kind: JourneyKind,
    resume_to: str,
    browser: Browser,
    *,
    account_id: int | None = None,
    confirms_session_id: int | None = None,
    caption: str | None = None,
    client_id: str | None = None,
    login_hint: str | None = None,
    cancel_to: str | None = None,
    fresh: bool = False,
    minimum_acr: str = ONE_FACTOR,
    own_factors: bool = False,
    services: Sequence[str] = (),
    ends_at: str | None = None,
) -> str:
    """Store a new journey of the browser and return its public id.

    resume_to: the path of our own at which it continues.

    caption: the service, shown after "to continue to". client_id: its client. cancel_to: a path of
    our own for a person who cancels. fresh: ask even where a session is active (`prompt=login`,
    `max_age`). minimum_acr: the level to reach. own_factors: whether only factors of the account
    count, no organisation's provider. services: the services whose terms are asked for after the
    sign-in, besides the platform's. ends_at: the checked redirect URI at which the relying service
    awaits the person; the pages' form-action covers its origin. Raises TooManyRequests.
    """
    if own_page(resume_to) is None or (cancel_to is not None and own_page(cancel_to) is None):
        raise ValueError("a sign-in resumes and cancels at pages of our own")
    admit_row(browser)
    challenge, challenge_of = _first_challenge(kind, account_id)
    public_id = new_id()
    added = _INSERT.with_values(
        public_id=public_id,
        kind=kind.value,
        browser_hash=browser.secret_hash,
        # A page of terms is only for a session, which has limits of its own.
        expires_at=now() + (REMEMBERED if kind is JourneyKind.TERMS else LIFETIME),
        resume_to=resume_to,
        cancel_to=cancel_to,
        ends_at=ends_at,
        caption=caption,
        client_id=client_id,
        login_hint=(login_hint or "")[:254] or None,
        fresh=fresh,
        minimum_acr=minimum_acr,
        services=list(services),
        account_id=account_id,
        confirms_session_id=confirms_session_id,
        own_factors=own_factors,
        challenge=challenge,
        challenge_of=challenge_of,
        challenges_made=0 if challenge is None else 1,
        proved=[],
    )
    if is_writing():
        added.run()
    else:
        commit_unit(added)
    return public_id


def _first_challenge(
    kind: JourneyKind, account_id: int | None
) -> tuple[str, str] | tuple[None, None]:
    """Return the challenge that the form on the first page shows, and its factor, if any."""
    offered = registry.whole_sign_in()
    if kind is JourneyKind.TERMS or offered is None or not offered[0].has_challenge:
        return None, None
    factor, _ = offered
    return factor.challenge(account_id), factor.name


def find(public_id: str | None, browser: Browser, *kinds: JourneyKind) -> JourneySnapshot | None:
    """Return the browser's journey of that id if it is of one of these kinds and still has time.

    A page names the kinds that it accepts, so that no page continues another kind's journey.
    """
    return _read(public_id, browser, kinds, Phase.IN_TIME)


def find_for_terms(
    public_id: str | None, browser: Browser, session: ActiveSession
) -> JourneySnapshot | None:
    """Return the browser's journey of that id on which the session's person accepts terms.

    That is a sign-in that they have finished, or a journey for terms alone.
    """
    journey = _read(public_id, browser, tuple(JourneyKind), Phase.ANY)
    if journey is None or journey.account_id != session.account_id:
        return None
    for_terms_alone = journey.kind == JourneyKind.TERMS and journey.expires_at > now()
    return journey if for_terms_alone or journey.finished_at is not None else None


def find_left_open(
    public_id: str | None, browser: Browser, kind: JourneyKind
) -> JourneySnapshot | None:
    """Return the browser's journey of that id whose time is over or which is finished, or None.

    Its page may still be open somewhere. Nothing that was proved in it counts; its purpose does
    (`begin_again`).
    """
    return _read(public_id, browser, [kind], Phase.ENDED)


def find_purpose(
    public_id: str | None, browser: Browser, kind: JourneyKind
) -> JourneySnapshot | None:
    """Return the browser's journey of that id, whether it is over or not, or None (`reopened`)."""
    return _read(public_id, browser, [kind], Phase.ANY)


def _read(
    public_id: str | None, browser: Browser, kinds: Sequence[JourneyKind], phase: Phase
) -> JourneySnapshot | None:
    named = [kind.value for kind in kinds]
    row = SIGN_INS.read(public_id, browser.secret_hash, kinds=named, phase=phase)
    return None if row is None else JourneySnapshot.from_row(row)


def keep_hint(journey_id: int, email: str) -> None:
    """Store the address that was typed, which the pages fill in again."""
    with writing():
        SIGN_INS.advance(journey_id, login_hint=_printable(email))


def keep_mistake(journey_id: int, page: str, sentence: str, *, email: str | None = None) -> None:
    """Store the sentence about a wrong answer for the page that shows it next.

    email: the address that was typed, which the page fills in again.
    """
    values = {"mistake": sentence, "mistake_page": page}
    if email is not None:
        values["login_hint"] = _printable(email)
    with writing():
        SIGN_INS.advance(journey_id, **values)


def _printable(email: str) -> str:
    # Databases keep no NUL and no lone surrogate.
    return "".join(filter(str.isprintable, email))[:254]


def mistake_on(journey: JourneySnapshot, page: str) -> str | None:
    """Return the sentence about the last wrong answer where it belongs to this page."""
    return journey.mistake if journey.mistake_page == page else None


def begin_again(journey: JourneySnapshot, browser: Browser) -> JourneySnapshot:
    """Store another journey with the purpose of this sign-in, for nobody yet, nothing proved."""
    public_id = create(
        JourneyKind.SIGN_IN,
        journey.resume_to,
        browser,
        caption=journey.caption,
        login_hint=journey.login_hint,
        cancel_to=journey.cancel_to,
        fresh=journey.fresh,
        minimum_acr=journey.minimum_acr,
        own_factors=journey.own_factors,
        services=journey.services,
        ends_at=journey.ends_at,
    )
    another = _read(public_id, browser, [JourneyKind.SIGN_IN], Phase.ANY)
    if another is None:
        raise LookupError(f"no journey {public_id}")
    return another


def begin_again_late(journey: JourneySnapshot, browser: Browser, page: str) -> JourneySnapshot:
    """Begin the sign-in again for a person whose page outlived it, and explain that on `page`."""
    with writing():
        another = begin_again(journey, browser)
        if journey.finished_at is None:
            keep_mistake(another.id, page, TOOK_TOO_LONG)
    return another


def reopened(journey: JourneySnapshot, browser: Browser) -> JourneySnapshot:
    """Return the sign-in if it is open, else another with its purpose."""
    is_open = journey.finished_at is None and journey.expires_at > now()
    return journey if is_open else begin_again(journey, browser)


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
