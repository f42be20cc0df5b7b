"""Changing what a person may see: the user groups of one service."""

from collections.abc import Sequence
from datetime import date

from app.actors import Actor
from app.audit import record
from app.clock import day_of, end_of_day, now, start_of_day
from app.database import writing
from app.database.dated_rows import has_begun
from app.refusal import RefusalError
from approvals.memberships import facts, mails, rules, wording
from approvals.memberships.access_changes import loses, plan_change
from approvals.memberships.models import Grant, Membership
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
) -> Membership:
    """Set the user groups of the service to exactly `user_groups`, until `last_day`.

    They count from `first_day` on, and the present ones until then; without one, or with today, at
    once. Rows that no longer count are closed and new ones opened. Where something is lost now,
    what was issued for this organisation and service ends at once. Raises RefusalError; asking for
    what the person has already changes nothing and is refused with `same_as_now`.

    on_request: the caller judged the actor's authority to decide the person's request, and mails
    the decision to the person.
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
        approvers = facts.active_approvers(organisation.id)
        giver = facts.account_of(actor)
        refusal = (
            (None if on_request else rules.may_act(facts.authority(actor, giver, approvers)))
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
            or (
                rules.may_change_again(facts.recent_changes(membership, at)) if plan.gains else None
            )
        )
        if refusal is not None:
            raise RefusalError(refusal)

        closing = {held.grant_id for held in plan.close}
        facts.close_grants(
            [grant for grant in membership.grants if grant.id in closing], cause="changed", at=at
        )
        session.flush()
        membership.grants.extend(
            Grant(
                service=given.service,
                user_group=given.user_group,
                valid_from=given.starts_at or at,
                valid_to=given.ends_at,
                given_by=actor.identifier,
            )
            for given in plan.give
        )
        session.flush()

        after = facts.held_groups(membership, at)
        change = wording.change_in_words(service, before, after, at)
        self_given = plan.gains and giver is not None and giver.id == membership.account_id
        record(
            "access.self_given" if self_given else "access.changed",
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
        if membership.account_id is not None and loses(plan):
            end_access(
                membership.account_id,
                cause="user group changed",
                organisation=organisation.public_id,
                service=service,
            )
        if self_given:
            mails.group_self_granted(organisation, membership, service, after, actor)
        elif membership.joined_at is not None and not on_request:
            mails.user_group_changed(organisation, membership, service, before, after, actor)
    return membership
