"""Schools that user groups open; those of a body, and approvers proposed for them."""

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug import Response

from app.actors import current_actor
from app.clock import now
from app.refusal import RefusalError
from app.typed_text import collapse_spaces
from app.web.authorisation import permit
from app.web.forms import show_refusal
from app.web.pagination import requested_page
from approvals.approver_proposals.actions import confirm_proposal
from approvals.memberships import journeys
from approvals.memberships.access import approver_of, this_organisation
from approvals.memberships.forms import ApproverForm, CheckedAnswers
from approvals.memberships.models import Journey
from approvals.organisations.models import Organisation
from approvals.refusals import not_there
from approvals.workspace import schools
from approvals.workspace.views.common import me
from identity.sessions.step_up import FreshSignIn

Answer = str | Response
ROOT = "/o/<organisation>/schools"
PROPOSE = f"{ROOT}/<school>/approver"


def add_to(pages: Blueprint) -> None:
    """Add the pages of this room to the blueprint."""
    both = ["GET", "POST"]
    pages.get(ROOT, endpoint="schools")(schools_of_body)
    pages.get("/o/<organisation>/user-groups/schools")(scope_schools)
    pages.route(PROPOSE, methods=both)(propose_approver)
    pages.route(f"{PROPOSE}/<journey>", methods=both)(propose_approver_again)
    pages.route(f"{PROPOSE}/<journey>/check", methods=both)(propose_approver_check)
    pages.get(f"{PROPOSE}/<journey>/done")(propose_approver_done)


@permit(approver_of)
def schools_of_body(**_route: str) -> Answer:
    """Show a page of the schools of the body, each with its basis and its approvers."""
    body, search = this_organisation(), _search()
    found = schools.schools_page(body, search, now(), page=requested_page())
    if found is None:
        raise not_there("the organisation has no schools")
    return render_template(
        "workspace/schools/list.html", organisation=body, search=search, **vars(found)
    )


@permit(approver_of)
def scope_schools(**_route: str) -> Answer:
    """Show a page of the schools that user groups open, each with its basis and since when.

    The parameter `scope` says which user groups are meant.
    """
    organisation, search = this_organisation(), _search()
    scope = request.args.get("scope", "")[:20]
    found = schools.scope_page(organisation, scope, search, now(), page=requested_page())
    if found is None:
        raise not_there("no user group opens such schools")
    return render_template(
        "workspace/schools/scope.html",
        organisation=organisation,
        search=search,
        **vars(found),
    )


@permit(approver_of)
def propose_approver(school: str, **_route: str) -> Answer:
    """Ask for the person to be an approver of a school. The journey begins with the answer."""
    found, form = _the_school(school), ApproverForm()
    if form.validate_on_submit():
        started = journeys.begin(
            journeys.APPOINT_APPROVER, found, me().id, answers=form.person_answers
        )
        return redirect(_address("check", found, started), 303)
    return _question(found, form)


@permit(approver_of)
def propose_approver_again(school: str, journey: str, **_route: str) -> Answer:
    """Ask the same question again, from Back or from the check page."""
    found = _the_school(school)
    started = _journey(found, journey)
    form = ApproverForm(data=journeys.person_of(started))
    if form.validate_on_submit():
        journeys.answer(started, form.person_answers)
        return redirect(_address("check", found, started), 303)
    return _question(found, form)


@permit(FreshSignIn(approver_of))
def propose_approver_check(school: str, journey: str, **_route: str) -> Answer:
    """Show the answers, and propose the approver when they are confirmed."""
    found, body = _the_school(school), this_organisation()
    started = _journey(found, journey)
    form = CheckedAnswers(shown=str(started.version))
    if form.validate_on_submit():
        try:
            confirm_proposal(started, found, form.shown.data, current_actor(), body=body)
            return redirect(_address("done", found, started), 303)
        except RefusalError as error:
            show_refusal(form, error.refusal)
            form.shown.data = str(started.version)
    return render_template(
        "workspace/schools/check.html",
        organisation=body,
        school=found,
        person=journeys.person_of(started),
        form=form,
        back=_address("again", found, started),
    )


@permit(approver_of)
def propose_approver_done(school: str, journey: str, **_route: str) -> Answer:
    """Show the confirmation. It is the same whether or not the person belongs to the school."""
    found = _the_school(school)
    started = _journey(found, journey, finished=True)
    if started.finished_at is None:
        return redirect(_address("check", found, started), 303)
    return render_template(
        "workspace/schools/done.html",
        organisation=this_organisation(),
        school=found,
        person=journeys.person_of(started),
    )


def _search() -> str:
    return (collapse_spaces(request.args.get("q")) or "")[:100]


def _the_school(public_id: str) -> Organisation:
    found = schools.child_school(this_organisation(), public_id, now())
    if found is None:
        raise not_there("the organisation is no parent of the school")
    return found


def _journey(school: Organisation, public_id: str, *, finished: bool = False) -> Journey:
    found = journeys.load(public_id, journeys.APPOINT_APPROVER, school, me().id)
    if found.finished_at is not None and not finished:
        raise journeys.FinishedError(_address("done", school, found))
    return found


def _question(school: Organisation, form: ApproverForm) -> str:
    body = this_organisation()
    return render_template(
        "workspace/schools/propose.html",
        organisation=body,
        school=school,
        approvers=schools.approvers_of(school),
        form=form,
        back=url_for("memberships.schools", organisation=body.public_id),
    )


def _address(step: str, school: Organisation, journey: Journey) -> str:
    return url_for(
        f"memberships.propose_approver_{step}",
        organisation=this_organisation().public_id,
        school=school.public_id,
        journey=journey.public_id,
    )
