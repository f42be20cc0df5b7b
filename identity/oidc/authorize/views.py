"""Routes of the authorization endpoint."""

from __future__ import annotations

from flask import make_response, render_template, request, url_for
from werkzeug import Response
from werkzeug.utils import redirect
from wtforms import RadioField
from wtforms.validators import InputRequired

from app.clock import now
from app.database import writing
from app.web import anyone, permit
from app.web.call import call
from app.web.errors import NotFound
from app.web.forms import Form
from app.web.headers import allow_form_redirect
from app.web.request import client_network
from identity.oidc import parameters
from identity.oidc.authorize import pending
from identity.oidc.authorize.asked import Asked, from_store
from identity.oidc.authorize.checks import check
from identity.oidc.authorize.issue import SignedOut, code_for
from identity.oidc.authorize.questions import next_question
from identity.oidc.authorize.respond import (
    NOT_OF_THIS_BROWSER,
    RAN_OUT,
    RAN_OUT_OR_USED,
    SignInEnded,
    with_code,
    with_error,
)
from identity.oidc.authorize.visit import Visit
from identity.oidc.blueprint import blueprint
from identity.oidc.clients import store
from identity.oidc.clients.store import RelyingParty
from identity.oidc.errors import AccessDenied, OAuthError
from identity.oidc.refusals import REQUEST, record_refusal
from identity.ports import approvals
from identity.sessions import current
from identity.sessions.access import signed_in_before_terms
from identity.sessions.lookup import remember_current


class OrganisationForm(Form):
    organisation = RadioField(
        validators=[InputRequired("Select the organisation you are working for")]
    )


@blueprint.route("/authorize", methods=["GET", "POST"])
@permit(anyone)
def authorize() -> Response:
    """OpenID Connect Core, 3.1.2: from the service, by the person's browser."""
    if parameters.only_looking(call()):
        return Response(status=403)
    asked = Asked(parameters.Parameters(()))
    try:
        read = parameters.from_form if request.method == "POST" else parameters.from_query
        asked = Asked(read(call()))
        check(asked)
    except OAuthError as error:
        return _refused(asked, error)
    if request.method == "POST":
        return redirect(pending.address(pending.store(asked, bound=False)), 303)
    return _go_on(Visit(asked, None, now()))


@blueprint.get("/authorize/<request_id>")
@permit(anyone)
def resume(request_id: str) -> Response:
    """Back from a question."""
    if parameters.only_looking(call()):
        return Response(status=403)
    visit = _visit(request_id)
    return visit if isinstance(visit, Response) else _go_on(visit)


@blueprint.get("/authorize/<request_id>/cancel")
@permit(anyone)
def cancel(request_id: str) -> Response:
    """The person does not want to sign in: the service is told, with its state."""
    visit = _visit(request_id)
    if isinstance(visit, Response):
        return visit
    error = AccessDenied("The person chose not to sign in")
    if parameters.only_looking(call()):
        return Response(status=403)
    if not pending.cancel(visit):
        return _finished(visit.asked.client)
    return with_error(visit.asked, error)


@blueprint.route("/authorize/<request_id>/organisation", methods=["GET", "POST"])
@permit(signed_in_before_terms)
def choose_organisation(request_id: str) -> Response | str:
    """For which organisation to enter, and why not for the others."""
    visit = _visit(request_id)
    if isinstance(visit, Response):
        return visit
    if visit.pending is None or len(visit.open_entrances) < 1:
        return _go_on(visit)
    form = OrganisationForm()
    entrances = visit.by_last_use()
    form.organisation.choices = [(each.organisation, each.name) for each in entrances]
    allow_form_redirect(visit.asked.redirect_uri or "")
    if form.validate_on_submit():
        # False where another tab ended the request meanwhile: the resumed request says so.
        pending.choose(visit, form.organisation.data)
        return redirect(pending.address(visit.pending), 303)
    return render_template(
        "oidc/choose_organisation.html",
        form=form,
        entrances=entrances,
        closed=[each for each in visit.entrances if not each.allowed],
        client=visit.asked.client,
        cancel=pending.cancel_address(visit.pending),
    )


@blueprint.get("/no-access/<client_id>")
@permit(signed_in_before_terms)
def no_access(client_id: str) -> str:
    """Signed in, but not entitled: why, and whom to ask. It leads nowhere by itself."""
    client, session = store.find(client_id), current()
    if client is None or session is None:
        raise NotFound("no such client")
    service = client.service
    return render_template(
        "oidc/no_access.html",
        client=client,
        service_name=approvals().service_name(service) if service else None,
        answer=approvals().whom_to_ask(session.account, service, now()) if service else None,
        home=approvals().home(),
        account=session.account,
        sign_out=url_for("oidc.end_session"),
    )


def _visit(request_id: str) -> Visit | Response:
    """The stored request, checked anew, as its client may have changed. Raises SignInEnded."""
    found = pending.find(request_id)
    if found is None:
        return _ended(request_id)
    asked = Asked(from_store(found.parameters), pushed_id=found.pushed_id, signed=found.signed)
    try:
        check(asked)
    except OAuthError as error:
        return _refused(asked, error)
    return Visit(asked, found, found.created_at)


def _refused(asked: Asked, error: OAuthError) -> Response:
    """Answer a request that did not pass the checks, on record where its client is known."""
    if asked.known_client is not None:
        record_refusal(REQUEST, asked.known_client, error, network=client_network())
    return with_error(asked, error)


def _go_on(visit: Visit) -> Response:
    try:
        question = next_question(visit)
        if question is not None and visit.asked.silent:
            raise question.silently()
    except OAuthError as error:
        _give_up(visit, error)
        if visit.asked.silent or isinstance(error, AccessDenied):
            return with_error(visit.asked, error)
        return _refused(visit.asked, error)
    if question is not None:
        return question.ask(visit)
    try:
        code = code_for(visit)
    except SignedOut:
        remember_current(None)
        return _go_on(visit)
    if code is None and visit.pending is None:
        raise SignInEnded("pushed request used before", RAN_OUT_OR_USED, client=visit.asked.client)
    if code is None:
        return _finished(visit.asked.client)
    return with_code(visit.asked, code)


def _give_up(visit: Visit, error: OAuthError) -> bool:
    """Ends the request without a code; False where it had ended. A refusal is put on record."""
    if isinstance(error, AccessDenied) and visit.session_or_none is not None:
        return pending.refuse(visit)
    if visit.pending is None and visit.asked.pushed_id is None:
        return True
    with writing():
        return pending.finish(visit)


def _ended(request_id: str) -> Response:
    """The page for a request that is not open in this browser. Raises SignInEnded."""
    left = pending.left_behind(request_id)
    if left is None:
        raise SignInEnded("no request of this browser", NOT_OF_THIS_BROWSER, client=None)
    client = store.find_by_key(left.client_id)
    if client is None or left.finished_at is None or left.finished_at >= left.expires_at:
        raise SignInEnded("the request has ended", RAN_OUT, client=client)
    return _finished(client)


def _finished(client: RelyingParty) -> Response:
    """The page for a request that this browser finished before: going back to it is no error."""
    return make_response(render_template("oidc/ended.html", client=client, home=approvals().home()))
