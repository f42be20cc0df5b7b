"""An organisation's home, the list of its people, and one person."""

from flask import Blueprint, render_template, request

from app.clock import now
from app.typed_text import collapse_spaces
from app.web.authorisation import permit
from app.web.pagination import requested_page
from approvals.memberships import wording
from approvals.memberships.access import approver_of, own_membership, this_organisation
from approvals.memberships.member_filters import SEES, SORTS, STATUSES, MemberFilters
from approvals.workspace import former_people, overview, queries
from approvals.workspace.stand_ins import stand_in_part
from approvals.workspace.views.common import ended_member, me, the_member


def add_to(pages: Blueprint) -> None:
    """Add the pages of this room to the blueprint."""
    pages.get("/o/<organisation>")(home)
    pages.get("/o/<organisation>/users")(users)
    pages.get("/o/<organisation>/users/<member>")(user)


@permit(approver_of)
def home(**_route: str) -> str:
    """Show the start page of an organisation for its approvers."""
    organisation = this_organisation()
    page = overview.home_page(organisation, now())
    return render_template("workspace/home.html", organisation=organisation, **vars(page))


@permit(approver_of)
def users(**_route: str) -> str:
    """Show a page of the organisation's users."""
    organisation = this_organisation()
    shown = overview.users_page(organisation, _filters(), now(), page=requested_page())
    return render_template(
        "workspace/users.html",
        organisation=organisation,
        **vars(shown),
        own=own_membership().id,
        statuses=STATUSES,
        sees=SEES,
        sorts=SORTS,
    )


@permit(approver_of)
def user(member: str, **_route: str) -> str:
    """Show one person; of one who no longer belongs to the organisation, when and why they left."""
    organisation, former = this_organisation(), ended_member(member)
    if former is not None:
        return render_template(
            "workspace/former.html",
            organisation=organisation,
            person=former,
            reasons=wording.ENDINGS,
            **vars(former_people.former_page(organisation, former, now())),
        )
    person = the_member(member)
    return render_template(
        "workspace/user.html",
        organisation=organisation,
        person=person,
        oneself=person.id == own_membership().id,
        **vars(queries.user_page(organisation, person, me(), now())),
        **vars(stand_in_part(organisation, person, me(), now())),
    )


def _filters() -> MemberFilters:
    """Read the filters in the address. Of a repeated field the first value counts."""
    service, _, group = request.args.get("group", "").partition(":")
    status, sort = request.args.get("status", ""), request.args.get("sort", "name")
    approver, sees = request.args.get("approver", ""), request.args.get("sees", "")
    return MemberFilters(
        search=(collapse_spaces(request.args.get("q")) or "")[:100],
        status=status if status in STATUSES else "",
        service=service if group else "",
        user_group=group,
        approver=approver if approver in {"yes", "no"} else "",
        sees=sees if sees in SEES else "",
        sort=sort if sort in SORTS else "name",
    )
