"""Mails to people about their place in an organisation. Called inside `writing()`."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import select

from app.actors import Actor
from app.clock import now
from app.database import db
from app.days import in_words
from app.outbox import send_mail
from approvals.access_model.definition import join_phrases
from approvals.memberships import catalogue, facts, wording
from approvals.memberships.access_changes import HeldGroup
from approvals.memberships.models import Grant, Membership
from approvals.operators import actions
from approvals.organisations.models import Organisation
from approvals.task_mails.actions import mail_decider
from identity.accounts.models import Account
from identity.settings import settings

MOST_LINES = 50
"""Lines of a list in a mail."""


def user_group_changed(
    organisation: Organisation,
    membership: Membership,
    service: str,
    before: Collection[HeldGroup],
    after: Collection[HeldGroup],
    actor: Actor,
) -> None:
    """Notify the person that their user groups of a service changed."""
    at = now()
    services = catalogue.Catalogue(at)
    # The groups of the change: with a later start the present one goes on until then.
    starts = {grant.starts_at for grant in after if grant.service == service} - {None}
    groups = [
        offer
        for grant in after
        if grant.service == service
        and (not starts or grant.starts_at in starts)
        and (offer := services.group(service, grant.user_group)) is not None
    ]
    can, cannot = join_phrases(groups)
    _tell(
        "user_group_changed",
        membership,
        organisation,
        actor,
        service=services.service_name(service),
        before=wording.describe_groups(before, service, at),
        after=wording.describe_groups(after, service, at),
        can=can,
        cannot=cannot,
    )


def made_approver(organisation: Organisation, membership: Membership, actor: Actor) -> None:
    """Notify the person that they are now an approver."""
    _tell(
        "made_approver",
        membership,
        organisation,
        actor,
        users=f"{_workspace(organisation)}/users",
    )


def new_approver(organisation: Organisation, membership: Membership, actor: Actor) -> None:
    """Tell the other approvers that somebody was made an approver, or invited to be one."""
    for account in _approvers(organisation):
        if account.subject == actor.identifier or account.id == membership.account_id:
            continue
        _send(
            "new_approver",
            account.email,
            organisation,
            actor,
            person=membership.name,
            invited=membership.joined_at is None,
            users=f"{_workspace(organisation)}/users",
        )


def stopped_approver(organisation: Organisation, membership: Membership, actor: Actor) -> None:
    """Notify the person that they are no longer an approver."""
    _tell("stopped_approver", membership, organisation, actor)


def membership_removed(
    organisation: Organisation, membership: Membership, actor: Actor, *, left: bool
) -> None:
    """Notify the person that their membership has ended."""
    _tell("left" if left else "removed", membership, organisation, actor)


def group_self_granted(
    organisation: Organisation,
    membership: Membership,
    service: str,
    after: Collection[HeldGroup],
    actor: Actor,
) -> None:
    """Tell every operator that a sole approver gave themselves a user group."""
    at = now()
    services = catalogue.Catalogue(at)
    for operator in actions.active_operators():
        _send(
            "self_given",
            operator.email,
            organisation,
            actor,
            person=membership.name,
            service=services.service_name(service),
            after=wording.describe_groups(after, service, at),
            console=f"/ops/organisations/{organisation.public_id}",
        )


def removal_undone(
    organisation: Organisation, membership: Membership, actor: Actor, left_out: Sequence[str]
) -> None:
    """Notify the person that they belong to the organisation again."""
    _tell("removal_undone", membership, organisation, actor, left_out=left_out)


def membership_suspended(
    organisation: Organisation, membership: Membership, actor: Actor, reason: str
) -> None:
    """Notify the person, and the other approvers, that an approver suspended the access."""
    _tell("membership_suspended", membership, organisation, actor, reason=reason)
    mail_approvers("approver_suspended", organisation, membership, actor=actor, reason=reason)


def membership_restored(organisation: Organisation, membership: Membership, actor: Actor) -> None:
    """Notify the person, and the other approvers, that the access was restored."""
    closed = membership.suspended_at is not None
    _tell("membership_restored", membership, organisation, actor, closed=closed)
    mail_approvers("approver_restored", organisation, membership, actor=actor)


def access_ending(organisation: Organisation, ending: Sequence[tuple[Membership, Grant]]) -> None:
    """Remind each person of the end of their access, and every approver by one list."""
    services = catalogue.Catalogue(now())
    lines: list[dict[str, str]] = []
    for membership, grant in ending:
        line = {
            "person": membership.name,
            "service": services.service_name(grant.service),
            "group": services.group_name(grant.service, grant.user_group),
            "day": wording.last_day(grant.valid_to),
        }
        lines.append(line)
        send_mail(
            to=membership.email,
            template="memberships/access_ending",
            context={"organisation": organisation.name, **line},
        )
    for account in _approvers(organisation):
        mail_decider(
            account,
            "memberships/access_ending_list",
            {
                "organisation": organisation.name,
                "lines": lines[:MOST_LINES],
                "more": max(0, len(lines) - MOST_LINES),
                "users": f"{_workspace(organisation)}/users?status=ending",
            },
        )


def dormancy_warning(
    organisation: Organisation, membership: Membership, suspended_on: datetime
) -> None:
    """Warn the person that unused access will be suspended."""
    _send_of_the_system(
        "dormancy_warning",
        membership.email,
        organisation,
        person=membership.name,
        days=settings().dormancy_warning_days,
        day=in_words(suspended_on),
    )


def dormant_suspended(organisation: Organisation, membership: Membership, days: int) -> None:
    """Notify the person and the approvers that unused access was suspended."""
    _send_of_the_system(
        "dormant_suspended", membership.email, organisation, person=membership.name, days=days
    )
    mail_approvers("dormant_for_approver", organisation, membership, reason=str(days))


def dormant_approver_stays(organisation: Organisation, membership: Membership, days: int) -> None:
    """Notify the next level of deciders of an only approver who does not sign in."""
    account_id = membership.account_id or 0
    _, people = facts.deciders(organisation, now()).nearest(without={account_id})
    for account in db.session.scalars(select(Account).where(Account.id.in_(people))):
        mail_decider(
            account,
            "memberships/dormant_approver_stays",
            {"organisation": organisation.name, "person": membership.name, "days": days},
        )


def _send_of_the_system(
    template: str, to: str, organisation: Organisation, **context: object
) -> None:
    send_mail(
        to=to,
        template=f"memberships/{template}",
        context={"organisation": organisation.name, **context},
    )


def mail_approvers(
    template: str,
    organisation: Organisation,
    membership: Membership,
    *,
    actor: Actor | None = None,
    reason: str | None = None,
    **context: str,
) -> None:
    """Mail every approver who can act about a person of the organisation, save that person.

    actor: the person who acted, who gets no mail either.
    """
    for account in _approvers(organisation):
        if account.id == membership.account_id:
            continue
        if actor is not None and account.subject == actor.identifier:
            continue
        mail_decider(
            account,
            f"memberships/{template}",
            {
                "organisation": organisation.name,
                "person": membership.name,
                "email": membership.email,
                "actor": actor_in_words(actor) if actor is not None else None,
                "reason": reason,
                "users": f"{_workspace(organisation)}/users",
                "page": f"{_workspace(organisation)}/users/{membership.public_id}",
                "invitations": f"{_workspace(organisation)}/invitations",
                **context,
            },
        )


def memberships_suspended(organisation: Organisation, connection: str, count: int) -> None:
    """Notify the approvers, or operators if there are none, of access that waits for them."""
    approvers = _approvers(organisation)
    for account in approvers or actions.active_operators():
        mail_decider(
            account,
            "memberships/suspended",
            {
                "organisation": organisation.name,
                "connection": connection,
                "count": count,
                "people": f"{_workspace(organisation)}/users" if approvers else "",
            },
        )


def actor_in_words(actor: Actor) -> str:
    """Return who acted, for the beginning of a sentence. Operators run the commands."""
    return "An operator" if actor.kind == "command" else actor.name


def _approvers(organisation: Organisation) -> Sequence[Account]:
    """Return the approvers who can act now."""
    return db.session.scalars(
        select(Account).where(
            Account.id.in_(facts.active_approvers(organisation.id).accounts),
        )
    ).all()


def _workspace(organisation: Organisation) -> str:
    # Commands send mails too, and outside requests Flask builds no addresses.
    return f"/o/{organisation.public_id}"


def _tell(
    template: str,
    membership: Membership,
    organisation: Organisation,
    actor: Actor,
    **context: object,
) -> None:
    if membership.account_id is None:
        return
    account = db.session.get_one(Account, membership.account_id)
    _send(template, account.email, organisation, actor, person=account.name, **context)


def _send(
    template: str, to: str, organisation: Organisation, actor: Actor, **context: object
) -> None:
    send_mail(
        to=to,
        template=f"memberships/{template}",
        context={"organisation": organisation.name, "actor": actor_in_words(actor), **context},
    )
