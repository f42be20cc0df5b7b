"""Two operators appoint an approver: one proposes the person, another agrees."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from werkzeug import Response

from app.actors import current_actor
from app.refusal import RefusalError
from app.web.authorisation import permit
from app.web.errors import NotFound
from app.web.forms import show_refusal
from approvals.approver_proposals import actions
from approvals.approver_proposals.decisions import ProposedApprover
from approvals.console import look_ups, queries
from approvals.console.forms import EndProposal, ShownProposal
from approvals.memberships import journeys
from approvals.memberships.forms import ApproverForm, CheckedAnswers
from approvals.memberships.journeys import person_of
from approvals.memberships.models import Journey
from approvals.operators.access import operator
from approvals.organisations.models import Organisation
from approvals.workspace.views.common import me
from identity.sessions.step_up import FreshSignIn

ROOT = "/organisations/<organisation>/approvers/new"
PROPOSAL = "/organisations/<organisation>/approvers/proposal"
AGREED = {
    actions.Outcome.APPOINTED: "{} is an approver for {} and has been told by email.",
    actions.Outcome.INVITED: "{} is invited to be an approver for {}.",
}


def add_to(pages: Blueprint) -> None:
    """Add the pages of this journey to the blueprint."""
    both = ["GET", "POST"]
    pages.route(ROOT, methods=both)(appoint)
    pages.route(f"{ROOT}/<journey>", methods=both)(appoint_again)
    pages.route(f"{ROOT}/<journey>/check", methods=both)(appoint_check)
    pages.get(f"{ROOT}/<journey>/done")(appoint_done)
    pages.route(PROPOSAL, methods=both)(proposal)
    pages.route(f"{PROPOSAL}/end", methods=both)(end_proposal)


@permit(operator)
def appoint(organisation: str) -> ResponseReturnValue:
    """Ask for the person. The journey begins with the answer."""
    found, form = the_organisation(organisation), ApproverForm()
    if form.validate_on_submit():
        journey = journeys.begin(
            journeys.APPOINT_APPROVER, found, me().id, answers=form.person_answers
        )
        return _to("check", found, journey)
    return _who_page(found, form)


@permit(operator)
def appoint_again(organisation: str, journey: str) -> ResponseReturnValue:
    """Ask the same question again, from Back or from the check page."""
    found = the_organisation(organisation)
    started = _journey(found, journey)
    form = ApproverForm(data=person_of(started))
    if form.validate_on_submit():
        journeys.answer(started, form.person_answers)
        return _to("check", found, started)
    return _who_page(found, form)


@permit(FreshSignIn(operator))
def appoint_check(organisation: str, journey: str) -> ResponseReturnValue:
    """Show the answers, and propose the approver when they are confirmed."""
    found = the_organisation(organisation)
    started = _journey(found, journey)
    form = CheckedAnswers(shown=str(started.version))
    if form.validate_on_submit():
        try:
            actions.confirm_proposal(started, found, form.shown.data, current_actor())
            return _to("done", found, started)
        except RefusalError as error:
            show_refusal(form, error.refusal)
            form.shown.data = str(started.version)
    return render_template(
        "console/appoint_check.html",
        organisation=found,
        form=form,
        **vars(look_ups.check_appointment(found, started)),
        back=_address("again", found, started),
    )


@permit(operator)
def appoint_done(organisation: str, journey: str) -> ResponseReturnValue:
    """Show the confirmation of the proposal."""
    found = the_organisation(organisation)
    started = _journey(found, journey, finished=True)
    if started.finished_at is None:
        return _to("check", found, started)
    person = ProposedApprover.of(person_of(started))
    return render_template(
        "console/appoint_done.html",
        organisation=found,
        person=person,
        request_id=queries.request_of_proposal(found, person.email),
    )


@permit(FreshSignIn(operator))
def proposal(organisation: str) -> ResponseReturnValue:
    """Show the approver whom another operator proposed, and appoint them after an agreement."""
    found, form = the_organisation(organisation), ShownProposal()
    back = url_for("console.organisation", organisation=organisation)
    waiting = look_ups.read_proposal(found, current_actor())
    if form.validate_on_submit():
        try:
            outcome = actions.agree_to_proposal(found, form.shown.data or "", current_actor())
        except RefusalError as error:
            show_refusal(form, error.refusal)
        else:
            person = waiting.person.name if waiting else "The person"
            flash(AGREED[outcome].format(person, found.name), "success")
            return redirect(back, 303)
    elif waiting is None:
        return redirect(back, 303)
    form.shown.data = waiting.public_id if waiting else ""
    return render_template(
        "console/proposal.html", organisation=found, form=form, waiting=waiting, back=back
    )


@permit(FreshSignIn(operator))
def end_proposal(organisation: str) -> ResponseReturnValue:
    """Refuse the proposal of another operator with a reason, or take back one's own."""
    found, form = the_organisation(organisation), EndProposal()
    back = url_for("console.organisation", organisation=organisation)
    waiting = look_ups.read_proposal(found, current_actor())
    if form.validate_on_submit():
        try:
            actions.end_proposal(
                found, form.shown.data or "", current_actor(), form.reason.data or ""
            )
        except RefusalError as error:
            show_refusal(form, error.refusal)
        else:
            flash("The proposal has ended. No approver was appointed.", "success")
            return redirect(back, 303)
    elif waiting is None:
        return redirect(back, 303)
    if not form.is_submitted():
        form.shown.data = waiting.public_id if waiting else ""
    return render_template(
        "console/end_proposal.html", organisation=found, form=form, waiting=waiting, back=back
    )


def the_organisation(public_id: str) -> Organisation:
    """Return the organisation of the route. Raises NotFound for any other id."""
    found = queries.organisation(public_id)
    if found is None:
        raise NotFound("no such organisation")
    return found


def _journey(organisation: Organisation, public_id: str, *, finished: bool = False) -> Journey:
    found = journeys.load(public_id, journeys.APPOINT_APPROVER, organisation, me().id)
    if found.finished_at is not None and not finished:
        raise journeys.FinishedError(_address("done", organisation, found))
    return found


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
