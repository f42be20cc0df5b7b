"""An organisation's home, the list of its people, and one person."""

from flask import Blueprint, render_template, request

from app.clock import now
from app.database import db
from app.typed_text import collapse_spaces
from app.web.authorisation import permit
from app.web.pagination import requested_page
from approvals.activity import queries as activity
from approvals.memberships import facts, queries, rules
from approvals.memberships.access import approver_of, own_membership, this_organisation
from approvals.memberships.catalogue import Catalogue
from approvals.memberships.models import Membership
from approvals.organisations.queries import is_open
from approvals.workspace.views.common import ended_member, me, the_member
from identity.accounts.models import Account, Invitation
from identity.credentials.registry import has_second_step

LATEST = 10


def add_to(pages: Blueprint) -> None:
    """Add the pages of this room to the blueprint."""
    pages.get("/o/<organisation>")(home)
    pages.get("/o/<organisation>/users")(users)
    pages.get("/o/<organisation>/users/<member>")(user)


@permit(approver_of)
def home(**_route: str) -> str:
    """Show the start page of an organisation for its approvers."""
    organisation, at = this_organisation(), now()
    services = Catalogue(at)
    return render_template(
        "workspace/home.html",
        organisation=organisation,
        counts=queries.counts(organisation.id, at),
        offers=services.offers(organisation),
        not_offered=services.not_offered(organisation),
        open=is_open(organisation, at),
    )


@permit(approver_of)
def users(**_route: str) -> str:
    """Show a page of the organisation's users."""
    organisation, filters, at = this_organisation(), _filters(), now()
    services = Catalogue(at)
    return render_template(
        "workspace/users.html",
        organisation=organisation,
        page=queries.people(organisation.id, filters, at, page=requested_page()),
        filters=filters,
        offers=services.offers(organisation),
        statuses=queries.STATUSES,
        sorts=queries.SORTS,
        group_name=lambda grant: services.group_name(grant.service, grant.user_group),
    )


@permit(approver_of)
def user(member: str, **_route: str) -> str:
    """Show one person; of one who no longer belongs to the organisation, when and why they left."""
    former = ended_member(member)
    if former is not None:
        return _former_page(former)
    organisation, person, at = this_organisation(), the_member(member), now()
    account = db.session.get(Account, person.account_id) if person.account_id else None
    invitation = (
        db.session.get(Invitation, person.invitation_id)
        if person.invitation_id and person.joined_at is None
        else None
    )
    approvers = facts.active_approvers(organisation.id)
    held, services = facts.held_groups(person, at), Catalogue(at)
    return render_template(
        "workspace/user.html",
        organisation=organisation,
        person=person,
        account=account,
        second_step=account is not None and has_second_step(account.id),
        invitation=invitation,
        expired=invitation is not None and invitation.expires_at <= at,
        services=services.offers(organisation),
        held=held,
        group=lambda grant: services.group(grant.service, grant.user_group),
        service_name=services.service_name,
        grants={grant.id: grant for grant in person.grants},
        names=queries.names_of(grant.given_by for grant in person.grants),
        approver=facts.is_approver(person),
        sole=approvers.sole(person.account_id),
        oneself=person.id == own_membership().id,
        may_change=rules.may_give_to(
            giver=me().id, receiver=person.account_id, gains=True, approvers=approvers
        )
        is None,
        events=activity.activity_about_person(organisation, person, account, limit=LATEST),
    )


def _former_page(person: Membership) -> str:
    organisation = this_organisation()
    account = db.session.get(Account, person.account_id) if person.account_id else None
    address = account.address if account else person.address
    return render_template(
        "workspace/former.html",
        organisation=organisation,
        person=person,
        present=facts.open_membership(organisation.id, address),
        events=activity.activity_about_person(organisation, person, account, limit=LATEST),
    )


def _filters() -> queries.MemberFilters:
    """Read the filters in the address. Of a repeated field the first value counts."""
    service, _, group = request.args.get("group", "").partition(":")
    status, sort = request.args.get("status", ""), request.args.get("sort", "name")
    approver = request.args.get("approver", "")
    return queries.MemberFilters(
        search=(collapse_spaces(request.args.get("q")) or "")[:100],
        status=status if status in queries.STATUSES else "",
        service=service if group else "",
        user_group=group,
        approver=approver if approver in {"yes", "no"} else "",
        sort=sort if sort in queries.SORTS else "name",
    )
