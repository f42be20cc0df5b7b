"""Pages of the person who asks: the form, the check, the list, and one request."""

from __future__ import annotations

from collections.abc import Collection

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug import Response

from app.clock import now
from app.refusal import RefusalError
from app.typed_text import collapse_spaces
from app.web.authorisation import permit
from app.web.errors import NotFound
from app.web.forms import show_refusal
from app.web.pagination import requested_page
from approvals.access_requests import actions, queries
from approvals.access_requests.actions import RequestEnded
from approvals.access_requests.forms import form_for
from approvals.memberships import journeys
from approvals.memberships.forms import CheckedAnswers, Confirmation
from approvals.memberships.journeys import RequestAnswers
from approvals.memberships.models import Journey
from approvals.organisations import queries as organisations
from approvals.organisations.models import Organisation
from identity.accounts.person import Person
from identity.sessions.access import signed_in
from identity.sessions.current_session import signed_in_session

Answer = str | Response
LONGEST_SEARCH = 100


def add_to(pages: Blueprint) -> None:
    """Add the pages of the person who asks."""
    both = ["GET", "POST"]
    pages.get("/requests")(own)
    pages.route("/requests/new", methods=both)(new)
    pages.route("/requests/new/<journey>/check", methods=both)(check)
    pages.get("/requests/<request_id>")(one)
    pages.route("/requests/<request_id>/withdraw", methods=both)(withdraw)


@permit(signed_in)
def own() -> Answer:
    """List the person's requests, those that wait first."""
    page = queries.own_requests(_me(), now(), _bodies(), page=requested_page())
    return render_template("access_requests/own.html", page=page)


@permit(signed_in)
def new() -> Answer:
    """Ask for the organisation by a search, then for user group and reason on one page."""
    search = (collapse_spaces(request.args.get("q")) or "")[:LONGEST_SEARCH]
    chosen, service = request.args.get("organisation"), request.args.get("service")
    page = queries.new_request(_me(), chosen, search, now(), _bodies())
    if page.organisation is None:
        return render_template(
            "access_requests/organisation.html",
            page=page,
            search=search,
            service=service,
            unknown=bool(chosen),
        )
    begun = _find_journey(request.args.get("journey"), page.organisation)
    form = form_for(page.offers, service=service)
    if begun is not None and request.method == "GET":
        answers = journeys.request_of(begun)
        form = form_for(
            page.offers,
            service=answers["service"],
            group=answers["group"],
            reason=answers["reason"],
            answers=answers["answers"],
        )
    if form.validate_on_submit() and (selected := form.chosen()) is not None:
        offer, group = selected
        answers = RequestAnswers(
            service=offer.code,
            group=group,
            reason=form.reason.data or "",
            answers=form.answers(offer),
        )
        journey = journeys.begin(
            journeys.REQUEST_ACCESS, page.organisation, _me().id, answers=answers
        )
        return redirect(_check_page(journey, page.organisation), 303)
    return render_template(
        "access_requests/new.html",
        page=page,
        organisation=page.organisation,
        service=service,
        form=form,
        back=url_for(".new", service=service),
    )


@permit(signed_in)
def check(journey: str) -> Answer:
    """Show the answers, and send the request when they are confirmed."""
    organisation = organisations.by_public_id(request.args.get("organisation") or "")
    found = _find_journey(journey, organisation)
    if found is None or organisation is None:
        raise NotFound("no such journey of this person")
    form = CheckedAnswers(shown=str(found.version))
    if found.finished_at is not None:
        return redirect(url_for(".own"), 303)
    if form.validate_on_submit():
        try:
            filed = actions.confirm_request(found, _me(), form.shown.data)
        except RefusalError as error:
            show_refusal(form, error.refusal)
            form.shown.data = str(found.version)
        else:
            if filed is None:
                return redirect(url_for(".own"), 303)
            flash("Your request is sent. You get an email when it is decided.", "success")
            return redirect(url_for(".one", request_id=filed.public_id), 303)
    return render_template(
        "access_requests/check.html",
        organisation=organisation,
        asked=queries.request_to_check(journeys.request_of(found), now()),
        form=form,
        back=url_for(
            ".new",
            organisation=organisation.public_id,
            journey=found.public_id,
        ),
    )


@permit(signed_in)
def one(request_id: str) -> Answer:
    """Show one of the person's requests: where it is, and how it ended."""
    return render_template("access_requests/one.html", own=_own(request_id), form=Confirmation())


@permit(signed_in)
def withdraw(request_id: str) -> Answer:
    """Withdraw the request after a confirmation."""
    found, form = _own(request_id), Confirmation()
    address = url_for(".one", request_id=request_id)
    if found.row.state != "waiting":
        return redirect(address, 303)
    if form.validate_on_submit():
        try:
            actions.withdraw(found.row.decision, _me())
            flash("You withdrew the request.", "success")
        except RequestEnded as error:
            flash(error.refusal.sentence, "important")
        return redirect(address, 303)
    return render_template(
        "access_requests/withdraw.html",
        own=found,
        organisation=found.row.organisation,
        form=form,
        back=address,
    )


def _own(public_id: str) -> queries.OwnRequest:
    found = queries.own_request(_me(), public_id, now(), _bodies())
    if found is None:
        raise NotFound("no such request of this person")
    return found


def _find_journey(public_id: str | None, organisation: Organisation | None) -> Journey | None:
    if public_id is None or organisation is None:
        return None
    return journeys.load(public_id, journeys.REQUEST_ACCESS, organisation, _me().id)


def _check_page(journey: Journey, organisation: Organisation) -> str:
    return url_for(".check", journey=journey.public_id, organisation=organisation.public_id)


def _me() -> Person:
    return signed_in_session().account


def _bodies() -> Collection[str] | None:
    """Return the organisations to which the session is limited, None for all."""
    return signed_in_session().organisations
