"""Adding a user: one form, a page for each service that needs one, check answers, confirmation."""

from collections.abc import Mapping

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug import Response

from app.actors import current_actor
from app.clock import now
from app.refusal import RefusalError
from app.web.authorisation import permit
from app.web.forms import show_refusal
from approvals.memberships import catalogue, journeys
from approvals.memberships.access import approver_of, this_organisation
from approvals.memberships.actions import SignInTooOld, confirm_addition
from approvals.memberships.addition_form import AdditionForm, addition_form
from approvals.memberships.catalogue import Catalogue
from approvals.memberships.forms import CheckedAnswers, groups_form
from approvals.memberships.granting import refuse_last_day
from approvals.memberships.journeys import AdditionAnswers, addition_of
from approvals.memberships.models import Journey
from approvals.refusals import not_there
from approvals.workspace import additions, confirmations
from approvals.workspace.stand_ins import is_stand_in
from approvals.workspace.views import add_steps as steps
from approvals.workspace.views.common import ended_member, me, page_of
from identity.sessions.current_session import signed_in_session
from identity.sessions.step_up import FreshSignIn, is_fresh

Answer = str | Response
ROOT = "/o/<organisation>/users/new"


def add_to(pages: Blueprint) -> None:
    """Add the pages of this journey to the blueprint."""
    both = ["GET", "POST"]
    pages.route(ROOT, methods=both)(add)
    pages.route(f"{ROOT}/<journey>/details", methods=both)(add_details)
    pages.route(f"{ROOT}/<journey>/access/<service>", methods=both)(add_access)
    pages.route(f"{ROOT}/<journey>/check", methods=both)(add_check)
    pages.get(f"{ROOT}/<journey>/done")(add_done)


@permit(approver_of)
def add(**_route: str) -> Answer:
    """Ask for everything about the person. The journey begins with valid answers.

    The parameter `again` names a former member, whose name and address are filled in. The user
    group is chosen anew.
    """
    former = ended_member(request.args.get("again", ""))
    filled = AdditionAnswers()
    if former is not None:
        filled = AdditionAnswers(
            email=former.email, given_name=former.given_name, family_name=former.family_name
        )
    form = addition_form(Catalogue(now()).offers(this_organisation()), filled)
    if _is_answered(form):
        journey = journeys.begin(
            journeys.ADD_USER, this_organisation(), me().id, answers=form.answers()
        )
        return redirect(steps.unanswered(journey, this_organisation()), 303)
    return _form_page(form)


@permit(approver_of)
def add_details(journey: str, **_route: str) -> Answer:
    """Ask for everything about the person again."""
    found = _journey(journey)
    form = addition_form(Catalogue(now()).offers(this_organisation()), addition_of(found))
    if _is_answered(form):
        answers = form.answers()
        kept = addition_of(found).get("access", {})
        return _store_answers(
            found, AdditionAnswers(**{**answers, "access": {**kept, **answers["access"]}})
        )
    return _form_page(form)


@permit(approver_of)
def add_access(journey: str, service: str, **_route: str) -> Answer:
    """Ask for the user groups of one service."""
    found = _journey(journey)
    offer = catalogue.offer(this_organisation(), service, now())
    if offer is None:
        return redirect(steps.unanswered(found, this_organisation()), 303)
    given = addition_of(found).get("access", {})
    form = groups_form(offer, given.get(service))
    if form.validate_on_submit():
        return _store_answers(
            found, AdditionAnswers(access={**given, service: form.chosen_groups()})
        )
    return _page(
        "workspace/add/access.html",
        found,
        f"access/{service}",
        form=form,
        offer=offer,
        schools=additions.schools_of_offers(this_organisation(), [offer], now()),
    )


def _makes_an_approver(arguments: Mapping[str, object]) -> bool:
    return bool(addition_of(_journey(str(arguments["journey"]))).get("approver"))


@permit(FreshSignIn(approver_of, when=_makes_an_approver))
def add_check(journey: str, **_route: str) -> Answer:
    """Show the answers, and add the person when they are confirmed."""
    found = _journey(journey)
    organisation = this_organisation()
    missing = steps.unanswered(found, organisation)
    if missing != steps.address(found, organisation, "check"):
        return redirect(missing, 303)
    form = CheckedAnswers(shown=str(found.version))
    if form.validate_on_submit():
        try:
            confirm_addition(
                found,
                organisation,
                form.shown.data,
                current_actor(),
                fresh=is_fresh(signed_in_session(), now()),
            )
            return redirect(steps.address(found, organisation, "done"), 303)
        except SignInTooOld:
            # Another request made the person an approver after the rule was checked. The redirect
            # checks it again.
            return redirect(steps.address(found, organisation, "check"), 303)
        except RefusalError as error:
            show_refusal(form, error.refusal)
            form.shown.data = str(found.version)
    return _page(
        "workspace/add/check.html",
        found,
        "check",
        form=form,
        **vars(confirmations.addition_check(organisation, found, now())),
        step=lambda name: steps.address(found, organisation, name),
        long_steps=steps.names(organisation),
    )


@permit(approver_of)
def add_done(journey: str, **_route: str) -> Answer:
    """Show the confirmation of the invitation."""
    found = _journey(journey, finished=True)
    if found.finished_at is None:
        return redirect(steps.unanswered(found, this_organisation()), 303)
    organisation = this_organisation()
    addition = confirmations.addition(organisation, found)
    if addition is None:
        raise not_there("the person is gone")
    if not addition.waits:
        return redirect(page_of(addition.person.public_id), 303)
    return render_template("workspace/add/done.html", organisation=organisation, **vars(addition))


def _journey(public_id: str, *, finished: bool = False) -> Journey:
    found = journeys.load(public_id, journeys.ADD_USER, this_organisation(), me().id)
    if found.finished_at is not None and not finished:
        raise journeys.FinishedError(steps.address(found, this_organisation(), "done"))
    return found


def _store_answers(journey: Journey, answers: AdditionAnswers) -> Response:
    journeys.answer(journey, answers)
    return redirect(steps.unanswered(journey, this_organisation()), 303)


def _is_answered(form: AdditionForm) -> bool:
    """Return whether the form was sent with valid answers, and its address can be invited."""
    if not form.is_submitted():
        return False
    valid = form.validate()
    if not form.day.errors:
        refusal = refuse_last_day(form.chosen, form.last_day(), now())
        if refusal is not None:
            show_refusal(form, refusal, form.day)
    if not form.email.errors:
        checked = additions.check_address(this_organisation(), form.email.address, now())
        confirmed = form.address_is_right.data == form.email.data
        if checked.refusal is not None:
            show_refusal(form, checked.refusal, form.email)
        elif checked.meant is not None and not confirmed:
            form.asks_about_address = True
            show_refusal(form, additions.question(checked.meant), form.email)
    return valid and not form.email.errors and not form.day.errors


def _form_page(form: AdditionForm) -> str:
    organisation = this_organisation()
    return render_template(
        "workspace/add/form.html",
        organisation=organisation,
        form=form,
        may_appoint=not is_stand_in(organisation, me()),
        **vars(additions.form_page(organisation, form.email.data, now())),
        back=url_for("memberships.users", organisation=organisation.public_id),
    )


def _page(template: str, journey: Journey, at: str, **context: object) -> str:
    organisation = this_organisation()
    return render_template(
        template,
        organisation=organisation,
        back=steps.before(journey, organisation, at),
        name=steps.name(journey),
        **context,
    )
