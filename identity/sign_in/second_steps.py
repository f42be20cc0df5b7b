"""Pages of the second step, one for each factor that has one (`Factor.sign_in_page`)."""

from __future__ import annotations

from flask import Flask, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug import Response

from app.web.authorisation import permit
from app.web.errors import TooManyRequests
from app.web.forms import Form
from identity.credentials import registry
from identity.credentials.factor import Factor, ProofRejected, SignInPage
from identity.sessions.current_browser import current_browser
from identity.sessions.current_session import sign_in_browser
from identity.sign_in import current_journey, journeys, proofs
from identity.sign_in.access import half_signed_in, half_signed_in_journey
from identity.sign_in.actions import JourneyOver, MustWait, prove_second_factor
from identity.sign_in.blueprint import blueprint
from identity.sign_in.forms import answered
from identity.sign_in.levels import second_steps_towards
from identity.sign_in.models import JourneySnapshot
from identity.sign_in.proofs import FirstProof
from identity.sign_in.remembered_sign_in import may_remember
from identity.sign_in.views import with_retry_after


def add_pages(app: Flask) -> None:
    """Add a page for each second step, below `/sign-in/`."""
    for factor, page in registry.second_steps():
        _add_page(app, factor, page)


def _add_page(app: Flask, factor: Factor, page: SignInPage) -> None:
    @permit(half_signed_in)
    def show() -> ResponseReturnValue:
        return _page(factor, page, *half_signed_in_journey())

    @permit(half_signed_in)
    def submit() -> ResponseReturnValue:
        return _submit(factor, page, *half_signed_in_journey())

    path, endpoint = f"/sign-in/{page.path}", f"{blueprint.name}.{page.endpoint}"
    app.add_url_rule(path, endpoint, show, methods=["GET"])
    app.add_url_rule(path, _submit_endpoint(page), submit, methods=["POST"])


def _submit(
    factor: Factor, page: SignInPage, journey: JourneySnapshot, proof: FirstProof
) -> ResponseReturnValue:
    answer = answered(page.field, page.longest)
    try:
        outcome = prove_second_factor(
            proof, factor, answer, current_browser(), remember="remember" in request.form
        )
    except JourneyOver:
        return redirect(url_for(".start", journey=journey.public_id), code=303)
    if isinstance(outcome, MustWait):
        return with_retry_after(_page(factor, page, journey, proof, wait=outcome), outcome)
    if isinstance(outcome, ProofRejected):
        return redirect(url_for(f".{page.endpoint}", journey=journey.public_id), code=303)
    sign_in_browser(outcome)
    return current_journey.onwards(journey)


def _page(
    factor: Factor,
    page: SignInPage,
    journey: JourneySnapshot,
    proof: FirstProof,
    *,
    wait: MustWait | None = None,
) -> Response:
    challenge = proofs.open_challenge(proof.challenge, factor, proof.account_id)
    if factor.has_challenge and challenge is None and wait is None:
        raise TooManyRequests(
            "challenges of a journey used up",
            description="You have tried too many times. Begin to sign in again.",
        )
    rendered = render_template(
        page.template,
        journey=journey,
        form=Form(),
        mistake=None if wait else journeys.mistake_on(journey, factor.name),
        wait=wait,
        may_remember=may_remember(proof),
        action=url_for(_submit_endpoint(page), journey=journey.public_id),
        others=[
            (other.instead, url_for(f".{other.endpoint}", journey=journey.public_id))
            for each, other in second_steps_towards(proof.account_id, journey.minimum_acr)
            if each is not factor
        ],
        **factor.page_values(proof.account_id, challenge),
    )
    return make_response(rendered)


def _submit_endpoint(page: SignInPage) -> str:
    return f"{blueprint.name}.submit_{page.endpoint}"
