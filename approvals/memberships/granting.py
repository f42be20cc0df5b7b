"""Opening grants: the one place in which a person comes to hold a user group.

A user group that needs a second approver waits here: the change is filed as a pending decision, and
only the agreement (`actions.second_approval`) opens the grant.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime

from app.actors import Actor
from app.audit import record
from app.clock import day_of
from app.refusal import Refusal
from approvals.access_model.definition import UserGroup
from approvals.memberships import rules, sensitive_rules
from approvals.memberships.access_changes import GivenGroup
from approvals.memberships.catalogue import Catalogue
from approvals.memberships.models import Grant, Membership
from approvals.organisations.models import Organisation


def refuse_grants(
    organisation: Organisation,
    person: str,
    gives: Iterable[tuple[str, str]],
    after: rules.Access,
    last_day: date | None,
    actor: Actor,
    at: datetime,
) -> Refusal | None:
    """Judge what is to be given by the rules of its user groups, or return None.

    after: all user groups that the person would hold. A rule that is not in force yet is recorded.
    """
    services, today = Catalogue(at), day_of(at)
    groups = _groups(services, gives)
    refusal = sensitive_rules.may_last(groups, last_day, today)
    if refusal is not None:
        return refusal
    for service in dict.fromkeys(group.service for group in groups):
        broken = sensitive_rules.separated(after.get(service, ()), services.separations(service))
        for rule in broken:
            if sensitive_rules.is_in_force(rule.enforced_from, today):
                return Refusal("separate_groups", rule.reason)
            _record_trial(organisation, person, service, actor, rule.reason)
    for group in groups:
        if group.second_approver and not sensitive_rules.needs_second(group, today):
            needed = f"{group.name} needs a second approver."
            _record_trial(organisation, person, group.service, actor, needed)
    return None


def refuse_last_day(
    gives: Iterable[tuple[str, str]], last_day: date | None, at: datetime
) -> Refusal | None:
    """Judge the last day of what is to be given, before anything else about it is known."""
    return sensitive_rules.may_last(_groups(Catalogue(at), gives), last_day, day_of(at))


def waiting_groups(gives: Iterable[GivenGroup], at: datetime) -> list[GivenGroup]:
    """Return those that need a second approver at the moment."""
    services, today = Catalogue(at), day_of(at)
    return [
        each
        for each in gives
        if (group := services.group(each.service, each.user_group)) is not None
        and sensitive_rules.needs_second(group, today)
    ]


def refuse_return(
    service: str, code: str, beside: Collection[str], last_day: date | None, at: datetime
) -> Refusal | None:
    """Judge the return of a user group that ended, without the agreement of a second person.

    beside: the other user groups of the service that return.
    """
    services, today = Catalogue(at), day_of(at)
    groups = _groups(services, [(service, code)])
    if any(sensitive_rules.needs_second(group, today) for group in groups):
        return sensitive_rules.NEEDS_SECOND
    broken = sensitive_rules.separated([*beside, code], services.separations(service))
    for rule in broken:
        if sensitive_rules.is_in_force(rule.enforced_from, today):
            return Refusal("separate_groups", rule.reason)
    return sensitive_rules.may_last(groups, last_day, today)


def open_grants(
    membership: Membership,
    gives: Sequence[GivenGroup],
    *,
    actor: Actor,
    at: datetime,
    new: Sequence[GivenGroup] | None = None,
    second_approver: str | None = None,
) -> None:
    """Open the grants. The caller has judged them.

    new: those that the person does not hold already; none means all. second_approver: identifier of
    the person who agreed. Raises ValueError for a new user group that needs one.
    """
    if second_approver in (None, actor.identifier):
        waiting = waiting_groups(gives if new is None else new, at)
        if waiting:
            raise ValueError("the user group needs a second approver")
    membership.grants.extend(
        Grant(
            service=each.service,
            user_group=each.user_group,
            valid_from=each.starts_at or at,
            valid_to=each.ends_at,
            given_by=actor.identifier,
        )
        for each in gives
    )


def continue_grants(grants: Sequence[Grant], continued: Membership, at: datetime) -> None:
    """Open the same grants, with the same end, in a membership that continues another one."""
    continued.grants = [
        Grant(
            service=grant.service,
            user_group=grant.user_group,
            valid_from=max(at, grant.valid_from),
            valid_to=grant.valid_to,
            given_by=grant.given_by,
        )
        for grant in grants
    ]


def _groups(services: Catalogue, gives: Iterable[tuple[str, str]]) -> list[UserGroup]:
    found = [services.group(service, code) for service, code in gives]
    return [group for group in found if group is not None]


def _record_trial(
    organisation: Organisation, person: str, service: str, actor: Actor, rule: str
) -> None:
    record(
        "access.rule_tried",
        actor=actor,
        organisation=organisation.public_id,
        service=service,
        person=person,
        rule=rule,
    )
