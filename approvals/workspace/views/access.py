"""Changing a person's user group: choose it and its days, check old and new, act."""

from flask import Blueprint, flash, redirect, render_template, url_for
from werkzeug import Response

from app import days
from app.actors import current_actor
from app.clock import day_of, now
from app.refusal import RefusalError
from app.web.authorisation import permit
from app.web.errors import NotFound
from app.web.forms import show_refusal
from approvals.memberships import catalogue, facts, journeys
from approvals.memberships.access import approver_of, this_organisation
from approvals.memberships.actions import confirm_change
from approvals.memberships.catalogue import ServiceOffer
from approvals.memberships.forms import (
    CheckedAnswers,
    OneGroupPeriodForm,
    SeveralGroupsPeriodForm,
    change_form,
)
from approvals.memberships.granting import refuse_last_day
from approvals.memberships.journeys import ChangeAnswers, change_of
from approvals.memberships.models import Journey, Membership
from approvals.memberships.waiting_access import waiting_access
from approvals.workspace import additions, confirmations
from approvals.workspace.views.common import me, the_member

Answer = str | Response
ChangeForm = OneGroupPeriodForm | SeveralGroupsPeriodForm
ROOT = "/o/<organisation>/users/<member>/access/<service>"


def add_to(pages: Blueprint) -> None:
    """Add the pages of this journey to the blueprint."""
    both = ["GET", "POST"]
    pages.route(ROOT, methods=both)(access)
    pages.route(f"{ROOT}/<journey>", methods=both)(access_again)
    pages.route(f"{ROOT}/<journey>/check", methods=both)(access_check)


@permit(approver_of)
def access(member: str, service: str, **_route: str) -> Answer:
    """Ask for the user group and its days. The journey begins with the answer."""
    person, offer = the_member(member), _offer(service)
    held = [each for each in facts.held_groups(person, now()) if each.service == service]
    starts = held[-1].starts_at if held else None
    ends = held[-1].valid_to if held else None
    form = change_form(
        offer,
        [each.user_group for each in held if each.starts_at == starts],
        day_of(starts) if starts else None,
        days.last_day(ends) if ends else None,
    )
    if _is_answered(form, offer):
        journey = journeys.begin(
            journeys.CHANGE_ACCESS,
            this_organisation(),
            me().id,
            membership=person,
            answers=_answers(form, offer),
        )
        return redirect(_address("access_check", journey, person, offer), 303)
    return _choice_page(person, offer, form)


@permit(approver_of)
def access_again(member: str, service: str, journey: str, **_route: str) -> Answer:
    """Ask the same question again, from Back or from the check page."""
    person, offer = the_member(member), _offer(service)
    found = _journey(journey, person, service)
    form = change_form(
        offer,
        change_of(found)["groups"],
        journeys.first_day(found),
        journeys.last_day(found),
    )
    if _is_answered(form, offer):
        journeys.answer(found, _answers(form, offer))
        return redirect(_address("access_check", found, person, offer), 303)
    return _choice_page(person, offer, form)


@permit(approver_of)
def access_check(member: str, service: str, journey: str, **_route: str) -> Answer:
    """Show the answers, and change the access when they are confirmed."""
    organisation, person, offer = this_organisation(), the_member(member), _offer(service)
    found = _journey(journey, person, service)
    form = CheckedAnswers(shown=str(found.version))
    if form.validate_on_submit():
        try:
            if confirm_change(found, person, form.shown.data, current_actor()):
                flash(_banner(person, offer), "success")
            return redirect(_user(person), 303)
        except RefusalError as error:
            show_refusal(form, error.refusal)
            form.shown.data = str(found.version)
    check = confirmations.access_check(found, person, offer, now())
    return render_template(
        "workspace/access/check.html",
        organisation=organisation,
        person=person,
        offer=offer,
        form=form,
        **vars(check),
        change=_address("access_again", found, person, offer),
        oneself=person.account_id == me().id,
        back=_address("access_again", found, person, offer),
    )


def _banner(person: Membership, offer: ServiceOffer) -> str:
    """Return the text of the banner: what was done, and who is notified."""
    if any(each.service == offer.code for each in waiting_access(this_organisation(), person)):
        return f"The new access of {person.name} to {offer.name} waits for a second approver."
    if person.account_id == me().id:
        return f"You changed your own access to {offer.name}. The operators have been told."
    if person.joined_at is None:
        return f"{person.name} will have the new access to {offer.name} when they join."
    return f"Access to {offer.name} changed. {person.name} has been told by email."


def _offer(service: str) -> ServiceOffer:
    offer = catalogue.offer(this_organisation(), service, now())
    if offer is None:
        raise NotFound("the organisation can give nothing of this service")
    return offer


def _journey(public_id: str, person: Membership, service: str) -> Journey:
    found = journeys.load(
        public_id, journeys.CHANGE_ACCESS, this_organisation(), me().id, membership=person
    )
    if change_of(found)["service"] != service:
        raise NotFound("the journey is about another service")
    if found.finished_at is not None:
        raise journeys.FinishedError(_user(person))
    return found


def _is_answered(form: ChangeForm, offer: ServiceOffer) -> bool:
    """Return whether the form was sent with valid answers."""
    if not form.validate_on_submit():
        return False
    gives = [(offer.code, code) for code in form.chosen_groups()]
    refusal = refuse_last_day(gives, form.last_day(), now())
    if refusal is not None:
        show_refusal(form, refusal, form.day)
    return refusal is None


def _answers(form: ChangeForm, offer: ServiceOffer) -> ChangeAnswers:
    first, last = form.first_day(), form.last_day()
    return ChangeAnswers(
        service=offer.code,
        groups=form.chosen_groups(),
        first_day=first.isoformat() if first else "",
        last_day=last.isoformat() if last else "",
    )


def _choice_page(person: Membership, offer: ServiceOffer, form: ChangeForm) -> str:
    return render_template(
        "workspace/access/choose.html",
        organisation=this_organisation(),
        person=person,
        offer=offer,
        form=form,
        schools=additions.schools_of_offers(this_organisation(), [offer], now()),
        back=_user(person),
    )


def _address(page: str, journey: Journey, person: Membership, offer: ServiceOffer) -> str:
    return url_for(
        f"memberships.{page}",
        organisation=this_organisation().public_id,
        member=person.public_id,
        service=offer.code,
        journey=journey.public_id,
    )


def _user(person: Membership) -> str:
    return url_for(
        "memberships.user",
        organisation=this_organisation().public_id,
        member=person.public_id,
    )
