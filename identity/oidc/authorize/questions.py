"""What may have to be asked before a code is given, in the order in which it is asked.

QUESTIONS is the whole list. Each says when it is open, what a client with `prompt=none` is told
instead (OpenID Connect Core, 3.1.2.6), and how it is asked. Asked questions come back to the
resumed request, where the list is gone through from its top again: an answer that does not hold
opens its question once more, and nothing is skipped by coming in through the middle.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from flask import url_for
from werkzeug import Response
from werkzeug.utils import redirect

from app.clock import is_within
from identity import sign_in
from identity.oidc import levels
from identity.oidc.authorize import pending
from identity.oidc.authorize.visit import Visit
from identity.oidc.errors import (
    AccessDenied,
    AuthorizationError,
    InteractionRequired,
    LoginRequired,
    UnmetAuthentication,
)
from identity.oidc.subjects import subject_for


@dataclass(frozen=True)
class Question:
    """`open` may raise an AuthorizationError where asking again would not help."""

    open: Callable[[Visit], bool]
    silently: type[AuthorizationError]
    ask: Callable[[Visit], Response]


def nobody_is_signed_in(visit: Visit) -> bool:
    return visit.session_or_none is None


def sign_in_is_too_old(visit: Visit) -> bool:
    """prompt=login, max_age, and prompt=select_account where there is nothing else to select."""
    if visit.signed_in_for_this:
        return False
    if "login" in visit.asked.prompts:
        return True
    if "select_account" in visit.asked.prompts and len(visit.open_entrances) < 2:
        return True
    age = visit.asked.max_age
    return age is not None and not is_within(timedelta(seconds=age), visit.session.auth_time)


def somebody_else_is_signed_in(visit: Visit) -> bool:
    expected = visit.asked.expected_subject
    if expected is None:
        return False
    if subject_for(visit.asked.client, visit.session.account.subject) == expected:
        return False
    if visit.signed_in_for_this:
        raise LoginRequired("Another person than the one hinted at has signed in")
    return True


def second_factor_is_missing(visit: Visit) -> bool:
    return levels.rank(visit.session.acr) < levels.rank(levels.TWO_FACTORS)


def level_is_too_low(visit: Visit) -> bool:
    reached, asked = visit.session.acr, visit.asked
    if not levels.needs_step_up(asked.acr_values, reached):
        return False
    if not visit.signed_in_for_this:
        return True
    if asked.acr_essential:
        raise UnmetAuthentication
    return False


def no_way_in(visit: Visit) -> bool:
    """The person may not enter this service through any organisation, or not be here at all."""
    if not visit.session.account.active:
        return True
    return visit.asked.client.service is not None and not visit.open_entrances


def organisation_is_not_chosen(visit: Visit) -> bool:
    return bool(visit.open_entrances) and visit.organisation is None


def terms_are_not_accepted(visit: Visit) -> bool:
    return bool(visit.terms_due)


def _ask_to_sign_in(visit: Visit) -> Response:
    request = pending.stored(visit)
    return sign_in.begin(
        pending.address(request),
        caption=visit.asked.client.name,
        client_id=visit.asked.client.client_id,
        login_hint=visit.asked.parameters.get("login_hint") or _address_of_signed_in(visit),
        cancel_to=pending.cancel_address(request),
        fresh=visit.session_or_none is not None,
        services=_services(visit),
        ends_at=visit.asked.redirect_uri,
    )


def _address_of_signed_in(visit: Visit) -> str | None:
    """The address of the person who is asked to sign in again; None where it may be another's."""
    if visit.session_or_none is None or "select_account" in visit.asked.prompts:
        return None
    expected, account = visit.asked.expected_subject, visit.session.account
    if expected is not None and subject_for(visit.asked.client, account.subject) != expected:
        return None
    return account.email


def _show_no_access(visit: Visit) -> Response:
    pending.refuse(visit)
    return redirect(url_for("oidc.no_access", client_id=visit.asked.client.client_id), 303)


def _ask_for_organisation(visit: Visit) -> Response:
    request = pending.stored(visit)
    return redirect(url_for("oidc.choose_organisation", request_id=request.public_id), 303)


def _ask_for_terms(visit: Visit) -> Response:
    request = pending.stored(visit)
    return sign_in.ask_for_terms(
        pending.address(request),
        visit.session,
        services=_services(visit),
        caption=visit.asked.client.name,
        cancel_to=pending.cancel_address(request),
        ends_at=visit.asked.redirect_uri,
    )


def _services(visit: Visit) -> tuple[str, ...]:
    return (visit.asked.client.service,) if visit.asked.client.service else ()


QUESTIONS = (
    Question(nobody_is_signed_in, LoginRequired, _ask_to_sign_in),
    Question(sign_in_is_too_old, LoginRequired, _ask_to_sign_in),
    Question(somebody_else_is_signed_in, LoginRequired, _ask_to_sign_in),
    Question(second_factor_is_missing, LoginRequired, _ask_to_sign_in),
    Question(level_is_too_low, LoginRequired, _ask_to_sign_in),
    Question(no_way_in, AccessDenied, _show_no_access),
    Question(organisation_is_not_chosen, InteractionRequired, _ask_for_organisation),
    Question(terms_are_not_accepted, InteractionRequired, _ask_for_terms),
)


def next_question(visit: Visit) -> Question | None:
    """The first question that is open; None when a code may be given."""
    return next((question for question in QUESTIONS if question.open(visit)), None)
