"""Operators' pages: connect a provider, prove its domains, check it, switch it off and on."""

from collections.abc import Callable

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.clock import now
from app.refusal import RefusalError
from app.web.authorisation import permit
from app.web.errors import NotFound
from app.web.forms import Form, show_refusal
from approvals.federation.forms import ConnectionForm, DomainForm
from approvals.federation.organisations import public_ids
from approvals.memberships.forms import Confirmation
from approvals.memberships.without_approver import left_by_connection
from approvals.operators.access import operator
from approvals.organisations.coverage import organisation_names
from identity.sessions.step_up import FreshSignIn
from identity.upstream import connections as actions
from identity.upstream import dns_proof, queries, visits
from identity.upstream import domains as domain_actions
from identity.upstream.domains import Finding
from identity.upstream.models import Connection, Domain

_FIELDS = {
    "domain": "domain",
    "issuer": "issuer",
    "provider": "issuer",
    "secret": "client_secret",
    "unknown": "organisations",
}
"""Fields that a refusal is about, by the first word of its code."""
pages = Blueprint("federation", __name__, url_prefix="/ops/sign-ins")


@pages.get("")
@permit(operator)
def connections() -> ResponseReturnValue:
    """Show all connections."""
    return render_template("federation/connections.html", rows=queries.connections())


@pages.route("/new", methods=["GET", "POST"])
@permit(FreshSignIn(operator, before_page=True))
def connect() -> ResponseReturnValue:
    """Connect a provider from the form."""
    form = ConnectionForm()
    if form.validate_on_submit():
        made: list[Connection] = []
        if _try(form, lambda: made.append(actions.connect(form.facts(public_ids(form.lines()))))):
            return redirect(url_for(".connection", connection=made[0].public_id), 303)
    return render_template(
        "federation/form.html", form=form, connection=None, back=url_for(".connections")
    )


@pages.get("/<connection>")
@permit(operator)
def connection(connection: str) -> ResponseReturnValue:
    """Show one connection, its addresses and domains."""
    return _connection_page(_connection(connection), DomainForm())


@pages.route("/<connection>/change", methods=["GET", "POST"])
@permit(FreshSignIn(operator, before_page=True))
def change(connection: str) -> ResponseReturnValue:
    """Change a connection; its sessions end."""
    found = _connection(connection)
    form = ConnectionForm()
    if not form.is_submitted():
        form = ConnectionForm.of(found)
    elif form.validate() and _try(
        form, lambda: actions.change(found, form.facts(public_ids(form.lines())))
    ):
        flash(f"{found.name} is changed, and its sessions have ended.", "success")
        return redirect(url_for(".connection", connection=connection), 303)
    return render_template(
        "federation/form.html",
        form=form,
        connection=found,
        back=url_for(".connection", connection=connection),
    )


@pages.route("/<connection>/check", methods=["GET", "POST"])
@permit(operator)
def check(connection: str) -> ResponseReturnValue:
    """Ask the provider and the name servers, and show what each step found."""
    found, form = _connection(connection), Confirmation()
    findings: list[Finding] = actions.check(found) if form.validate_on_submit() else []
    return _question("check", found, form, findings=findings)


@pages.route("/<connection>/switch-off", methods=["GET", "POST"])
@permit(FreshSignIn(operator))
def switch_off(connection: str) -> ResponseReturnValue:
    """Switch a connection off after a confirmation.

    The form names the organisations that its page said would be left without an approver.
    """
    found, form = _connection(connection), Confirmation()
    if form.validate_on_submit():
        try:
            accepted = request.form.getlist("without_approver")
            people = actions.switch_off(found, accepted=accepted)
        except RefusalError as error:
            show_refusal(form, error.refusal)
        else:
            flash(
                f"{found.name} is switched off. The access of {people} "
                f"{'person' if people == 1 else 'people'} waits for approvers.",
                "success",
            )
            return redirect(url_for(".connection", connection=connection), 303)
    left = left_by_connection(found.organisations, queries.linked_accounts(found), now())
    return _question("switch_off", found, form, without_approver=left)


@pages.route("/<connection>/switch-on", methods=["GET", "POST"])
@permit(FreshSignIn(operator))
def switch_on(connection: str) -> ResponseReturnValue:
    """Switch a connection on after a confirmation."""
    found, form = _connection(connection), Confirmation()
    if form.validate_on_submit():
        actions.switch_on(found)
        flash(f"{found.name} is switched on.", "success")
        return redirect(url_for(".connection", connection=connection), 303)
    return _question("switch_on", found, form)


@pages.route("/<connection>/domains", methods=["GET", "POST"])
@permit(FreshSignIn(operator))
def domains(connection: str) -> ResponseReturnValue:
    """Add a domain to the connection."""
    found, form = _connection(connection), DomainForm()
    if form.validate_on_submit() and _try(
        form, lambda: domain_actions.add(found, form.domain.data or "")
    ):
        return redirect(url_for(".connection", connection=connection), 303)
    return _question("domain", found, form)


@pages.route("/<connection>/domains/<domain>/prove", methods=["GET", "POST"])
@permit(FreshSignIn(operator))
def prove(connection: str, domain: str) -> ResponseReturnValue:
    """Prove a domain by its TXT record."""
    found, form = _connection(connection), Confirmation()
    named = _domain(found, domain)
    if form.validate_on_submit() and _try(form, lambda: domain_actions.prove(named)):
        flash(f"{named.domain} is proven.", "success")
        return redirect(url_for(".connection", connection=connection), 303)
    return _question("prove", found, form, domain=named, record=_record_of(named))


@pages.route("/<connection>/domains/<domain>/remove", methods=["GET", "POST"])
@permit(FreshSignIn(operator))
def remove_domain(connection: str, domain: str) -> ResponseReturnValue:
    """Remove a domain after a confirmation."""
    found, form = _connection(connection), Confirmation()
    named = _domain(found, domain)
    if form.validate_on_submit():
        domain_actions.remove(named)
        flash(f"{domain} is removed.", "success")
        return redirect(url_for(".connection", connection=connection), 303)
    return _question("remove_domain", found, form, domain=named)


def _try(form: Form, act: Callable[[], object]) -> bool:
    """Return whether the act succeeded; if not, the form says why."""
    try:
        act()
    except RefusalError as error:
        name = _FIELDS.get(error.refusal.code.partition("_")[0])
        field = getattr(form, name, None) if name is not None else None
        show_refusal(form, error.refusal, field)
        return False
    return True


def _connection(public_id: str) -> Connection:
    found = queries.connection(public_id)
    if found is None:
        raise NotFound("no such connection")
    return found


def _domain(connection: Connection, name: str) -> Domain:
    found = next((each for each in connection.domains if each.domain == name), None)
    if found is None:
        raise NotFound("no such domain of the connection")
    return found


def _record_of(domain: Domain) -> tuple[str, str]:
    return dns_proof.record_name(domain.domain), dns_proof.record_text(domain.challenge)


def _connection_page(found: Connection, form: DomainForm) -> str:
    return render_template(
        "federation/connection.html",
        connection=found,
        form=form,
        names=organisation_names(found.organisations),
        redirect_uri=visits.redirect_uri(found),
        logout_uri=visits.logout_uri(found),
    )


def _question(name: str, found: Connection, form: Form, **context: object) -> str:
    return render_template(
        f"federation/{name}.html",
        connection=found,
        form=form,
        back=url_for(".connection", connection=found.public_id),
        **context,
    )
