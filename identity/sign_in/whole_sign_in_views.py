"""The form with which one factor signs a person in, or confirms who they are."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Flask, redirect, request, url_for
from flask.typing import ResponseReturnValue

from app.web.authorisation import anyone, permit
from identity.credentials import registry
from identity.credentials.factor import Factor, ProofRejected, WholeSignIn
from identity.sessions.access import signed_in_before_terms
from identity.sessions.current_browser import current_browser
from identity.sessions.current_session import sign_in_browser
from identity.sign_in import current_journey, journeys
from identity.sign_in.actions import JourneyOver
from identity.sign_in.blueprint import blueprint
from identity.sign_in.forms import answered
from identity.sign_in.models import JourneyKind, JourneySnapshot
from identity.sign_in.whole_sign_in import FIRST_PAGE, open_form, prove_whole_sign_in


def add_routes(app: Flask) -> None:
    """Add the routes of each factor that may be the whole sign-in, below `/sign-in/`."""
    for factor in registry.FACTORS:
        if factor.whole_sign_in is not None:
            _add_routes(app, factor, factor.whole_sign_in)


def _add_routes(app: Flask, factor: Factor, page: WholeSignIn) -> None:
    @permit(anyone)
    def sign_in() -> ResponseReturnValue:
        journey = current_journey.find_journey(JourneyKind.SIGN_IN)
        return _submit(journey, factor, page, "sign_in.start")

    @permit(signed_in_before_terms)
    def confirm() -> ResponseReturnValue:
        journey = current_journey.find_journey(JourneyKind.CONFIRM)
        return _submit(journey, factor, page, "sign_in.confirm")

    for kind, suffix, view in (
        (JourneyKind.SIGN_IN, "", sign_in),
        (JourneyKind.CONFIRM, "/confirm", confirm),
    ):
        path = f"/sign-in/{page.path}{suffix}"
        app.add_url_rule(path, _endpoint(factor, kind), view, methods=["POST"])


def _endpoint(factor: Factor, kind: str) -> str:
    return f"{blueprint.name}.{kind}_with_{factor.name}"


def form_values(journey: JourneySnapshot) -> Mapping[str, object] | None:
    """Return the values of the form for the first page of the journey, or None without one."""
    offered = registry.whole_sign_in()
    form = open_form(journey, *offered) if offered is not None else None
    if form is None:
        return None
    return {
        "template": form.page.template,
        "action": url_for(_endpoint(form.factor, journey.kind), journey=journey.public_id),
        "mistake": journeys.mistake_on(journey, FIRST_PAGE),
        "field": form.page.field,
        **form.factor.page_values(form.account_id, form.challenge),
    }


def _submit(
    journey: JourneySnapshot | None, factor: Factor, page: WholeSignIn, first_page: str
) -> ResponseReturnValue:
    back = redirect(url_for(first_page, journey=request.args.get("journey")), code=303)
    if journey is None or journey.finished_at is not None:
        return back
    answer = answered(page.field, page.longest)
    try:
        outcome = prove_whole_sign_in(journey, factor, page, answer, current_browser())
    except JourneyOver:
        return back
    if isinstance(outcome, ProofRejected):
        return back
    sign_in_browser(outcome)
    return current_journey.onwards(journey)
