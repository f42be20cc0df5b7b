"""The sign-in journey of the present request, and the redirects that begin one."""

from __future__ import annotations

from collections.abc import Sequence

from flask import redirect, request, url_for
from werkzeug import Response

from app.clock import now
from app.web.headers import allow_form_redirect
from identity.ports import approvals
from identity.sessions.access import own_page
from identity.sessions.active_session import ActiveSession
from identity.sessions.current_browser import bound_browser, current_browser
from identity.sessions.current_session import current
from identity.sessions.levels import ONE_FACTOR
from identity.sign_in import journeys, terms
from identity.sign_in.models import JourneyKind, JourneySnapshot


def begin(
    resume_to: str,
    *,
    caption: str | None = None,
    client_id: str | None = None,
    login_hint: str | None = None,
    cancel_to: str | None = None,
    fresh: bool = False,
    minimum_acr: str = ONE_FACTOR,
    own_factors: bool = False,
    services: Sequence[str] = (),
    ends_at: str | None = None,
) -> Response:
    """Ask the person of this browser to sign in, then continue at `resume_to`.

    For the parameters see `journeys.create`. Raises TooManyRequests.
    """
    public_id = journeys.create(
        JourneyKind.SIGN_IN,
        resume_to,
        bound_browser(),
        caption=caption,
        client_id=client_id,
        login_hint=login_hint,
        cancel_to=cancel_to,
        fresh=fresh,
        minimum_acr=minimum_acr,
        own_factors=own_factors,
        services=services,
        ends_at=ends_at,
    )
    return redirect(url_for("sign_in.start", journey=public_id), code=303)


def ask_for_terms(
    resume_to: str,
    session: ActiveSession,
    *,
    services: Sequence[str] = (),
    caption: str | None = None,
    cancel_to: str | None = None,
    ends_at: str | None = None,
) -> Response:
    """Show the person of this session the terms that are due, then continue at `resume_to`."""
    public_id = journeys.create(
        JourneyKind.TERMS,
        resume_to,
        bound_browser(),
        account_id=session.account_id,
        caption=caption,
        cancel_to=cancel_to,
        services=services,
        ends_at=ends_at,
    )
    return redirect(url_for("sign_in.terms", journey=public_id), code=303)


def find_journey(*kinds: JourneyKind) -> JourneySnapshot | None:
    """Return the journey that the request names, as `journeys.find` does.

    The form of the page may end at the relying service that awaits the person.
    """
    return _with_its_redirect(journeys.find(_journey_id(), current_browser(), *kinds))


def find_for_terms(session: ActiveSession) -> JourneySnapshot | None:
    """Return the journey that the request names, as `journeys.find_for_terms` does."""
    return _with_its_redirect(journeys.find_for_terms(_journey_id(), current_browser(), session))


def _with_its_redirect(journey: JourneySnapshot | None) -> JourneySnapshot | None:
    if journey is not None and journey.ends_at:
        allow_form_redirect(journey.ends_at)
    return journey


def find_left_open(kind: JourneyKind) -> JourneySnapshot | None:
    """Return the journey that the request names, as `journeys.find_left_open` does."""
    return journeys.find_left_open(_journey_id(), current_browser(), kind)


def find_purpose() -> JourneySnapshot | None:
    """Return the sign-in that the request names, as `journeys.find_purpose` does."""
    return journeys.find_purpose(_journey_id(), current_browser(), JourneyKind.SIGN_IN)


def begin_confirmation(session: ActiveSession) -> Response:
    """Ask the person of this session for both factors, then continue at `next` or home.

    The address names a page that was left open, or `next` and `cancel`.
    """
    left_open = find_left_open(JourneyKind.CONFIRM)
    if left_open is not None:
        back, cancel_to = own_page(left_open.resume_to), left_open.cancel_to
    else:
        back, cancel_to = own_page(request.args.get("next")), own_page(request.args.get("cancel"))
    public_id = journeys.confirm(
        back or approvals().home(), session, bound_browser(), cancel_to=cancel_to
    )
    return redirect(url_for("sign_in.confirm", journey=public_id), code=303)


def onwards(journey: JourneySnapshot) -> Response:
    """Lead the person who has signed in to the terms that are due, or to where they were."""
    session = current()
    if session is not None and terms.are_due(session, journey.services, now()):
        return redirect(url_for("sign_in.terms", journey=journey.public_id), code=303)
    return redirect(journey.resume_to, code=303)


def _journey_id() -> str | None:
    return request.args.get("journey")
