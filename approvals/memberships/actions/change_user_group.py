"""Changing what a person may see: the user groups of one service."""

from collections.abc import Sequence
from datetime import date

from app.actors import Actor
from app.audit import record
from app.clock import day_of, end_of_day, now, start_of_day
from app.database import writing
from app.database.dated_rows import has_begun
from app.refusal import RefusalError
from approvals.memberships import facts, granting, mails, rules, wording
from approvals.memberships.access_changes import newly_given, plan_change, removes_present_group
from approvals.memberships.models import Membership
from approvals.memberships.recent_changes import refuse_change
from approvals.memberships.waiting_access import end_waiting, file_access
from approvals.organisations.models import Organisation
from approvals.organisations.queries import is_open
from identity.access_termination import end_access


def change_user_group(
    membership: Membership,
    *,
    service: str,
    user_groups: Sequence[str],
    first_day: date | None = None,
    last_day: date | None = None,
    actor: Actor,
    on_request: bool = False,
    second_approver: str | None = None,
) -> Membership:
    """Set the user groups of the service to exactly `user_groups`, until `last_day`.

    They count from `first_day` on, and the present ones until then; without one, or with today, at
    once. Rows that no longer count are closed and new ones opened. Where something is lost now,
    what was issued for this organisation and service ends at once. Raises RefusalError; asking for
    what the person has already changes nothing and is refused with `same_as_now`.

    on_request: the caller judged the actor's authority to decide the person's request, and mails
    the decision to the person. A user group that needs a second approver changes nothing yet: the
    change is filed, and made when another person has agreed (second_approver: their identifier).
    """
    with writing() as session:
        membership = facts.lock_membership(session, membership)
        at = now()
        organisation = session.get_one(Organisation, membership.organisation_id)
        before = facts.held_groups(membership, at)
        ends_at = end_of_day(last_day) if last_day and user_groups else None
        starts_at = start_of_day(first_day) if first_day and user_groups else None
        if starts_at is not None and has_begun(starts_at, at):
            starts_at = None
        plan = plan_change(before, {service: user_groups}, ends_at=ends_at, starts_at=starts_at)
        new = newly_given(before, plan)
        approvers = facts.active_approvers(organisation.id)
        giver = facts.account_of(actor)
        oneself = giver is not None and giver.id == membership.account_id
        refusal = (
            (
                None
                if on_request
                else rules.may_act(
                    facts.authority(actor, giver, approvers, about_approvers=False),
                    oneself=oneself and not plan.gains,
                )
            )
            or (None if membership.open else rules.NOT_OPEN)
            or (rules.SAME_AS_NOW if plan.nothing else None)
            or (rules.ORGANISATION_ENDED if plan.gains and not is_open(organisation, at) else None)
            or rules.may_give(
                {service: user_groups},
                offered=facts.offered_groups(organisation, at),
                several=facts.services_with_several_groups(organisation, at),
            )
            or rules.may_give_to(
                giver=giver.id if giver else None,
                receiver=membership.account_id,
                gains=plan.gains,
                approvers=approvers,
            )
            or rules.may_start_on(first_day, day_of(at), last_day=last_day)
            or rules.may_end_on(last_day, day_of(at))
            or granting.refuse_grants(
                organisation,
                membership.name,
                [(each.service, each.user_group) for each in new],
                {service: user_groups},
                last_day,
                actor,
                at,
            )
            or (refuse_change(membership, at) if plan.gains else None)
        )
        if refusal is not None:
            raise RefusalError(refusal)

        end_waiting(organisation, membership, actor, service=service)
        if second_approver is None and granting.waiting_groups(new, at):
            file_access(
                organisation,
                membership,
                service,
                user_groups,
                (first_day, last_day),
                actor,
                on_request=on_request,
            )
            return membership
        closing = {held.grant_id for held in plan.close}
        facts.close_grants(
            [grant for grant in membership.grants if grant.id in closing], cause="changed", at=at
        )
        session.flush()
        granting.open_grants(
            membership, plan.give, actor=actor, at=at, new=new, second_approver=second_approver
        )
        session.flush()

        after = facts.held_groups(membership, at)
        change = wording.change_in_words(service, before, after, at)
        self_given = plan.gains and oneself
        event = "access.given_up" if oneself else "access.changed"
        record(
            "access.self_given" if self_given else event,
            actor=actor,
            organisation=organisation.public_id,
            subject=facts.subject_of(membership),
            service=service,
            before={"user_groups": wording.access_codes(before).get(service, [])},
            after={"user_groups": wording.access_codes(after).get(service, [])},
            membership=membership.public_id,
            person=membership.name,
            change=change,
        )
        if membership.account_id is not None and removes_present_group(plan):
            end_access(
                membership.account_id,
                cause="user group changed",
                organisation=organisation.public_id,
                service=service,
            )
        if self_given:
            mails.group_self_granted(organisation, membership, service, after, actor)
        elif membership.joined_at is not None and (second_approver or not on_request):
            mails.user_group_changed(organisation, membership, service, before, after, actor)
    return membership
