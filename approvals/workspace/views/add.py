"""Adding a user: a journey of short pages that ends in check answers and a confirmation."""

from collections.abc import Mapping

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug import Response

from app.actors import current_actor
from app.clock import now
from app.refusal import Refusal, RefusalError
from app.web.authorisation import permit
from app.web.forms import show_refusal
from approvals.memberships import catalogue, facts, journeys, rules
from approvals.memberships.access import approver_of, this_organisation
from approvals.memberships.actions import SignInTooOld, confirm_addition
from approvals.memberships.forms import (
    CheckedAnswers,
    EmailForm,
    LastDayForm,
    YesNoForm,
    groups_form,
)
from approvals.memberships.journeys import AdditionAnswers, addition_of
from approvals.memberships.models import Journey, Membership
from approvals.refusals import not_there
from approvals.workspace import queries
from approvals.workspace.views import add_steps as steps
from approvals.workspace.views.common import ended_member, me, page_of
from identity.accounts.invitation_limits import limit_on
from identity.accounts.names_form import NamesForm
from identity.sessions.current_session import signed_in_session
from identity.sessions.step_up import FreshSignIn, is_fresh

Answer = str | Response
ROOT = "/o/<organisation>/users/new"


def add_to(pages: Blueprint) -> None:
    """Add the pages of this journey to the blueprint."""
    both = ["GET", "POST"]
    pages.route(ROOT, methods=both)(add)
    pages.route(f"{ROOT}/<journey>/email", methods=both)(add_email)
    pages.route(f"{ROOT}/<journey>/name", methods=both)(add_name)
    pages.route(f"{ROOT}/<journey>/access/<service>", methods=both)(add_access)
    pages.route(f"{ROOT}/<journey>/approver", methods=both)(add_approver)
    pages.route(f"{ROOT}/<journey>/end-date", methods=both)(add_end_date)
    pages.route(f"{ROOT}/<journey>/check", methods=both)(add_check)
    pages.get(f"{ROOT}/<journey>/done")(add_done)


@permit(approver_of)
def add(**_route: str) -> Answer:
    """Ask for the email address. The journey begins with the answer, so a GET leaves no row.

    The parameter `again` names a former member, whose details are filled in.
    """
    former = ended_member(request.args.get("again", ""))
    form = EmailForm(email=former.email if former else None)
    if not form.validate_on_submit():
        return _email_page(form)
    known = _check_address(form)
    if form.email.errors:
        return _email_page(form, known)
    answers = AdditionAnswers(email=form.email.data or "")
    if former is not None and form.email.address == former.address:
        answers.update(steps.answers_of(former, this_organisation()))
    journey = journeys.begin(journeys.ADD_USER, this_organisation(), me().id, answers=answers)
    return redirect(steps.unanswered(journey, this_organisation()), 303)


@permit(approver_of)
def add_email(journey: str, **_route: str) -> Answer:
    """Ask for the email address again."""
    found = _journey(journey)
    form = EmailForm(email=addition_of(found)["email"])
    if not form.validate_on_submit():
        return _email_page(form)
    known = _check_address(form)
    if form.email.errors:
        return _email_page(form, known)
    return _store_answers(found, AdditionAnswers(email=form.email.data or ""))


@permit(approver_of)
def add_name(journey: str, **_route: str) -> Answer:
    """Ask for the person's names."""
    found = _journey(journey)
    answers = addition_of(found)
    form = NamesForm(given_name=answers.get("given_name"), family_name=answers.get("family_name"))
    if form.validate_on_submit():
        return _store_answers(
            found,
            AdditionAnswers(
                given_name=form.given_name.data or "", family_name=form.family_name.data or ""
            ),
        )
    return _page("workspace/add/name.html", found, "name", form=form)


@permit(approver_of)
def add_access(journey: str, service: str, **_route: str) -> Answer:
    """Ask for the user group of one service."""
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
    return _page("workspace/add/access.html", found, f"access/{service}", form=form, offer=offer)


@permit(approver_of)
def add_approver(journey: str, **_route: str) -> Answer:
    """Ask whether the person is to be an approver."""
    found = _journey(journey)
    given = addition_of(found).get("approver")
    form = YesNoForm(
        answer=None if given is None else "yes" if given else "no",
        sentence="Select yes if this person should be an approver",
    )
    if form.validate_on_submit():
        return _store_answers(found, AdditionAnswers(approver=form.answer.data == "yes"))
    return _page("workspace/add/approver.html", found, "approver", form=form)


@permit(approver_of)
def add_end_date(journey: str, **_route: str) -> Answer:
    """Ask for the last day of the access."""
    found = _journey(journey)
    form = LastDayForm.of(journeys.last_day(found))
    if form.validate_on_submit():
        chosen = form.last_day()
        return _store_answers(found, AdditionAnswers(last_day=chosen.isoformat() if chosen else ""))
    return _page("workspace/add/end_date.html", found, "end-date", form=form)


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
        **vars(queries.addition_check(organisation, found, now())),
        step=lambda name: steps.address(found, organisation, name),
    )


@permit(approver_of)
def add_done(journey: str, **_route: str) -> Answer:
    """Show the confirmation of the invitation."""
    found = _journey(journey, finished=True)
    if found.finished_at is None:
        return redirect(steps.unanswered(found, this_organisation()), 303)
    organisation = this_organisation()
    addition = queries.addition(organisation, found)
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


def _check_address(form: EmailForm) -> Membership | None:
    """Add an error to the form if the address cannot be invited now.

    Returns the open membership of the address, if any.
    """
    known = facts.open_membership(this_organisation().id, form.email.address)
    if known is not None:
        refusal: Refusal | None = rules.ALREADY_MEMBER if known.joined_at else rules.ALREADY_INVITED
    else:
        refusal = limit_on(this_organisation().public_id, form.email.address, now())
    if refusal is not None:
        show_refusal(form, refusal, form.email)
    return known


def _email_page(form: EmailForm, known: Membership | None = None) -> str:
    organisation = this_organisation()
    return render_template(
        "workspace/add/email.html",
        organisation=organisation,
        form=form,
        known=known,
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
