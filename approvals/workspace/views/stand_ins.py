"""Stand-ins for the approvers: their list, naming one, and ending it before the last day."""

from datetime import date

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug import Response

from app.actors import current_actor
from app.clock import now, today
from app.days import NotADate, in_words, parse_day
from app.refusal import RefusalError
from app.web.authorisation import permit
from app.web.forms import show_refusal
from approvals.memberships import stand_in_rules
from approvals.memberships.access import approver_of, own_membership, this_organisation
from approvals.memberships.actions import end_stand_in, name_stand_in
from approvals.memberships.forms import Confirmation, StandInForm
from approvals.memberships.models import Membership
from approvals.workspace.stand_ins import stand_in_part, stand_ins_page
from approvals.workspace.views.common import me, page_of, the_member
from identity.sessions.step_up import FreshSignIn

Answer = str | Response
ROOT = "/o/<organisation>/users/<member>/stand-in"


def add_to(pages: Blueprint) -> None:
    """Add the pages of this room to the blueprint."""
    both = ["GET", "POST"]
    pages.get("/o/<organisation>/stand-ins")(stand_ins)
    pages.route(ROOT, methods=both)(stand_in)
    pages.route(f"{ROOT}/check", methods=both)(stand_in_check)
    pages.route(f"{ROOT}/end", methods=both)(stand_in_end)


@permit(approver_of)
def stand_ins(**_route: str) -> str:
    """Show the organisation's stand-ins of now and later."""
    organisation = this_organisation()
    return render_template(
        "workspace/stand_ins/list.html",
        organisation=organisation,
        own_page=page_of(own_membership().public_id),
        **vars(stand_ins_page(organisation, me(), now())),
    )


@permit(approver_of)
def stand_in(member: str, **_route: str) -> Answer:
    """Ask for the first and the last day. The address of the check page carries them."""
    person, form = the_member(member), StandInForm()
    if form.validate_on_submit():
        first_day, last_day = form.first_day(), form.last_day()
        if first_day is not None and last_day is not None:
            return redirect(_address("check", person, first_day, last_day), 303)
    if not form.is_submitted():
        form = StandInForm(**StandInForm.parts(_day("first") or today(), _day("last")))
    return _question("days", person, form=form, back=page_of(member))


@permit(FreshSignIn(approver_of))
def stand_in_check(member: str, **_route: str) -> Answer:
    """Show what follows, and name the person as a stand-in after a confirmation."""
    person, form = the_member(member), Confirmation()
    first_day, last_day = _day("first"), _day("last")
    if first_day is None or last_day is None:
        return redirect(_address("", person), 303)
    if form.validate_on_submit():
        try:
            name_stand_in(person, first_day=first_day, last_day=last_day, actor=current_actor())
            flash(
                f"{person.name} is a stand-in from {in_words(first_day)} to {in_words(last_day)}. "
                "They have been told by email.",
                "success",
            )
            return redirect(page_of(member), 303)
        except RefusalError as error:
            if error.refusal == stand_in_rules.STANDS_IN_ALREADY:
                return redirect(page_of(member), 303)
            show_refusal(form, error.refusal)
    return _question(
        "check",
        person,
        form=form,
        back=_address("", person, first_day, last_day),
        first_day=in_words(first_day),
        last_day=in_words(last_day),
    )


@permit(FreshSignIn(approver_of))
def stand_in_end(member: str, **_route: str) -> Answer:
    """End the time of a stand-in after a confirmation."""
    organisation, person, form = this_organisation(), the_member(member), Confirmation()
    oneself = person.id == own_membership().id
    spell = stand_in_part(organisation, person, me(), now()).spell
    if spell is None:
        return redirect(page_of(member), 303)
    if form.validate_on_submit():
        try:
            end_stand_in(person, actor=current_actor())
            if oneself:
                flash(f"You are no longer a stand-in at {organisation.name}.", "success")
                return redirect(url_for("home.home"), 303)
            flash(
                f"{person.name} is no longer a stand-in. They have been told by email.", "success"
            )
            return redirect(page_of(member), 303)
        except RefusalError as error:
            if error.refusal == stand_in_rules.NO_STAND_IN:
                return redirect(page_of(member), 303)
            show_refusal(form, error.refusal)
    return _question("end", person, form=form, back=page_of(member), spell=spell, oneself=oneself)


def _day(name: str) -> date | None:
    """Return the day that the address carries; none where it is missing or none."""
    try:
        return parse_day(request.args.get(name, ""))
    except NotADate:
        return None


def _address(
    step: str, person: Membership, first_day: date | None = None, last_day: date | None = None
) -> str:
    return url_for(
        f"memberships.stand_in_{step}" if step else "memberships.stand_in",
        organisation=this_organisation().public_id,
        member=person.public_id,
        first=first_day.isoformat() if first_day else None,
        last=last_day.isoformat() if last_day else None,
    )


def _question(template: str, person: Membership, **context: object) -> str:
    return render_template(
        f"workspace/stand_ins/{template}.html",
        organisation=this_organisation(),
        person=person,
        most_days=stand_in_rules.MOST_DAYS,
        **context,
    )
