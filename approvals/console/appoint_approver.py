"""Operators appoint an approver: an organisation's first one, or one where none is left."""

from typing import Any

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from werkzeug import Response

from app.actors import current_actor
from app.audit import record
from app.database import db, writing
from app.refusal import RefusalError
from app.typed_text import RefusedText
from app.web.authorisation import permit
from app.web.errors import NotFound
from app.web.forms import show_refusal
from approvals.activity import queries as activity
from approvals.console import queries
from approvals.console.forms import ApproverForm
from approvals.memberships import facts, journeys
from approvals.memberships.actions import appoint_approver
from approvals.memberships.forms import CheckedAnswers
from approvals.memberships.models import Journey, Membership
from approvals.memberships.similar_people import find_similar
from approvals.operators.access import operator
from approvals.organisations.models import Organisation
from approvals.workspace.views.common import me
from identity.accounts.models import Invitation
from identity.accounts.person import full_name
from identity.email_address import EmailAddress
from identity.sessions.step_up import FreshSignIn

ROOT = "/organisations/<organisation>/approvers/new"


def add_to(pages: Blueprint) -> None:
    """Add the pages of this journey to the blueprint."""
    both = ["GET", "POST"]
    pages.route(ROOT, methods=both)(appoint)
    pages.route(f"{ROOT}/<journey>", methods=both)(appoint_again)
    pages.route(f"{ROOT}/<journey>/check", methods=both)(appoint_check)
    pages.get(f"{ROOT}/<journey>/done")(appoint_done)


@permit(operator)
def appoint(organisation: str) -> ResponseReturnValue:
    """Ask for the person. The journey begins with the answer."""
    found, form = the_organisation(organisation), ApproverForm()
    if form.validate_on_submit():
        journey = journeys.begin(journeys.APPOINT_APPROVER, found, me().id, **_answers_of(form))
        return _to("check", found, journey)
    return _who_page(found, form)


@permit(operator)
def appoint_again(organisation: str, journey: str) -> ResponseReturnValue:
    """Ask the same question again, from Back or from the check page."""
    found = the_organisation(organisation)
    started = _journey(found, journey)
    form = ApproverForm(data=started.answers)
    if form.validate_on_submit():
        journeys.answer(started, **_answers_of(form))
        return _to("check", found, started)
    return _who_page(found, form)


@permit(FreshSignIn(operator))
def appoint_check(organisation: str, journey: str) -> ResponseReturnValue:
    """Show the answers, and appoint the approver when they are confirmed."""
    found = the_organisation(organisation)
    started = _journey(found, journey)
    form = CheckedAnswers(shown=str(started.version))
    if form.validate_on_submit():
        try:
            _appoint(found, started, form.shown.data)
            return _to("done", found, started)
        except RefusalError as error:
            show_refusal(form, error.refusal)
            form.shown.data = str(started.version)
        except RefusedText as error:
            form.form_errors.append(f"{error}.")
    answers = started.answers
    name = full_name(answers["given_name"], answers["family_name"])
    email = _email(started)
    known = facts.open_membership(found.id, email)
    with writing():
        record("console.organisation_read", organisation=found.public_id)
    return render_template(
        "console/appoint_check.html",
        organisation=found,
        form=form,
        answers=answers,
        name=name,
        known=known,
        doubt=find_similar(found.id, email=email, name=name),
        back=_address("again", found, started),
    )


@permit(operator)
def appoint_done(organisation: str, journey: str) -> ResponseReturnValue:
    """Show the confirmation of the appointment."""
    found = the_organisation(organisation)
    started = _journey(found, journey, finished=True)
    if started.finished_at is None:
        return _to("check", found, started)
    person = db.session.get_one(
        Membership,
        started.membership_id,
        options=facts.WITH_EVERYTHING,
        populate_existing=True,
    )
    if not facts.is_approver(person):
        return redirect(url_for("console.organisation", organisation=organisation), 303)
    event = "approver.made" if person.joined_at else "membership.added"
    return render_template(
        "console/appoint_done.html",
        organisation=found,
        person=person,
        invitation=db.session.get(Invitation, person.invitation_id),
        request_id=activity.request_of(found, person, event),
    )


def the_organisation(public_id: str) -> Organisation:
    """Return the organisation of the route. Raises NotFound for any other id."""
    found = queries.organisation(public_id)
    if found is None:
        raise NotFound("no such organisation")
    return found


def _appoint(organisation: Organisation, journey: Journey, shown: str | None) -> None:
    """Appoint the approver once, with the answers that the check page showed."""
    with writing():
        if not journeys.claim_answers(journey, shown):
            return
        answers, email = journey.answers, _email(journey)
        appoint_approver(
            organisation,
            email,
            answers["given_name"],
            answers["family_name"],
            current_actor(),
        )
        appointed = facts.open_membership(organisation.id, email)
        journey.membership_id = appointed.id if appointed else None


def _journey(organisation: Organisation, public_id: str, *, finished: bool = False) -> Journey:
    found = journeys.load(public_id, journeys.APPOINT_APPROVER, organisation, me().id)
    if found.finished_at is not None and not finished:
        raise journeys.FinishedError(_address("done", organisation, found))
    return found


def _email(journey: Journey) -> EmailAddress:
    return EmailAddress.parse(journey.answers["email"])


def _answers_of(form: ApproverForm) -> dict[str, Any]:
    return {
        "email": form.email.data or "",
        "given_name": form.given_name.data or "",
        "family_name": form.family_name.data or "",
    }


def _who_page(organisation: Organisation, form: ApproverForm) -> str:
    return render_template(
        "console/appoint.html",
        organisation=organisation,
        form=form,
        back=url_for("console.organisation", organisation=organisation.public_id),
    )


def _address(step: str, organisation: Organisation, journey: Journey) -> str:
    return url_for(
        f"console.appoint_{step}",
        organisation=organisation.public_id,
        journey=journey.public_id,
    )


def _to(step: str, organisation: Organisation, journey: Journey) -> Response:
    return redirect(_address(step, organisation, journey), 303)
