"""Routes of the authorization endpoint."""

from __future__ import annotations

from dataclasses import replace

from flask import make_response, render_template, request, url_for
from werkzeug import Response
from werkzeug.utils import redirect
from wtforms import RadioField
from wtforms.validators import InputRequired

from app.clock import now
from app.web import anyone, permit
from app.web.client_address import client_network
from app.web.errors import NotFound
from app.web.forms import Form
from app.web.headers import allow_form_redirect
from app.web.http import current_request
from identity.oidc import parameters
from identity.oidc.authorize import stored_request
from identity.oidc.authorize.checks import run_checks
from identity.oidc.authorize.interaction import Interaction
from identity.oidc.authorize.issue import SignedOut
from identity.oidc.authorize.next_step import next_step
from identity.oidc.authorize.prompts import Prompt, passkey_is_missing
from identity.oidc.authorize.request import RequestedAuthorization, from_store
from identity.oidc.authorize.respond import (
    NOT_OF_THIS_BROWSER,
    RAN_OUT,
    RAN_OUT_OR_USED,
    SignInEnded,
    with_code,
    with_error,
)
from identity.oidc.blueprint import blueprint
from identity.oidc.clients import store
from identity.oidc.clients.store import RelyingParty
from identity.oidc.errors import AccessDenied, OAuthError
from identity.oidc.refusals import REQUEST, record_refusal
from identity.ports import approvals
from identity.sessions.access import signed_in_before_terms
from identity.sessions.current_browser import bound_browser, current_browser
from identity.sessions.current_session import activity_is_noted, remember_current, signed_in_session


class OrganisationForm(Form):
    """Form for the organisation of a sign-in."""

    organisation = RadioField(
        validators=[InputRequired("Select the organisation you are working for")]
    )


@blueprint.route("/authorize", methods=["GET", "POST"])
@permit(anyone)
def authorize() -> Response:
    """Receive the service's request in the person's browser (OpenID Connect Core, 3.1.2)."""
    if parameters.only_looking(current_request()):
        return Response(status=403)
    authorization = RequestedAuthorization(parameters.Parameters(()))
    try:
        read = parameters.from_form if request.method == "POST" else parameters.from_query
        authorization = RequestedAuthorization(read(current_request()))
        run_checks(authorization)
    except OAuthError as error:
        return _refuse(authorization, error)
    if request.method == "POST":
        stored = stored_request.store(authorization, current_browser(), bound=False)
        return redirect(stored_request.address(stored), 303)
    return _go_on(Interaction(authorization, None, now(), current_browser()))


@blueprint.get("/authorize/<request_id>")
@permit(anyone)
def resume(request_id: str) -> Response:
    """Resume the request after a question."""
    if parameters.only_looking(current_request()):
        return Response(status=403)
    interaction = _visit(request_id)
    return interaction if isinstance(interaction, Response) else _go_on(interaction)


@blueprint.get("/authorize/<request_id>/cancel")
@permit(anyone)
def cancel(request_id: str) -> Response:
    """End the request of a person who does not sign in, and return the error with its state."""
    interaction = _visit(request_id)
    if isinstance(interaction, Response):
        return interaction
    error = AccessDenied("The person chose not to sign in")
    if parameters.only_looking(current_request()):
        return Response(status=403)
    if not stored_request.cancel(interaction):
        return _request_finished(interaction.authorization.client)
    return with_error(interaction.authorization, error)


@blueprint.route("/authorize/<request_id>/organisation", methods=["GET", "POST"])
@permit(signed_in_before_terms)
def choose_organisation(request_id: str) -> Response | str:
    """Ask for which organisation to enter, and show why not for the others."""
    interaction = _visit(request_id)
    if isinstance(interaction, Response):
        return interaction
    if interaction.pending is None or len(interaction.open_entrances) < 1:
        return _go_on(interaction)
    form = OrganisationForm()
    entrances = interaction.by_last_use()
    form.organisation.choices = [(each.organisation, each.name) for each in entrances]
    allow_form_redirect(interaction.authorization.redirect_uri or "")
    if form.validate_on_submit():
        # False where another tab ended the request meanwhile: the resumed request says so.
        stored_request.choose(interaction, form.organisation.data)
        return redirect(stored_request.address(interaction.pending), 303)
    return render_template(
        "oidc/choose_organisation.html",
        form=form,
        entrances=entrances,
        closed=[each for each in interaction.entrances if not each.allowed],
        client=interaction.authorization.client,
        cancel=stored_request.cancel_address(interaction.pending),
    )


@blueprint.get("/authorize/<request_id>/passkey")
@permit(signed_in_before_terms)
def passkey_needed(request_id: str) -> Response | str:
    """Lead a person without passkey to setting one up, where the service requires one."""
    interaction = _visit(request_id)
    if isinstance(interaction, Response):
        return interaction
    if interaction.pending is None or not passkey_is_missing(interaction):
        return _go_on(interaction)
    return render_template(
        "oidc/passkey_needed.html",
        form=Form(),
        client=interaction.authorization.client,
        resume=stored_request.address(interaction.pending),
        cancel=stored_request.cancel_address(interaction.pending),
    )


@blueprint.get("/no-access/<client_id>")
@permit(signed_in_before_terms)
def no_access(client_id: str) -> str:
    """Show why the person has no access, and whom to ask. It leads nowhere by itself."""
    client, account = store.find(client_id), signed_in_session().account
    if client is None:
        raise NotFound("no such client")
    service = client.service
    answer = approvals().whom_to_ask(account, service, now()) if service else None
    return render_template(
        "oidc/no_access.html",
        client=client,
        service_name=approvals().service_name(service) if service else None,
        answer=answer,
        ask=answer.ask if answer is not None else approvals().request_form(),
        home=approvals().home(),
        account=account,
        sign_out=url_for("oidc.end_session"),
    )


def _visit(request_id: str) -> Interaction | Response:
    """Check the stored request anew, as its client may have changed. Raises SignInEnded."""
    browser = bound_browser()
    found = stored_request.find(request_id, browser)
    if found is None:
        return _request_ended(request_id)
    authorization = RequestedAuthorization(
        from_store(found.parameters), pushed_id=found.pushed_id, signed=found.signed
    )
    try:
        run_checks(authorization)
    except OAuthError as error:
        return _refuse(authorization, error)
    return Interaction(authorization, found, found.created_at, browser)


def _refuse(authorization: RequestedAuthorization, error: OAuthError) -> Response:
    """Answer a request that did not pass the checks, on record where its client is known."""
    if authorization.known_client is not None:
        record_refusal(REQUEST, authorization.known_client, error, network=client_network())
    return with_error(authorization, error)


def _go_on(interaction: Interaction) -> Response:
    authorization = interaction.authorization
    try:
        step = next_step(interaction)
    except OAuthError as error:
        if authorization.silent or isinstance(error, AccessDenied):
            return with_error(authorization, error)
        return _refuse(authorization, error)
    except SignedOut:
        remember_current(None)
        return _go_on(replace(interaction, browser=current_browser()))
    if isinstance(step, Prompt):
        return step.ask(interaction)
    if step is None and interaction.pending is None:
        raise SignInEnded(
            "pushed request used before", RAN_OUT_OR_USED, client=authorization.client
        )
    if step is None:
        return _request_finished(authorization.client)
    activity_is_noted()
    return with_code(authorization, step)


def _request_ended(request_id: str) -> Response:
    """Return the page for a request that is not open in this browser. Raises SignInEnded."""
    left = stored_request.left_behind(request_id, current_browser())
    if left is None:
        raise SignInEnded("no request of this browser", NOT_OF_THIS_BROWSER, client=None)
    client = store.find_by_key(left.client_id)
    if client is None or left.finished_at is None or left.finished_at >= left.expires_at:
        raise SignInEnded("the request has ended", RAN_OUT, client=client)
    return _request_finished(client)


def _request_finished(client: RelyingParty) -> Response:
    """Return the page for a request that this browser finished before; it is no error."""
    return make_response(render_template("oidc/ended.html", client=client, home=approvals().home()))
