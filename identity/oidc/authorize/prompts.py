"""Questions that may come before a code, in the order in which they are asked.

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

from app.clock import is_within, now
from identity import sign_in
from identity.accounts.registrations import has_registered
from identity.oidc import acr
from identity.oidc.authorize import stored_request
from identity.oidc.authorize.interaction import Interaction
from identity.oidc.errors import (
    AccessDenied,
    AuthorizationError,
    InteractionRequired,
    LoginRequired,
    UnmetAuthentication,
)
from identity.oidc.models import AuthorizationRequest
from identity.oidc.pairwise import subject_for
from identity.ports import approvals
from identity.sessions.current_browser import bound_browser
from identity.sessions.levels import PHISHING_RESISTANT, rank, reaches
from identity.sign_in.levels import can_reach, reachable_levels


@dataclass(frozen=True)
class Prompt:
    """`open` may raise an AuthorizationError where asking again would not help."""

    open: Callable[[Interaction], bool]
    silently: type[AuthorizationError]
    ask: Callable[[Interaction], Response]


def has_no_session(interaction: Interaction) -> bool:
    """Return whether the browser has no session."""
    return interaction.session_or_none is None


def sign_in_is_too_old(interaction: Interaction) -> bool:
    """Return whether prompt=login, max_age or a lone prompt=select_account needs a sign-in."""
    if interaction.signed_in_for_this:
        return False
    if "login" in interaction.authorization.prompts:
        return True
    if (
        "select_account" in interaction.authorization.prompts
        and len(interaction.open_entrances) < 2
    ):
        return True
    age = interaction.authorization.max_age
    return age is not None and not is_within(
        timedelta(seconds=age), interaction.session.auth_time, now()
    )


def somebody_else_is_signed_in(interaction: Interaction) -> bool:
    """Return whether the session is of another person than the request expects."""
    expected = interaction.authorization.expected_subject
    if expected is None:
        return False
    if (
        subject_for(interaction.authorization.client, interaction.session.account.subject)
        == expected
    ):
        return False
    if interaction.signed_in_for_this:
        raise LoginRequired("Another person than the one hinted at has signed in")
    return True


def minimum_is_not_reached(interaction: Interaction) -> bool:
    """Return whether the session's level is below the minimum of the client and the user groups."""
    minimum = interaction.minimum_acr
    if reaches(interaction.session.acr, minimum):
        return False
    if minimum not in reachable_levels():
        raise UnmetAuthentication
    return True


def level_is_too_low(interaction: Interaction) -> bool:
    """Return whether the session's level is below the requested one and can be raised."""
    reached, authorization = interaction.session.acr, interaction.authorization
    if not acr.needs_step_up(authorization.acr_values, reached):
        return False
    if not interaction.signed_in_for_this or _demands_passkey(interaction):
        return True
    if authorization.acr_essential:
        raise UnmetAuthentication
    return False


def passkey_is_missing(interaction: Interaction) -> bool:
    """Return whether the required level needs a passkey and the person has none."""
    session, required = interaction.session, _required_level(interaction)
    if required not in reachable_levels() or can_reach(session.account_id, required):
        return False
    requested = interaction.authorization.acr_values
    is_below = not reaches(session.acr, interaction.minimum_acr)
    return is_below or acr.needs_step_up(requested, session.acr)


def _required_level(interaction: Interaction) -> str:
    """Return the higher of the minimum and the lowest requested level."""
    requested = acr.required_level(interaction.authorization.acr_values)
    minimum = interaction.minimum_acr
    return minimum if requested is None else max(minimum, requested, key=rank)


def _demands_passkey(interaction: Interaction) -> bool:
    """Return whether the request is satisfied by a sign-in with a passkey alone.

    A person who has one is asked until they use it; another one is led to setting one up.
    """
    return acr.required_level(interaction.authorization.acr_values) == PHISHING_RESISTANT


def no_way_in(interaction: Interaction) -> bool:
    """Return whether the person can enter this service through no organisation.

    Any active person enters a client without a service, except one who made the account themselves
    and whom no organisation has taken in yet.
    """
    account = interaction.session.account
    if not account.active:
        return True
    if interaction.authorization.client.service is not None:
        return not interaction.open_entrances
    return not approvals().has_belonged(account) and has_registered(account.id)


def own_factors_are_missing(interaction: Interaction) -> bool:
    """Return whether the session began at a provider that does not cover what is entered."""
    session = interaction.session
    if session.organisations is None:
        return False
    chosen = interaction.organisation
    return chosen is None or not approvals().organisations_within(
        session.organisations, [chosen], now()
    )


def organisation_is_not_chosen(interaction: Interaction) -> bool:
    """Return whether the person has several organisations and chose none."""
    return bool(interaction.open_entrances) and interaction.organisation is None


def terms_are_not_accepted(interaction: Interaction) -> bool:
    """Return whether the person has terms to accept."""
    return bool(interaction.terms_due)


def _stored(interaction: Interaction) -> AuthorizationRequest:
    """Return the stored request of this visit, and store it if it was not yet."""
    if interaction.pending is None:
        interaction.pending = stored_request.store(
            interaction.authorization, bound_browser(), bound=True
        )
    return interaction.pending


def _ask_to_sign_in(interaction: Interaction) -> Response:
    request = _stored(interaction)
    return sign_in.begin(
        stored_request.address(request),
        caption=interaction.authorization.client.name,
        client_id=interaction.authorization.client.client_id,
        login_hint=interaction.authorization.parameters.get("login_hint")
        or _address_of_signed_in(interaction),
        cancel_to=stored_request.cancel_address(request),
        fresh=interaction.session_or_none is not None,
        minimum_acr=_required_level(interaction),
        services=_services(interaction),
        ends_at=interaction.authorization.redirect_uri,
    )


def _ask_for_own_factors(interaction: Interaction) -> Response:
    address = stored_request.address(_stored(interaction))
    return redirect(url_for("upstream.own_factors", next=address), 303)


def _address_of_signed_in(interaction: Interaction) -> str | None:
    """Return the address of the person who signs in again, or None if it may be another's."""
    if interaction.session_or_none is None or "select_account" in interaction.authorization.prompts:
        return None
    expected, account = interaction.authorization.expected_subject, interaction.session.account
    if (
        expected is not None
        and subject_for(interaction.authorization.client, account.subject) != expected
    ):
        return None
    return account.email


def _show_no_access(interaction: Interaction) -> Response:
    stored_request.refuse(interaction)
    return redirect(
        url_for("oidc.no_access", client_id=interaction.authorization.client.client_id), 303
    )


def _ask_for_passkey(interaction: Interaction) -> Response:
    request = _stored(interaction)
    return redirect(url_for("oidc.passkey_needed", request_id=request.public_id), 303)


def _ask_for_organisation(interaction: Interaction) -> Response:
    request = _stored(interaction)
    return redirect(url_for("oidc.choose_organisation", request_id=request.public_id), 303)


def _ask_for_terms(interaction: Interaction) -> Response:
    request = _stored(interaction)
    return sign_in.ask_for_terms(
        stored_request.address(request),
        interaction.session,
        services=_services(interaction),
        caption=interaction.authorization.client.name,
        cancel_to=stored_request.cancel_address(request),
        ends_at=interaction.authorization.redirect_uri,
    )


def _services(interaction: Interaction) -> tuple[str, ...]:
    return (
        (interaction.authorization.client.service,)
        if interaction.authorization.client.service
        else ()
    )


QUESTIONS = (
    Prompt(has_no_session, LoginRequired, _ask_to_sign_in),
    Prompt(sign_in_is_too_old, LoginRequired, _ask_to_sign_in),
    Prompt(somebody_else_is_signed_in, LoginRequired, _ask_to_sign_in),
    Prompt(passkey_is_missing, InteractionRequired, _ask_for_passkey),
    Prompt(minimum_is_not_reached, LoginRequired, _ask_to_sign_in),
    Prompt(level_is_too_low, LoginRequired, _ask_to_sign_in),
    Prompt(no_way_in, AccessDenied, _show_no_access),
    Prompt(organisation_is_not_chosen, InteractionRequired, _ask_for_organisation),
    Prompt(own_factors_are_missing, LoginRequired, _ask_for_own_factors),
    Prompt(terms_are_not_accepted, InteractionRequired, _ask_for_terms),
)


def next_prompt(interaction: Interaction) -> Prompt | None:
    """Return the first open question, or None if a code may be issued."""
    return next((question for question in QUESTIONS if question.open(interaction)), None)
