"""Operators' pages: find a client, register one, try it, change its secret, disable it."""

import json
from collections.abc import Callable
from datetime import timedelta

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.clock import now
from app.refusal import RefusalError
from app.typed_text import collapse_spaces
from app.web.authorisation import permit
from app.web.errors import NotFound
from app.web.forms import show_refusal
from app.web.http import current_request
from app.web.pagination import requested_page
from approvals.access_model import definitions
from approvals.clients import check as checking
from approvals.clients import one_time_forms, queries
from approvals.clients.forms import (
    KINDS,
    METHODS,
    PROFILES,
    ClientForm,
    OnceForm,
    PersonForm,
    RotationForm,
)
from approvals.memberships.forms import Confirmation
from approvals.operators.access import operator
from identity.oidc.client_administration import actions
from identity.oidc.clients import store
from identity.oidc.clients.metadata import InvalidMetadata, offered_auth_methods
from identity.oidc.json_types import Registration
from identity.oidc.models import Client
from identity.oidc.parameters import only_looking
from identity.oidc.token.endpoint import GRANT_TYPES
from identity.sessions.current_session import signed_in_session
from identity.sessions.step_up import FreshSignIn

pages = Blueprint("clients", __name__, url_prefix="/ops/clients")


@pages.get("")
@permit(operator)
def clients() -> ResponseReturnValue:
    """Show a page of clients that match a search."""
    search = (collapse_spaces(request.args.get("q")) or "")[:100]
    page = queries.find_clients(search, page=requested_page())
    return render_template("clients/clients.html", search=search, page=page)


@pages.route("/new", methods=["GET", "POST"])
@permit(FreshSignIn(operator))
def register() -> ResponseReturnValue:
    """Register a client from the form and lead to its secret."""
    form = ClientForm()
    form.offer(definitions.services(now()))
    if form.is_submitted():
        # All that is wrong is told at once: by the form, by the provider's rules, by the service.
        fits = all([form.validate(), form.check_scopes()])
        try:
            registration = actions.checked(form.metadata(), grant_types=tuple(GRANT_TYPES))
        except InvalidMetadata as error:
            form.tell(error)
        else:
            if fits:
                return _once(form, lambda: _added(registration))
    return render_template(
        "clients/register.html",
        form=form,
        profiles=PROFILES,
        kinds=KINDS.items(),
        methods=[(each, METHODS[each]) for each in offered_auth_methods()],
        grant_types=[(name, grant.label) for name, grant in GRANT_TYPES.items()],
        back=url_for("clients.clients"),
    )


@pages.get("/<client_id>")
@permit(operator)
def client(client_id: str) -> ResponseReturnValue:
    """Show one client."""
    found = _client(client_id)
    return render_template(
        "clients/client.html",
        client=found,
        service=definitions.service(found.service, now()) if found.service else None,
        registration=found.registration,
        metadata=json.dumps(found.registration, indent=2),
        old_secret_until=_later(found),
    )


@pages.route("/<client_id>/check", methods=["GET", "POST"])
@permit(operator)
def check(client_id: str) -> ResponseReturnValue:
    """Show what happens when a person signs in there, step by step, and the tokens' claims."""
    row, form, trial = _client(client_id), PersonForm(), None
    found = store.find(client_id)
    if found is None:
        raise NotFound("the client is disabled")
    if form.validate_on_submit():
        try:
            trial = checking.try_person(found, form.email.address)
        except RefusalError as error:
            show_refusal(form, error.refusal, form.email)
    return render_template(
        "clients/check.html",
        client=row,
        form=form,
        requests=checking.requests_of(found),
        of_client=checking.of_client(found),
        trial=trial,
        as_json=checking.as_json,
        back=url_for("clients.client", client_id=client_id),
    )


@pages.route("/<client_id>/secret", methods=["GET", "POST"])
@permit(FreshSignIn(operator))
def rotate_secret(client_id: str) -> ResponseReturnValue:
    """Make a new secret for a client and lead to it."""
    found, form = _client(client_id), RotationForm()
    if found.secret_hash is None:
        raise NotFound("the client has no secret")
    if form.validate_on_submit():
        overlap = timedelta(hours=form.hours.data or 0)
        return _once(form, lambda: (client_id, actions.rotate_secret(client_id, overlap=overlap)))
    return _question("clients/secret.html", found, form)


@pages.get("/answers/<form_id>")
@permit(operator)
def answer(form_id: str) -> ResponseReturnValue:
    """Show the new secret once. A prefetch or HEAD request does not use it up."""
    session = signed_in_session()
    client_id = one_time_forms.client_of(form_id, session)
    if client_id is None:
        raise NotFound("no form of this session")
    found = _client(client_id)
    return render_template(
        "clients/answer.html",
        client=found,
        secret=None
        if only_looking(current_request())
        else one_time_forms.take_secret(form_id, session),
        old_secret_until=_later(found),
    )


@pages.route("/<client_id>/disable", methods=["GET", "POST"])
@permit(FreshSignIn(operator))
def disable(client_id: str) -> ResponseReturnValue:
    """Disable a client after a confirmation."""
    found, form = _client(client_id), Confirmation()
    if form.validate_on_submit():
        actions.disable(client_id)
        flash(f"{found.name} is disabled, and its tokens have ended.", "success")
        return redirect(url_for("clients.client", client_id=client_id), 303)
    return _question("clients/disable.html", found, form)


@pages.route("/<client_id>/enable", methods=["GET", "POST"])
@permit(FreshSignIn(operator))
def enable(client_id: str) -> ResponseReturnValue:
    """Enable a client after a confirmation."""
    found, form = _client(client_id), Confirmation()
    if form.validate_on_submit():
        actions.enable(client_id)
        flash(f"{found.name} is enabled. People sign in to it anew.", "success")
        return redirect(url_for("clients.client", client_id=client_id), 303)
    return _question("clients/enable.html", found, form)


def _client(client_id: str) -> Client:
    try:
        return actions.find(client_id)
    except RefusalError as error:
        raise NotFound(str(error)) from None


def _later(client: Client) -> object:
    """Return until when the earlier secret still works, if it does."""
    until = client.earlier_secret_until
    return until if until is not None and until > now() else None


def _once(form: OnceForm, act: Callable[[], tuple[str, str | None]]) -> ResponseReturnValue:
    """Run the form's act once. The secret is shown on another page, so that a reload makes none."""
    form_id = form.form_id.data or ""
    one_time_forms.act_once(form_id, signed_in_session(), act)
    return redirect(url_for("clients.answer", form_id=form_id), 303)


def _added(registration: Registration) -> tuple[str, str | None]:
    registered = actions.add(registration)
    return registered["client_id"], registered.get("client_secret")


def _question(template: str, client: Client, form: Confirmation | RotationForm) -> str:
    return render_template(
        template,
        client=client,
        form=form,
        back=url_for("clients.client", client_id=client.client_id),
    )
